/**
 * Rows of vTiger's Calls module as its web service takes them (crm-vtiger 5). Each message holds the whole row as it is by
 * then: sent again, or after one that was lost, it makes the same row.
 */
import { talkMsOfCall } from '../journal/call.js';
import type { JournalCall, Outcome } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { callerExtension, customerStart, formLabel, hasUser, isFirstOfLate, numberOf } from './vtiger-messages.js';
import type { VtigerBinding } from './vtiger-messages.js';
import { crmTime, secondsBetween, wholeSeconds } from './values.js';

export interface WsRow {
  /** `sourceuuid`, at most 100 of `[A-Za-z0-9._-]` */
  readonly id: string;
  /** columns that are the same whoever the user is; those that the CRM has not are left out by the sender */
  readonly fields: Readonly<Record<string, string>>;
  /** whose call it is: extension; '' = nobody's */
  readonly extension: string;
  /** extension of the owner where nobody took it; '' = the account of the web service */
  readonly owner: string;
}

export interface WsMessage {
  readonly event: 'ws.create' | 'ws.revise';
  readonly row: WsRow;
}

export type WsView = Pick<VtigerBinding, 'zone' | 'internalCalls' | 'rules' | 'shortNumbers' | 'knows' | 'linkOf' | 'missedOwner'>;

const rowIdMax = 100;
/** 4.3, in the words that the CRM's own pages use */
const statuses: Readonly<Record<Outcome, string>> = {
  answered: 'completed',
  missed: 'no-answer',
  busy: 'busy',
  rejected: 'busy',
  failed: 'failed',
};

/** For the dialect `vtiger-ws`: one row a call. `owner`: extension of who is responsible for the customer, where it is known. */
export function wsMessages(view: WsView, notice: JournalNotice, atMs: number, owner?: string): readonly WsMessage[] {
  const { call } = notice;
  if (call.direction === 'internal' && view.internalCalls === 'off') return [];
  const row = rowOf(view, call, atMs, owner);
  switch (notice.type) {
    case 'call-started':
      // one that is placed to the customer first is a call of the CRM when somebody of it is rung
      return call.isAgentLate === true ? [] : [{ event: 'ws.create', row }];
    case 'leg-ringing':
      return isFirstOfLate(view, call, notice.leg) ? [{ event: 'ws.create', row }] : [];
    case 'leg-answered':
      return view.knows(notice.leg.extension) ? [{ event: 'ws.revise', row: { ...row, extension: notice.leg.extension } }] : [];
    case 'call-ended':
      return hasUser(view, call) ? [{ event: 'ws.revise', row }, ...calleeMessages(view, call, atMs)] : [];
    case 'recording-ready':
      if (!hasUser(view, call)) return [];
      return [{ event: 'ws.revise', row: { ...row, fields: { ...row.fields, recordingurl: view.linkOf(call.id) } } }];
    default:
      return [];
  }
}

/** 4.4 item 6: what the callback cannot make, because the CRM keeps no call without a user there. */
export const missedMessage = (view: WsView, call: JournalCall, atMs: number): WsMessage => ({
  event: 'ws.create',
  row: rowOf(view, call, atMs, undefined),
});

/** 4.4 item 7: of an internal call the callback makes the caller's row only. The callee's has an id of its own, or events of the other would change it. */
export function calleeMessages(view: WsView, call: JournalCall, atMs: number): readonly WsMessage[] {
  const callee = call.customer.number;
  if (call.direction !== 'internal' || view.internalCalls !== 'both' || !view.knows(callee)) return [];
  const { fields } = rowOf(view, call, atMs, undefined);
  const tail = `-to-${callee.replace(/[^A-Za-z0-9._-]/g, '_')}`;
  const id = `${call.id.slice(-(rowIdMax - tail.length))}${tail}`;
  const customernumber = callerExtension(call);
  return [{ event: 'ws.create', row: { id, fields: { ...fields, direction: 'inbound', customernumber }, extension: callee, owner: '' } }];
}

function rowOf(view: WsView, call: JournalCall, atMs: number, owner: string | undefined): WsRow {
  const isInbound = call.direction === 'inbound';
  const talker = call.legs.find((leg) => leg.id === call.talker)?.extension ?? '';
  const extension = isInbound || (call.isAgentLate === true && talker !== '') ? talker : callerExtension(call);
  const startMs = customerStart(call);
  const line = formLabel(call.line.queue || call.line.did);
  const fields: Record<string, string> = {
    direction: isInbound ? 'inbound' : 'outbound',
    callstatus: statusOf(call),
    starttime: crmTime(startMs, view.zone),
    gateway: 'PBXManager',
    customernumber: numberOf(view, call),
  };
  if (isInbound && line !== '') fields['incominglinename'] = line;
  if (call.endedAtMs !== undefined) {
    fields['endtime'] = crmTime(call.endedAtMs, view.zone);
    fields['totalduration'] = secondsBetween(startMs, call.endedAtMs);
    fields['billduration'] = wholeSeconds(talkMsOfCall(call, call.endedAtMs));
  }
  const isOwner = (name: string | undefined): name is string => name !== undefined && name !== '' && view.knows(name);
  return {
    id: call.id,
    fields,
    extension: view.knows(extension) ? extension : '',
    owner: [owner, view.missedOwner].find(isOwner) ?? '',
  };
}

function statusOf(call: JournalCall): string {
  if (call.endedAtMs !== undefined) return statuses[call.outcome ?? 'missed'];
  return call.talker === undefined ? 'ringing' : 'in-progress';
}
