/** How channels, legs and calls end (crm-vtiger 8.3, 8.4). */
import type { Channel, JournalCall, Leg } from './call.js';
import { outcomeOfCall, outcomeOfLeg } from './outcome.js';
import { closeRecordings } from './recordings.js';
import { endTalk } from './talks.js';
import { legOf, type JournalWorld } from './world.js';

export function channelEnded(w: JournalWorld, call: JournalCall, channel: Channel, cause: number | undefined, atMs: number): void {
  const leg = legOf(call, channel.uniqueId);
  const isParty = call.parties.includes(channel.uniqueId);
  const recorded = closeRecordings(w, call.switch, channel.uniqueId, atMs);
  w.removeChannel({ call, channel });
  w.untie(call.switch, channel.uniqueId);
  w.touch(call, atMs);
  if (leg) endLeg(w, call, leg, cause, atMs);
  if (isParty) {
    call.lastParty = { atMs, dialStatus: channel.dialStatus, cause };
    if (call.parties.length === 0) begun(w, call, atMs);
  }
  closeEmpty(w, call, cause, atMs);
  for (const other of recorded) if (w.calls.get(other.id) === other) finish(w, other, atMs);
}

function begun(w: JournalWorld, call: JournalCall, atMs: number): void {
  for (const leg of call.legs) endTalk(call, leg, atMs);
  if (isOver(call)) return;
  call.state = 'ending';
  call.dueAtMs = w.graceEndMs(atMs);
}

const isOver = (call: JournalCall): boolean => call.state === 'ended' || call.state === 'done';

export function endLeg(w: JournalWorld, call: JournalCall, leg: Leg, cause: number | undefined, atMs: number): void {
  endTalk(call, leg, atMs);
  leg.cause ??= cause;
  leg.endedAtMs = atMs;
  leg.outcome = outcomeOfLeg(call, leg);
  if (leg.isTold && !isOver(call)) w.tell({ type: 'leg-ended', call, leg });
}

/** No channel is left: a call that had a customer ends by its grace, one that never had is nobody's business. */
function closeEmpty(w: JournalWorld, call: JournalCall, cause: number | undefined, atMs: number): void {
  if (call.channels.length > 0) return;
  if (!call.isTold) {
    const leg = call.legs.at(-1);
    if (call.origin === 'crm' && leg) w.tell({ type: 'agent-no-answer', call, reason: cause ?? 0 });
    w.forget(call);
    return;
  }
  if (isOver(call)) finish(w, call, atMs);
  else if (call.state !== 'ending') begun(w, call, atMs);
}

/** The grace is over, or the call is closed for another reason. */
export function endCall(w: JournalWorld, call: JournalCall, reason: 'hangup' | 'resync' | 'silent', nowMs: number): void {
  if (isOver(call)) return;
  const endedAtMs = call.lastParty?.atMs ?? nowMs;
  for (const leg of call.legs) {
    if (leg.endedAtMs !== undefined) continue;
    endTalk(call, leg, endedAtMs);
    leg.dialStatus ??= call.lastParty?.dialStatus;
    leg.endedAtMs = Math.max(endedAtMs, leg.startedAtMs);
    leg.outcome =
      call.direction === 'inbound'
        ? outcomeOfLeg(call, leg)
        : leg.answeredAtMs === undefined
          ? outcomeOfCall(call, call.lastParty)
          : 'answered';
    if (leg.isTold) w.tell({ type: 'leg-ended', call, leg });
  }
  call.endedAtMs = endedAtMs;
  call.outcome = outcomeOfCall(call, call.lastParty);
  call.endReason = reason;
  call.state = 'ended';
  call.dueAtMs = nowMs + w.options.silentMsMax;
  w.touch(call, nowMs);
  w.tell({ type: 'call-ended', call });
  if (reason !== 'hangup') for (const recording of call.recordings) recording.isClosed = true;
  finish(w, call, nowMs);
}

/** Recordings are told of when every file is closed; the call is forgotten when its last channel is gone. */
export function finish(w: JournalWorld, call: JournalCall, nowMs: number): void {
  if (call.state === 'ended' && call.recordings.every((recording) => recording.isClosed)) {
    call.state = 'done';
    w.touch(call, nowMs);
    const talker = call.legs.find((leg) => leg.id === call.talker);
    for (const { file } of call.recordings) w.tell({ type: 'recording-ready', call, file, extension: talker?.extension ?? '' });
  }
  if (call.state === 'done' && call.channels.length === 0) w.forget(call);
}
