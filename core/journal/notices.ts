/** News of the journal, in order, each once. The bindings of CRMs make their messages of them. */
import type { JournalCall, Leg, Transfer } from './call.js';

export type JournalNotice =
  /** the customer is known: inbound at his channel, outbound when he is dialled */
  | { readonly type: 'call-started'; readonly call: JournalCall }
  | { readonly type: 'leg-ringing'; readonly call: JournalCall; readonly leg: Leg }
  /** this agent and the customer hear each other, and another did, or nobody, before */
  | { readonly type: 'leg-answered'; readonly call: JournalCall; readonly leg: Leg }
  | { readonly type: 'leg-ended'; readonly call: JournalCall; readonly leg: Leg }
  | { readonly type: 'call-transferred'; readonly call: JournalCall; readonly transfer: Transfer }
  | { readonly type: 'call-ended'; readonly call: JournalCall }
  /** all files are closed; `extension`: of who talked on it */
  | { readonly type: 'recording-ready'; readonly call: JournalCall; readonly file: string; readonly extension: string }
  /** a click-to-call whose own telephone was not answered: no call for a CRM */
  | { readonly type: 'agent-no-answer'; readonly call: JournalCall; readonly reason: number };
