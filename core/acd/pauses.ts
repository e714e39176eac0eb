/**
 * Breaks (B35): which reasons there are, how long one may last, and what is told when it lasts longer. A break is never
 * ended in silence. Its clock runs from its start, or from the end of the talk in which it was asked for.
 */
import { localTime, pad2 } from '../time.js';
import type { PauseReason } from './config.js';
import type { Answer } from './events.js';
import { refused } from './answers.js';
import type { Agent } from './state.js';
import type { AgentStatus } from './words.js';
import { canonical, type World } from './world.js';

type Reasons = Pick<World, 'pauseReasons'>;

export const pauseReasonOf = ({ pauseReasons }: Reasons, reason: string | undefined): PauseReason | undefined =>
  reason === undefined ? undefined : pauseReasons.get(canonical(reason));

/** The reason in the list's spelling, or the refusal. Without a list, and for other statuses, every text is taken. */
export function checkPause(
  w: World,
  agent: Agent,
  status: AgentStatus,
  given: string | undefined,
): Answer | { readonly reason: string | undefined } {
  if (status !== 'On Break' || w.pauseReasons.size === 0 || w.settings.pauseReasons === 'free') return { reason: given };
  if (given === undefined)
    return w.settings.pauseReasons === 'required' ? refused('TDM_REFUSED', 'a break needs a reason') : { reason: undefined };
  const known = pauseReasonOf(w, given);
  if (!known) return refused('TDM_REFUSED', `pause reason ${given} is not in the list`);
  const isUsedUp = w.settings.pauseOverLimit !== 'tell' && dayLeftMs(w, agent, known, w.nowMs) <= 0;
  const isIn = agent.pause !== undefined && agent.pauseReason === known.code;
  if (isUsedUp && !isIn) return refused('TDM_REFUSED', `no time is left for ${known.code} today`);
  return { reason: known.code };
}

// ------------------------------------------------------------------ the clock of a break

/** Call when the status has become On Break, and at the end of a talk: during one the break has not begun. */
export function startPause(w: World, agent: Agent, startedAtMs = w.nowMs): void {
  if (agent.status !== 'On Break' || agent.phase.kind === 'talking') return;
  agent.pause = { startedAtMs, limitAtMs: limitAtMs(w, agent, startedAtMs), isOverdue: false };
}

/** Call before status or reason change: the time counts for the day on which the break began. */
export function endPause(w: World, agent: Agent): void {
  const { pause } = agent;
  if (!pause) return;
  const known = pauseReasonOf(w, agent.pauseReason);
  if (known?.dayMsMax) {
    const day = dayOf(w, pause.startedAtMs);
    const usedMs = usedMsOf(agent, day, known.code) + w.nowMs - pause.startedAtMs;
    agent.pauseUsed = { day, ms: { ...(agent.pauseUsed?.day === day && agent.pauseUsed.ms), [known.code]: usedMs } };
  }
  agent.pause = undefined;
}

/** Other limits, or other reasons, for a break that runs; also after a restart. */
export function pauseAgain(w: World, agent: Agent): void {
  if (agent.status !== 'On Break') return;
  const before = agent.pause;
  startPause(w, agent, before?.startedAtMs ?? agent.statusSinceMs);
  if (!agent.pause) return;
  const { limitAtMs: atMs } = agent.pause;
  // who was told already is not told again
  if (before?.isOverdue && atMs !== undefined && atMs <= w.nowMs) agent.pause = { ...agent.pause, isOverdue: true };
  if (JSON.stringify(before) !== JSON.stringify(agent.pause)) w.changeAgent(agent);
}

/** True once for each break, when its time is over: told, and shown from then on. */
export function pauseRanOut(w: World, agent: Agent): boolean {
  const { pause } = agent;
  if (!pause || pause.isOverdue || pause.limitAtMs === undefined || pause.limitAtMs > w.nowMs) return false;
  agent.pause = { ...pause, isOverdue: true };
  w.changeAgent(agent);
  w.tell({
    type: 'pause-overdue',
    agent: agent.id,
    reason: agent.pauseReason ?? '',
    startedAtMs: pause.startedAtMs,
    limitAtMs: pause.limitAtMs,
    action: w.settings.pauseOverLimit,
  });
  return true;
}

/** When the break's time will be over; undefined: it has no end, or is over. */
export const pauseDueMs = ({ pause }: Agent): number | undefined => (pause && !pause.isOverdue ? pause.limitAtMs : undefined);

function limitAtMs(w: World, agent: Agent, startedAtMs: number): number | undefined {
  const known = pauseReasonOf(w, agent.pauseReason);
  if (!known) return undefined;
  const leftMs = Math.min(known.msMax || Infinity, dayLeftMs(w, agent, known, startedAtMs));
  return leftMs === Infinity ? undefined : startedAtMs + leftMs;
}

/** Of the day of `atMs`; Infinity without a daily limit. */
function dayLeftMs(w: World, agent: Agent, known: PauseReason, atMs: number): number {
  if (known.dayMsMax === 0) return Infinity;
  return Math.max(0, known.dayMsMax - usedMsOf(agent, dayOf(w, atMs), known.code));
}

/** A code may have the name of a property that every object has. */
function usedMsOf({ pauseUsed }: Agent, day: string, code: string): number {
  if (pauseUsed?.day !== day || !Object.hasOwn(pauseUsed.ms, code)) return 0;
  return pauseUsed.ms[code] ?? 0;
}

function dayOf(w: World, atMs: number): string {
  const t = localTime(atMs, w.settings.zone);
  return `${String(t.year)}-${pad2(t.month)}-${pad2(t.day)}`;
}
