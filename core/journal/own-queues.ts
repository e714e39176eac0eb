/**
 * Callers of Tandem's own queues, and the legs that these ring: each has a call of its own at the switch, and belongs to
 * its caller's from the begin.
 */
import { ringFor } from './dials.js';
import { endLeg, finish } from './ends.js';
import type { FactOf } from './events.js';
import { leftWithout } from './talks.js';
import { legOf, type JournalWorld } from './world.js';

/** Also of a caller for whom nobody will be rung: whose missed call it is, is told by his queue. */
export function callerQueued(w: JournalWorld, at: string, { uniqueId, queue }: FactOf<'caller-queued'>, atMs: number): void {
  const call = w.find(at, uniqueId)?.call;
  if (!call) return;
  call.line.queue = queue;
  w.touch(call, atMs);
}

export function legTied(w: JournalWorld, at: string, { leg, to, queue, agent, extension, lead }: FactOf<'leg-tied'>, atMs: number): void {
  w.tie(at, leg, { to, queue, agent, extension });
  const customer = w.find(at, to);
  if (!customer) return;
  const { call } = customer;
  call.line.queue = queue;
  if (lead !== undefined) call.lead = lead;
  w.touch(call, atMs);
  const placed = w.find(at, leg);
  if (!placed || placed.call === call) return;
  const peer = w.peerOf(placed);
  const before = placed.call;
  const { channel } = w.moveChannel(placed, call);
  if (peer?.call === before) w.moveChannel(peer, call);
  const earlier = legOf(before, leg);
  // what was told stays told: an agent on the line whose part in that call was not ended yet
  if (!before.isTold) before.legs = before.legs.filter((other) => other.id !== leg);
  else if (earlier) endLeg(w, before, earlier, undefined, atMs);
  w.touch(before, atMs);
  leftWithout(w, before, atMs);
  if (channel.role !== 'local') ringFor(w, call, channel, extension ?? '', atMs, agent);
}

/** An agent who stays on the line: his part of the call is over, his channel is his own again. */
export function legUntied(w: JournalWorld, at: string, id: string, atMs: number): void {
  w.untie(at, id);
  const placed = w.find(at, id);
  if (!placed) return;
  const { call } = placed;
  const leg = legOf(call, id);
  if (leg) endLeg(w, call, leg, undefined, atMs);
  const own = w.callFor(at, id, atMs);
  if (!own || own === call) return;
  w.moveChannel(placed, own);
  w.touch(call, atMs);
  finish(w, call, atMs);
}
