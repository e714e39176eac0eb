/**
 * Calls in the convention of Gravitel and MegaFon, which several CRMs speak (crm-vtiger 12): events while a call goes on, a
 * history row when somebody's part in it is over, both per user. The token is added by whoever sends.
 */
import type { JournalCall, Leg, LegOutcome } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { cleanNumber, secondsBetween } from './values.js';
import { numberOf, span } from './vtiger-messages.js';
import type { Undeliverable, VtigerBinding } from './vtiger-messages.js';

export interface GravitelView extends Pick<VtigerBinding, 'internalCalls' | 'rules' | 'shortNumbers' | 'missedOwner' | 'knows'> {
  /** the CRM's name of who has this extension */
  userOf(extension: string): string;
  /** undefined: recordings have no address */
  linkOf(callId: string): string | undefined;
}

/** Fields of one request in order; `cmd` first. */
export type GravitelMessage = readonly (readonly [string, string])[];

type EventType = 'INCOMING' | 'OUTGOING' | 'ACCEPTED' | 'COMPLETED' | 'CANCELLED';

/** `missed` and `Cancel` are the same to the CRM; the difference is whose fault it was. */
const statuses: Readonly<Record<LegOutcome, string>> = {
  answered: 'Success',
  missed: 'missed',
  busy: 'Busy',
  rejected: 'Busy',
  failed: 'NotAvailable',
  lost: 'Cancel',
};

/** `owner`: extension of who is responsible for a customer whom nobody served, where it is known. */
export function gravitelMessages(
  view: GravitelView,
  notice: JournalNotice,
  owner?: string,
): { readonly messages: readonly GravitelMessage[]; readonly undeliverable?: Undeliverable } {
  const { call } = notice;
  if (call.direction === 'internal' && view.internalCalls === 'off') return { messages: [] };
  switch (notice.type) {
    case 'leg-ringing':
      return ofUser(view, notice.leg, () => [
        event(view, call, notice.leg.extension, call.direction === 'inbound' ? 'INCOMING' : 'OUTGOING'),
      ]);
    case 'leg-answered':
      return ofUser(view, notice.leg, () => [event(view, call, notice.leg.extension, 'ACCEPTED')]);
    case 'leg-ended':
      return ofUser(view, notice.leg, (leg) => [
        event(view, call, leg.extension, leg.outcome === 'answered' ? 'COMPLETED' : 'CANCELLED'),
        history(view, call, leg.extension, leg),
      ]);
    case 'call-ended':
      // who was called by order, and did not answer, has called nobody
      if (call.isAgentLate === true) return { messages: [] };
      return call.legs.some((leg) => leg.isTold && view.knows(leg.extension)) ? { messages: [] } : missedByAll(view, call, owner);
    case 'recording-ready':
      return recorded(view, call, notice.extension);
    default:
      return { messages: [] };
  }
}

const ofUser = (view: GravitelView, leg: Leg, make: (leg: Leg) => readonly GravitelMessage[]) => ({
  messages: view.knows(leg.extension) ? make(leg) : [],
});

/** A message without a user is refused by these CRMs. */
function missedByAll(view: GravitelView, call: JournalCall, owner: string | undefined) {
  const extension = [owner, view.missedOwner].find((name) => name !== undefined && name !== '' && view.knows(name));
  if (extension !== undefined) return { messages: [history(view, call, extension, undefined)] };
  return { messages: [], undeliverable: { callId: call.id, reason: 'no agent was rung, and missed_owner is not set' } };
}

/** The same row again, now with its link. */
function recorded(view: GravitelView, call: JournalCall, extension: string) {
  const link = view.linkOf(call.id);
  if (link === undefined || !view.knows(extension)) return { messages: [] };
  const leg = call.legs.findLast((one) => one.extension === extension && one.answeredAtMs !== undefined);
  return { messages: [[...history(view, call, extension, leg), ['link', link]] as const] };
}

const event = (view: GravitelView, call: JournalCall, extension: string, type: EventType): GravitelMessage => [
  ['cmd', 'event'],
  ['type', type],
  ['callid', call.id],
  ['phone', numberOf(view, call)],
  ['user', view.userOf(extension)],
  ['ext', extension],
  ...lineOf(call),
];

function history(view: GravitelView, call: JournalCall, extension: string, leg: Leg | undefined): GravitelMessage {
  const { startMs, endMs } = span(call, leg);
  const outcome = leg?.outcome ?? call.outcome ?? 'missed';
  const isInbound = call.direction === 'inbound';
  return [
    ['cmd', 'history'],
    ['type', isInbound ? 'in' : 'out'],
    ['callid', call.id],
    ['phone', numberOf(view, call)],
    ['user', view.userOf(extension)],
    ['ext', extension],
    ...lineOf(call),
    ['start', basicTime(startMs)],
    ['duration', secondsBetween(startMs, endMs)],
    ['status', outcome === 'missed' && !isInbound ? 'Cancel' : statuses[outcome]],
  ];
}

/** The number that the customer called. */
const lineOf = (call: JournalCall): readonly (readonly [string, string])[] =>
  call.direction === 'inbound' && call.line.did !== '' ? [['diversion', cleanNumber(call.line.did)]] : [];

/** `20261121T120000Z`: the zone is said, so none has to be agreed. */
const basicTime = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
