/** Links to switches (B11): no call before the calls there were listed; calls that nobody knows are asked for (A15). */
import type { DialerEvent } from '../engine-words.js';
import { listMsMax, originateMsMax, sweepEveryMs } from './bounds.js';
import { keepProgress } from './arrivals.js';
import { isPlaced } from './call.js';
import type { Call } from './call.js';
import { switchGone } from './connector.js';
import { refreshDue } from './due.js';
import { loseCall } from './endings.js';
import { hangUp } from './hang-up.js';
import { giveBack } from './launches.js';
import type { SwitchState } from './parts.js';
import type { DialerWorld } from './world.js';

type Of<T extends DialerEvent['type']> = Extract<DialerEvent, { type: T }>;

/** A switch that is asked for more than this would be a mistake of the settings. */
const switchesMax = 1_000;

export function switchOf(w: DialerWorld, id: string): SwitchState {
  const known = w.switches.get(id);
  if (known) return known;
  const state: SwitchState = {
    ...{
      id,
      isUp: false,
      isReconciled: false,
      upSinceMs: -Infinity,
      listAskedAtMs: undefined,
      callsPerSecondMax: undefined,
      isFull: false,
    },
  };
  if (w.switches.size < switchesMax) w.switches.set(id, state);
  return state;
}

export function switchChanged(w: DialerWorld, { switch: id, isUp, callsPerSecondMax }: Of<'switch-changed'>): void {
  const state = switchOf(w, id);
  state.callsPerSecondMax = callsPerSecondMax ?? state.callsPerSecondMax;
  adjustRate(w);
  if (isUp && state.isUp) return;
  state.isUp = isUp;
  state.isReconciled = false;
  state.isFull = false; // orders of the former link are not waited for
  state.listAskedAtMs = undefined;
  w.deadlines.set(`list:${id}`, undefined);
  if (isUp) {
    state.upSinceMs = w.nowMs;
    askList(w, id);
  } else for (const call of [...w.launches]) if (call.switch === id) switchGone(w, call);
}

export function switchFull(w: DialerWorld, { switch: id, isFull }: Of<'switch-full'>): void {
  switchOf(w, id).isFull = isFull;
}

/** A4: at or above what the switch lets through, calls would be lost there: 80 % of it. */
export function callsPerSecondNow(w: DialerWorld): number {
  const { callsPerSecond } = w.settings;
  const limits = [...w.switches.values()].flatMap(({ callsPerSecondMax: max }) =>
    max !== undefined && callsPerSecond >= max ? [0.8 * max] : [],
  );
  return Math.min(callsPerSecond, ...limits);
}

export const adjustRate = (w: DialerWorld): void => w.throttle.change(callsPerSecondNow(w));

export function askList(w: DialerWorld, id: string): void {
  const state = switchOf(w, id);
  if (!state.isUp || state.listAskedAtMs !== undefined) return;
  state.listAskedAtMs = w.nowMs;
  w.deadlines.set(`list:${id}`, w.nowMs + listMsMax);
  w.emit({ type: 'list-calls', switch: id });
}

/** It was not answered: asked again, for as long as the link is up. */
export function listMissed(w: DialerWorld, id: string): void {
  const state = switchOf(w, id);
  state.listAskedAtMs = undefined;
  askList(w, id);
}

export function callsListed(w: DialerWorld, { switch: id, askedAtMs, live }: Of<'calls-listed'>): void {
  const state = switchOf(w, id);
  if (!state.isUp || askedAtMs < state.upSinceMs) return; // of the link before
  state.listAskedAtMs = undefined;
  state.isReconciled = true;
  w.deadlines.set(`list:${id}`, undefined);
  for (const call of [...w.calls.values()]) {
    if (call.switch !== id || !isPlaced(call)) continue;
    const found = live.get(call.id);
    if (found) isAlive(w, call, found.isAnswered, askedAtMs);
    else if ((call.placedAtMs ?? 0) + originateMsMax <= askedAtMs) loseCall(w, call);
    else w.deadlines.set(`ask:${id}`, (call.placedAtMs ?? w.nowMs) + originateMsMax);
  }
}

function isAlive(w: DialerWorld, call: Call, isAnswered: boolean, askedAtMs: number): void {
  call.isUnknown = false;
  if (isAnswered && call.answeredAtMs === undefined) {
    call.answeredAtMs = askedAtMs;
    keepProgress(w, call);
  }
  if (call.stage === 'ringing' && call.answeredAtMs !== undefined) call.stage = 'answered';
  if (call.hangUpAtMs !== undefined) hangUp(w, call, call.hangUpReason ?? 'lost');
  else if (call.from === undefined && call.stage === 'answered')
    w.deadlines.set(`call:${call.id}`, undefined); // restored: it may be anywhere after the answer
  else refreshDue(w, call);
}

/** A16: the command could not be sent. Nothing is dialled there until the calls were listed again. */
export function unsent(w: DialerWorld, call: Call): void {
  notPlaced(call);
  holdBack(w, call.switch);
  switchGone(w, call);
  askList(w, call.switch);
}

/**
 * B11: a clock that jumped, results that nothing can keep, a switch that makes no calls for a while: no failure of the link, so that
 * literal failover (A16) fails nobody for it.
 */
export function withheld(w: DialerWorld, call: Call): void {
  notPlaced(call);
  holdBack(w, call.switch);
  giveBack(w, call, 'SWITCH_DOWN');
  askList(w, call.switch);
}

/** Nothing with its id ever was on a switch: the next call has it (A2), however often that happens. */
const notPlaced = (call: Call): void => void (call.placedAtMs = undefined);

const holdBack = (w: DialerWorld, id: string): void => void (switchOf(w, id).isReconciled = false);

/** B11: never repeated blindly: the switch is asked whether it is there. */
export function unknown(w: DialerWorld, call: Call): void {
  if (!isPlaced(call) || call.answeredAtMs !== undefined || call.ringingAtMs !== undefined) return;
  call.isUnknown = true;
  refreshDue(w, call);
  w.deadlines.set(`ask:${call.switch}`, (call.placedAtMs ?? w.nowMs) + originateMsMax);
}

/** A15, every 10 minutes. */
export function sweep(w: DialerWorld): void {
  w.deadlines.set('sweep', w.nowMs + sweepEveryMs);
  for (const call of [...w.calls.values()]) {
    if (w.nowMs - (call.placedAtMs ?? call.claimedAtMs) < w.settings.callMsMax) continue;
    if (isPlaced(call)) askList(w, call.switch);
    else giveBack(w, call);
  }
}
