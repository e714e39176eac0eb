/** Bridges and transfers: who hears whom, and who gave the customer to whom (crm-vtiger 8.4). */
import type { JournalCall } from './call.js';
import { known } from './channels.js';
import type { FactOf } from './events.js';
import { moveLeg, renewTalks } from './talks.js';
import { legOf, type JournalWorld } from './world.js';

export function bridgeEntered(w: JournalWorld, at: string, event: FactOf<'bridge-entered'>, atMs: number): void {
  const placed = known(w, at, event.channel, atMs);
  if (!placed) return;
  const swapped = event.swap === undefined ? undefined : w.find(at, event.swap);
  if (swapped?.channel.bridge === event.bridge) w.setBridge(swapped, undefined);
  const before = placed.channel.bridge;
  w.setBridge(placed, event.bridge);
  w.touch(placed.call, atMs);
  if (before !== undefined && before !== event.bridge) renewAround(w, at, before, atMs);
  renewAround(w, at, event.bridge, atMs);
}

export function bridgeLeft(w: JournalWorld, at: string, event: FactOf<'bridge-left'>, atMs: number): void {
  const placed = w.find(at, event.channel.uniqueId);
  // a channel that has gone on to another bridge is not taken out of it by the old one's news
  if (placed?.channel.bridge !== event.bridge) return;
  const around = callsAround(w, at, event.bridge);
  w.setBridge(placed, undefined);
  w.touch(placed.call, atMs);
  for (const call of around.add(placed.call)) renewTalks(w, call, atMs);
}

function callsAround(w: JournalWorld, at: string, bridge: string): Set<JournalCall> {
  const calls = new Set<JournalCall>();
  for (const placed of w.inBridge(at, bridge)) {
    calls.add(placed.call);
    for (const other of w.heardBy(placed)) calls.add(other.call);
  }
  return calls;
}

/** The oldest call first: what it takes over is no other's any more. */
export function renewAround(w: JournalWorld, at: string, bridge: string, atMs: number): void {
  for (const call of [...callsAround(w, at, bridge)].sort((a, b) => a.startedAtMs - b.startedAtMs)) {
    renewTalks(w, call, atMs);
  }
}

export function blindTransferred(w: JournalWorld, at: string, event: FactOf<'blind-transferred'>, atMs: number): void {
  const placed = w.find(at, event.transferer) ?? (event.transferee === undefined ? undefined : w.find(at, event.transferee));
  if (!event.isSuccess || !placed) return;
  const { call } = placed;
  const from = legOf(call, event.transferer)?.extension ?? '';
  transferred(w, call, { kind: 'blind', atMs, from, to: event.extension });
  if (call.state === 'talking') call.state = 'transfer';
}

export function attendedTransferred(w: JournalWorld, at: string, event: FactOf<'attended-transferred'>, atMs: number): void {
  if (!event.isSuccess) return;
  const call = (event.transferee === undefined ? undefined : w.find(at, event.transferee)?.call) ?? w.find(at, event.transferer)?.call;
  if (!call) return;
  const target = event.target === undefined ? undefined : w.find(at, event.target);
  if (target && target.call !== call && target.channel.role === 'external') moveLeg(w, target.channel.uniqueId, target.call, call, atMs);
  renewTalks(w, call, atMs);
  const talker = call.legs.filter((leg) => leg.talkingSinceMs !== undefined && leg.id !== event.transferer).at(-1);
  const from = call.legs.find((leg) => leg.id === event.transferer)?.extension ?? '';
  transferred(w, call, { kind: 'attended', atMs, from, to: talker?.extension ?? target?.channel.callerNumber ?? '' });
}

function transferred(w: JournalWorld, call: JournalCall, transfer: JournalCall['transfers'][number]): void {
  const isTwice = call.transfers.some((other) => other.atMs === transfer.atMs && other.from === transfer.from && other.to === transfer.to);
  if (isTwice) return;
  call.transfers.push(transfer);
  w.touch(call, transfer.atMs);
  w.tell({ type: 'call-transferred', call, transfer });
}
