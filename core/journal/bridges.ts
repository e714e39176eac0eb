/** Bridges and transfers: who hears whom, and who gave the customer to whom (crm-vtiger 8.4). */
import type { JournalCall, Leg, Transfer } from './call.js';
import { known } from './channels.js';
import type { FactOf } from './events.js';
import { moveLeg, renewTalks } from './talks.js';
import type { JournalWorld } from './world.js';

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
  const { transferer, transferee, id } = event;
  const placed = [transferer, transferee].flatMap((channel) => (channel === undefined ? [] : (w.find(at, channel) ?? []))).at(0);
  if (!event.isSuccess || !placed) return;
  const { call } = placed;
  const leg = call.legs.find((other) => other.id === (transferer ?? call.talker));
  // who said nothing of the transferer may mean a step of the customer's own dialplan: nobody has talked, nobody transferred
  if (transferer === undefined && (leg?.answeredAtMs === undefined || !call.parties.includes(transferee ?? ''))) return;
  transferred(w, call, { kind: 'blind', atMs, from: leg?.extension ?? '', to: event.extension, ...(id !== undefined && { id }) });
  if (call.state === 'talking') call.state = 'transfer';
}

export function attendedTransferred(w: JournalWorld, at: string, event: FactOf<'attended-transferred'>, atMs: number): void {
  if (!event.isSuccess) return;
  if (event.transferer === undefined) {
    joined(w, at, event, atMs);
    return;
  }
  const call = (event.transferee === undefined ? undefined : w.find(at, event.transferee)?.call) ?? w.find(at, event.transferer)?.call;
  if (!call) return;
  const target = event.target === undefined ? undefined : w.find(at, event.target);
  if (target && target.call !== call && target.channel.role === 'external') moveLeg(w, target.channel.uniqueId, target.call, call, atMs);
  renewTalks(w, call, atMs);
  const talker = call.legs.filter((leg) => leg.talkingSinceMs !== undefined && leg.id !== event.transferer).at(-1);
  const from = call.legs.find((leg) => leg.id === event.transferer)?.extension ?? '';
  transferred(w, call, { kind: 'attended', atMs, from, to: talker?.extension ?? target?.channel.callerNumber ?? '' });
}

/**
 * Two channels that each had another partner were joined. It is a transfer when one is a customer who has talked, and the
 * other was dialled by a telephone: a queue's agent is dialled by order, and an agent who takes his customer back by the customer.
 */
function joined(w: JournalWorld, at: string, event: FactOf<'attended-transferred'>, atMs: number): void {
  const pair = [event.transferee, event.target].flatMap((id) => (id === undefined ? [] : (w.find(at, id) ?? [])));
  const party = pair.find(({ call, channel }) => call.parties.includes(channel.uniqueId));
  const target = pair.find((placed) => placed !== party);
  if (!party || !target) return;
  const { call } = party;
  const { dialledBy } = target.channel;
  if (dialledBy === undefined || dialledBy === '' || call.parties.includes(dialledBy)) return;
  if (target.call !== call && target.channel.role === 'external') moveLeg(w, target.channel.uniqueId, target.call, call, atMs);
  renewTalks(w, call, atMs);
  const isTalking = (leg: Leg): boolean => leg.talkingSinceMs !== undefined;
  const to = call.legs.filter(isTalking).at(-1);
  const from = call.legs.filter((leg) => leg.answeredAtMs !== undefined && !isTalking(leg) && leg !== to).at(-1);
  if (!from) return;
  const { id } = event;
  const place = to?.extension || to?.number || target.channel.callerNumber;
  transferred(w, call, { kind: 'attended', atMs, from: from.extension, to: place, ...(id !== undefined && { id }) });
}

function transferred(w: JournalWorld, call: JournalCall, transfer: JournalCall['transfers'][number]): void {
  if (call.transfers.some((other) => isSame(call, other, transfer))) return;
  call.transfers.push(transfer);
  if (call.transfers.length > w.options.transfersPerCallMax) call.transfers.shift();
  w.touch(call, transfer.atMs);
  w.tell({ type: 'call-transferred', call, transfer });
}

/** Told again: by its id, at the same moment, or, where nothing else tells, before anybody else had the customer. */
function isSame(call: JournalCall, before: Transfer, now: Transfer): boolean {
  if (now.id !== undefined && before.id === now.id) return true;
  if (before.from !== now.from || before.to !== now.to || before.kind !== now.kind) return false;
  return before.atMs === now.atMs || (now.id === undefined && call.legs.every((leg) => (leg.answeredAtMs ?? 0) <= before.atMs));
}
