/** What was missed while nobody listened, and what has not been heard of for long (crm-vtiger 8.4, 8.5). */
import type { JournalCall } from './call.js';
import { created } from './channels.js';
import { becomeParty, ringFor } from './dials.js';
import { channelEnded, endCall, finish } from './ends.js';
import type { FactOf } from './events.js';
import { closeRecordings } from './recordings.js';
import { dialledNumber } from './roles.js';
import { renewTalks } from './talks.js';
import type { JournalWorld } from './world.js';

export function listed(w: JournalWorld, at: string, { askedAtMs, channels, heard }: FactOf<'channels-listed'>, atMs: number): void {
  const live = new Set([...channels.map(({ uniqueId }) => uniqueId), ...(heard ?? [])]);
  /** Ends what is gone of each call, as far as it is meant. */
  const end = (isMeant: (call: JournalCall, uniqueId: string) => boolean): void => {
    for (const call of [...w.calls.values()]) {
      if (call.switch !== at) continue;
      for (const channel of [...call.channels]) {
        if (live.has(channel.uniqueId) || channel.startedAtMs >= askedAtMs || !isMeant(call, channel.uniqueId)) continue;
        channelEnded(w, call, channel, undefined, atMs);
      }
      if (!w.calls.has(call.id) || call.channels.length > 0) continue;
      if (!call.isTold) w.forget(call);
      else if (call.state === 'ending') endCall(w, call, 'resync', atMs);
    }
  };
  end((call, uniqueId) => !isRinging(call, uniqueId));
  for (const channel of [...channels].sort((a, b) => a.createdAtMs - b.createdAtMs)) adopt(w, at, channel);
  for (const { uniqueId, bridge } of channels) {
    const placed = w.find(at, uniqueId);
    if (placed && placed.channel.bridge !== bridge) w.setBridge(placed, bridge);
  }
  for (const call of w.calls.values()) if (call.switch === at) renewTalks(w, call, atMs);
  // a telephone that is silent now, when it is known who talks: he has not missed what a colleague took
  end(() => true);
  for (const call of [...w.calls.values()]) if (call.switch === at) closeGone(w, call, live, atMs);
}

/** Recordings whose channel is in no call any more and not there: nobody will tell of their end. */
function closeGone(w: JournalWorld, call: JournalCall, live: ReadonlySet<string>, atMs: number): void {
  for (const { channel, isClosed } of call.recordings) {
    if (isClosed || live.has(channel) || w.find(call.switch, channel)) continue;
    for (const other of closeRecordings(w, call.switch, channel, atMs)) finish(w, other, atMs);
  }
}

const isRinging = (call: JournalCall, uniqueId: string): boolean =>
  call.legs.some(({ id, answeredAtMs }) => id === uniqueId && answeredAtMs === undefined);

/** A channel of which nothing was heard: its first of the story says who called whom. */
function adopt(w: JournalWorld, at: string, facts: FactOf<'channels-listed'>['channels'][number]): void {
  if (w.find(at, facts.uniqueId)) return;
  const placed = created(w, at, { ...facts, isIncoming: facts.uniqueId === facts.linkedId }, facts.createdAtMs);
  if (!placed || placed.channel.role === 'local' || facts.uniqueId === facts.linkedId) return;
  const { call, channel } = placed;
  if (channel.role === 'agent' && call.parties.length > 0) ringFor(w, call, channel, '', facts.createdAtMs);
  else if (call.parties.length === 0) {
    if (channel.role === 'agent') call.direction = 'internal';
    channel.dialString = dialledNumber(facts.extension ?? '');
    becomeParty(w, call, channel, facts.createdAtMs);
  }
}

export function due(w: JournalWorld, call: JournalCall, atMs: number): void {
  if (call.state === 'ending') {
    endCall(w, call, 'hangup', atMs);
    return;
  }
  const isSilentLong = call.lastEventAtMs + w.options.silentMsMax <= atMs;
  if (!isSilentLong) return;
  // one that never had a customer is nobody's business, however it ends
  if (call.isTold) {
    endCall(w, call, 'silent', atMs);
    for (const recording of call.recordings) recording.isClosed = true;
    finish(w, call, atMs);
  }
  if (w.calls.has(call.id)) w.forget(call);
}
