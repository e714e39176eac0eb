/** Who talks with the customer: agents that share a bridge with him, Local channels in between looked through (crm-vtiger 8.3). */
import type { JournalCall, Leg } from './call.js';
import { legOf, type JournalWorld } from './world.js';

/** Bring the talks of a call up to date after its bridges have changed. */
export function renewTalks(w: JournalWorld, call: JournalCall, atMs: number): void {
  const near = partyHears(w, call);
  for (const id of near) absorb(w, call, id, atMs);
  const heard = new Set(near);
  for (const leg of call.legs) {
    if (leg.endedAtMs !== undefined) continue;
    const isHeard = heard.has(leg.id);
    if (isHeard && leg.talkingSinceMs === undefined) beginTalk(w, call, leg, atMs);
    else if (!isHeard) endTalk(call, leg, atMs);
  }
}

function partyHears(w: JournalWorld, call: JournalCall): readonly string[] {
  const heard = call.parties.flatMap((party) => {
    const placed = w.find(call.switch, party);
    return placed ? w.heardBy(placed).map(({ channel }) => channel.uniqueId) : [];
  });
  return [...new Set(heard)].filter((id) => !call.parties.includes(id));
}

/** An agent of another call hears this customer now: an attended transfer between two lines of a telephone. */
function absorb(w: JournalWorld, call: JournalCall, id: string, atMs: number): void {
  const placed = w.find(call.switch, id);
  if (!placed || placed.call === call || placed.channel.role !== 'agent') return;
  const other = placed.call;
  // two customers in one conference keep their agents
  const hasCustomerHere = w.heardBy(placed).some(({ channel, call: owner }) => owner === other && channel.role === 'external');
  if (hasCustomerHere) return;
  moveLeg(w, placed.channel.uniqueId, other, call, atMs);
}

/** Give a channel and what was told of it to another call; its earlier leg ends there. */
export function moveLeg(w: JournalWorld, id: string, from: JournalCall, to: JournalCall, atMs: number): Leg | undefined {
  const placed = w.find(from.switch, id);
  if (!placed) return undefined;
  const before = legOf(from, id);
  if (before) {
    endTalk(from, before, atMs);
    before.endedAtMs = atMs;
    before.outcome = before.answeredAtMs === undefined ? 'missed' : 'answered';
    if (before.isTold) w.tell({ type: 'leg-ended', call: from, leg: before });
  }
  const { channel } = w.moveChannel(placed, to);
  w.touch(from, atMs);
  w.touch(to, atMs);
  leftWithout(w, from, atMs);
  return addLeg(w, to, {
    id,
    extension: channel.role === 'agent' ? channel.extension : '',
    kind: channel.role === 'agent' ? 'agent' : 'external',
    number: channel.callerNumber,
    atMs,
    isConsultation: false,
  });
}

/** A consultation whose colleague has gone over to the customer is over. */
export function leftWithout(w: JournalWorld, call: JournalCall, atMs: number): void {
  // also one that is done: the agent who stayed on the line was its last channel
  if ((!call.isTold || call.state === 'done') && call.channels.length === 0) w.forget(call);
  if (!call.isTold || call.parties.length > 0 || call.state === 'ending' || call.state === 'ended' || call.state === 'done') return;
  call.lastParty = { atMs, dialStatus: 'ANSWER', cause: undefined };
  call.state = 'ending';
  call.dueAtMs = w.graceEndMs(atMs);
  w.touch(call, atMs);
}

export function addLeg(
  w: JournalWorld,
  call: JournalCall,
  ask: {
    readonly id: string;
    readonly extension: string;
    readonly agent?: string;
    readonly kind: Leg['kind'];
    readonly number: string;
    readonly atMs: number;
    readonly isConsultation: boolean;
  },
): Leg {
  const known = legOf(call, ask.id);
  if (known) return known;
  const channel = call.channels.find(({ uniqueId }) => uniqueId === ask.id);
  const telephone = channel?.role === 'agent' ? channel.endpoint : undefined;
  const leg: Leg = {
    id: ask.id,
    extension: ask.extension,
    ...(telephone !== undefined && { telephone }),
    ...(ask.agent !== undefined && { agent: ask.agent }),
    kind: ask.kind,
    number: ask.number,
    startedAtMs: ask.atMs,
    answeredAtMs: undefined,
    endedAtMs: undefined,
    talkMs: 0,
    talkingSinceMs: undefined,
    dialStatus: undefined,
    cause: undefined,
    outcome: undefined,
    isConsultation: ask.isConsultation,
    isTold: false,
  };
  call.legs.push(leg);
  if (call.legs.length > w.options.legsPerCallMax) forgetOldestLeg(call);
  w.touch(call, ask.atMs);
  return leg;
}

/** A queue may ring telephones for hours: what was told is not kept for ever, only how long was talked. Living legs stay. */
function forgetOldestLeg(call: JournalCall): void {
  const over = call.legs.filter((leg) => leg.endedAtMs !== undefined && leg.id !== call.talker);
  const oldest = over.find((leg) => leg.answeredAtMs === undefined) ?? over[0];
  if (!oldest) return;
  if (oldest.kind !== 'external') call.forgottenTalkMs = (call.forgottenTalkMs ?? 0) + oldest.talkMs;
  call.legs = call.legs.filter((leg) => leg !== oldest);
}

/** A telephone rings for the customer; told once, and not for those who are only asked for advice. */
export function tellRinging(w: JournalWorld, call: JournalCall, leg: Leg): void {
  if (leg.isTold || leg.isConsultation || leg.kind === 'external' || !call.isTold) return;
  leg.isTold = true;
  w.tell({ type: 'leg-ringing', call, leg });
}

function beginTalk(w: JournalWorld, call: JournalCall, leg: Leg, atMs: number): void {
  leg.talkingSinceMs = atMs;
  leg.isConsultation = false;
  const isFirst = leg.answeredAtMs === undefined;
  leg.answeredAtMs ??= atMs;
  w.touch(call, atMs);
  call.state = 'talking';
  if (leg.kind === 'external') return;
  call.answeredAtMs ??= atMs;
  tellRinging(w, call, leg);
  if (!isFirst && call.talker === leg.id) return; // back from hold or from asking a colleague
  call.talker = leg.id;
  w.tell({ type: 'leg-answered', call, leg });
}

export function endTalk(call: JournalCall, leg: Leg, atMs: number): void {
  if (leg.talkingSinceMs === undefined) return;
  leg.talkMs += Math.max(0, atMs - leg.talkingSinceMs);
  leg.talkingSinceMs = undefined;
}
