/** Who is rung for whom: the part of the fold that gives each dialled channel its place in the call (crm-vtiger 8.2). */
import type { Channel, JournalCall } from './call.js';
import type { ChannelFacts, DialStatus } from './events.js';
import { dialledNumber } from './roles.js';
import { addLeg, tellRinging } from './talks.js';
import { legOf, type JournalWorld } from './world.js';

/** Whose dial a channel is, Local channels looked through. */
type Root =
  | { readonly kind: 'channel'; readonly channel: Channel; readonly proxyOf: string }
  /** an order from outside: originate; `id`: of the channel that it made */
  | { readonly kind: 'outside'; readonly id: string; readonly proxyOf: string }
  /** nobody dialled it: the Local channel of an attended transfer */
  | { readonly kind: 'nobody'; readonly proxyOf: string };

/** Local channels one behind the other, at most. */
const localsMax = 16;

export function rootOf(w: JournalWorld, call: JournalCall, channel: Channel): Root {
  let proxyOf = '';
  let at: Channel | undefined = channel;
  for (let n = 0; n < localsMax && at; n++) {
    if (at.dialledBy === '') return { kind: 'outside', id: at.uniqueId, proxyOf };
    if (at.dialledBy === undefined) return { kind: 'nobody', proxyOf };
    const from: Channel | undefined = w.find(call.switch, at.dialledBy)?.channel;
    if (from?.role !== 'local') return from ? { kind: 'channel', channel: from, proxyOf } : { kind: 'nobody', proxyOf };
    const peer: Channel | undefined = w.peerOf({ call, channel: from })?.channel;
    if (peer) proxyOf = extensionOfLocal(w, call, peer.extension) || proxyOf;
    at = peer;
  }
  return { kind: 'nobody', proxyOf };
}

/**
 * Whose a Local channel is: of the extension that it is named after. FreePBX names those of its FollowMe `FMPR-101`, and
 * `FMGL-79169998877#` for each other number of the list, which stands for the telephone that is rung with it.
 */
function extensionOfLocal(w: JournalWorld, call: JournalCall, name: string): string {
  const { roles } = w.options;
  if (!name.startsWith('FMGL-')) {
    const extension = name.replace(/^FMPR-/, '');
    return roles.hasExtension(extension) ? extension : '';
  }
  const primary = call.channels.findLast(({ role, extension }) => role === 'local' && extension.startsWith('FMPR-'));
  const extension = primary?.extension.slice('FMPR-'.length) ?? '';
  if (roles.hasExtension(extension)) return extension;
  // rung one after the other: the telephone's turn is over
  return call.legs.filter((leg) => leg.kind === 'agent' && !leg.isConsultation).at(-1)?.extension ?? '';
}

export function dialBegan(
  w: JournalWorld,
  call: JournalCall,
  from: ChannelFacts | undefined,
  to: Channel,
  dialString: string,
  atMs: number,
): void {
  const by = from?.uniqueId ?? '';
  if (to.dialledBy === by && to.dialString === dialString && (legOf(call, to.uniqueId) || call.parties.includes(to.uniqueId))) return;
  to.dialledBy = by;
  to.dialString = dialString;
  to.dialStatus = undefined;
  w.touch(call, atMs);
  if (to.role === 'local') return;
  const root = rootOf(w, call, to);
  const tie = root.kind === 'outside' ? w.tieOf(call.switch, root.id) : undefined;
  if (tie) ringFor(w, call, to, root.proxyOf || (tie.extension ?? ''), atMs, tie.agent);
  else if (root.kind === 'outside') orderedFromOutside(w, call, to, root.proxyOf, atMs);
  else if (root.kind === 'nobody') consult(w, call, to, root.proxyOf, atMs);
  else if (call.parties.includes(root.channel.uniqueId)) ringFor(w, call, to, root.proxyOf, atMs);
  else dialledByOurs(w, call, root.channel, to, root.proxyOf, atMs);
}

/** A telephone rings for the customer. */
export function ringFor(w: JournalWorld, call: JournalCall, to: Channel, proxyOf: string, atMs: number, agent?: string): void {
  const kind = to.role === 'agent' ? 'agent' : proxyOf === '' ? 'external' : 'proxy';
  const leg = addLeg(w, call, {
    id: to.uniqueId,
    extension: to.role === 'agent' ? to.extension : proxyOf,
    ...(agent !== undefined && { agent }),
    kind,
    number: numberOf(to),
    atMs,
    isConsultation: false,
  });
  leg.dialStatus = undefined;
  if (call.state === 'started' || call.state === 'transfer' || call.state === 'ending') call.state = 'ringing';
  tellRinging(w, call, leg);
}

/** Click-to-call rings the agent first; the dialer the customer. */
function orderedFromOutside(w: JournalWorld, call: JournalCall, to: Channel, proxyOf: string, atMs: number): void {
  if (call.parties.length > 0 && !call.parties.includes(to.uniqueId)) {
    ringFor(w, call, to, proxyOf, atMs); // Local channels of a queue that is not ours
    return;
  }
  call.direction = 'outbound';
  if (to.role === 'agent' || proxyOf !== '') {
    addLeg(w, call, {
      id: to.uniqueId,
      extension: to.role === 'agent' ? to.extension : proxyOf,
      kind: to.role === 'agent' ? 'agent' : 'proxy',
      number: numberOf(to),
      atMs,
      isConsultation: false,
    });
    return;
  }
  becomeParty(w, call, to, atMs);
}

/** An attended transfer by key: the colleague is asked first, and the customer does not hear him yet. */
function consult(w: JournalWorld, call: JournalCall, to: Channel, proxyOf: string, atMs: number): void {
  if (call.parties.length === 0) {
    orderedFromOutside(w, call, to, proxyOf, atMs);
    return;
  }
  addLeg(w, call, {
    id: to.uniqueId,
    extension: to.role === 'agent' ? to.extension : proxyOf,
    kind: to.role === 'agent' ? 'agent' : proxyOf === '' ? 'external' : 'proxy',
    number: numberOf(to),
    atMs,
    isConsultation: true,
  });
}

/** One of our telephones dials: the customer, a colleague, or, while a customer is there, somebody for him. */
function dialledByOurs(w: JournalWorld, call: JournalCall, from: Channel, to: Channel, proxyOf: string, atMs: number): void {
  const isTalked = call.answeredAtMs !== undefined && call.parties.length > 0;
  const hasOtherParty = call.isTold && (call.direction === 'inbound' || isTalked);
  if (hasOtherParty) {
    consult(w, call, to, proxyOf, atMs);
    return;
  }
  const caller = addLeg(w, call, {
    id: from.uniqueId,
    extension: from.extension,
    kind: 'agent',
    number: from.callerNumber,
    atMs: from.startedAtMs,
    isConsultation: false,
  });
  if (!call.isTold) call.direction = to.role === 'agent' ? 'internal' : 'outbound';
  becomeParty(w, call, to, atMs);
  tellRinging(w, call, caller);
}

/** This channel is the customer's side of an outgoing call. */
export function becomeParty(w: JournalWorld, call: JournalCall, channel: Channel, atMs: number): void {
  if (!call.parties.includes(channel.uniqueId)) call.parties.push(channel.uniqueId);
  call.via ??= channel.endpoint;
  if (call.customer.number === '') call.customer.number = channel.role === 'agent' ? channel.extension : numberOf(channel);
  startTelling(w, call, atMs);
  if (call.state === 'started' || call.state === 'ending') call.state = 'ringing';
}

export function startTelling(w: JournalWorld, call: JournalCall, atMs: number): void {
  w.touch(call, atMs);
  if (call.isTold) return;
  call.isTold = true;
  call.customerAtMs = atMs;
  if (call.direction === 'outbound' && call.legs.every(({ kind }) => kind === 'external')) call.isAgentLate = true;
  call.state = 'started';
  w.tell({ type: 'call-started', call });
}

/** Of a dialled channel: what the event says of its caller id, else the user part of what was dialled. */
function numberOf(channel: Channel): string {
  return channel.callerNumber === '' ? dialledNumber(channel.dialString) : channel.callerNumber;
}

export function dialEnded(w: JournalWorld, call: JournalCall, to: Channel, status: DialStatus, atMs: number): void {
  to.dialStatus ??= status;
  const leg = legOf(call, to.uniqueId);
  if (leg) leg.dialStatus ??= status;
  w.touch(call, atMs);
}
