/** Channels that come, become known, dial and go. */
import type { Channel, JournalCall } from './call.js';
import { dialBegan, startTelling } from './dials.js';
import { channelEnded, finish } from './ends.js';
import type { ChannelFacts, FactOf } from './events.js';
import { addLeg, renewTalks } from './talks.js';
import { legOf, type JournalWorld } from './world.js';

/** The channel, taken in when nothing was heard of it before; undefined: it is over already, or there is no room. */
export function known(w: JournalWorld, at: string, facts: ChannelFacts, atMs: number) {
  const placed = w.find(at, facts.uniqueId);
  if (placed) return placed;
  if (w.isGone(at, facts.uniqueId)) return undefined;
  return created(w, at, facts, atMs);
}

export function created(w: JournalWorld, at: string, facts: ChannelFacts, atMs: number) {
  const there = w.find(at, facts.uniqueId);
  if (there || w.isGone(at, facts.uniqueId)) return there;
  const tie = w.tieOf(at, facts.uniqueId);
  // half of a Local channel that a queue rings for a caller belongs to his call, whatever its story says
  const call = (tie && w.find(at, tie.to)?.call) ?? w.callOfPair(at, facts) ?? w.callFor(at, facts.linkedId, atMs);
  if (!call) return undefined;
  const isFirst = call.channels.length === 0 && call.legs.length === 0 && !call.isTold;
  const channel = w.addChannel(call, facts, atMs);
  if (!channel) return undefined;
  w.touch(call, atMs);
  if (isFirst && facts.isIncoming === true) cameIn(w, call, channel, facts, atMs);
  return { call, channel };
}

/** From outside: a customer on a trunk, or one of ours who is about to dial. */
function cameIn(w: JournalWorld, call: JournalCall, channel: Channel, facts: ChannelFacts, atMs: number): void {
  if (channel.role === 'external') {
    call.direction = 'inbound';
    call.parties.push(channel.uniqueId);
    call.customer = { number: channel.callerNumber, name: channel.callerName };
    call.line.did = facts.extension ?? '';
    call.via = channel.endpoint;
    startTelling(w, call, atMs);
  } else if (channel.role === 'agent') {
    call.direction = 'outbound';
    const ask = {
      id: channel.uniqueId,
      extension: channel.extension,
      kind: 'agent',
      number: channel.callerNumber,
      isConsultation: false,
    } as const;
    addLeg(w, call, { ...ask, atMs });
  }
}

export function callerKnown(w: JournalWorld, at: string, facts: ChannelFacts, atMs: number): void {
  const placed = known(w, at, facts, atMs);
  if (!placed) return;
  const { call, channel } = placed;
  channel.callerNumber = facts.callerNumber ?? channel.callerNumber;
  channel.callerName = facts.callerName ?? channel.callerName;
  if (call.direction !== 'inbound' || !call.parties.includes(channel.uniqueId)) return;
  // a number that comes after the call began; one that was told is not taken back
  if (call.customer.number === '') call.customer.number = channel.callerNumber;
  if (call.customer.name === '') call.customer.name = channel.callerName;
  w.touch(call, atMs);
}

export function dialled(w: JournalWorld, at: string, event: FactOf<'dial-began'>, atMs: number): void {
  const from = event.from && known(w, at, event.from, atMs);
  if (event.from && !from) return;
  // who is dialled belongs to the call of who dials him, also where the switch links him to another channel (half a loopback)
  const to = known(w, at, from ? { ...event.to, linkedId: from.call.linkedId } : event.to, atMs);
  if (!to) return;
  if (to.channel.callerNumber === '') to.channel.callerNumber = event.to.callerNumber ?? '';
  const call = from?.call ?? to.call;
  const placed = to.call === call ? to : w.moveChannel(to, call);
  if (to.call !== call && to.call.channels.length === 0 && !to.call.isTold) w.forget(to.call);
  dialBegan(w, call, event.from, placed.channel, event.dialString, atMs);
}

export function ended(w: JournalWorld, at: string, event: FactOf<'channel-ended'>, atMs: number): void {
  const placed = w.find(at, event.channel.uniqueId);
  if (!placed) return;
  channelEnded(w, placed.call, placed.channel, event.cause, atMs);
  if (w.calls.has(placed.call.id)) {
    renewTalks(w, placed.call, atMs);
    finish(w, placed.call, atMs);
  }
}

export function originateFailed(w: JournalWorld, at: string, event: FactOf<'originate-failed'>, atMs: number): void {
  const call = w.find(at, event.uniqueId)?.call;
  const leg = call && legOf(call, event.uniqueId);
  if (!call || !leg) return;
  leg.dialStatus ??= event.reason === 5 ? 'BUSY' : event.reason === 8 ? 'CONGESTION' : 'NOANSWER';
  w.touch(call, atMs);
}
