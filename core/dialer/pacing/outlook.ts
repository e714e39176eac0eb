/**
 * Tables for the next seconds: how likely a call of each age is answered, and an agent ready, within each horizon.
 * Horizons are the times by which a call placed now has been answered with (i - ½)/7 of its chance: each stands for
 * one seventh of the calls that will be answered.
 */
import { agesMax } from './ring-times.js';
import type { RingRates } from './ring-times.js';
import { hazardBySecond, talkEdges, wrapEdges } from './stays.js';

export const horizonCount = 7;
/** cells of elapsed time: single seconds to a minute, then 5 s, then 30 s */
export const talkCells = 60 + 48 + 50 + 1;
export const wrapCells = 60 + 48 + 1;
const horizonSecondsMax = 60;

export function talkCell(elapsed: number): number {
  const u = Math.max(0, elapsed);
  if (u < 60) return Math.floor(u);
  if (u < 300) return 60 + Math.floor((u - 60) / 5);
  return Math.min(talkCells - 1, 108 + Math.floor((u - 300) / 30));
}

export const wrapCell = (elapsed: number): number => Math.min(wrapCells - 1, talkCell(elapsed));

/** The middle of a cell, in seconds. */
function middleOf(cell: number): number {
  if (cell < 60) return cell + 0.5;
  if (cell < 108) return 60 + (cell - 60) * 5 + 2.5;
  return 300 + (cell - 108) * 30 + 15;
}

/** Chances of answer, by age × horizon. */
export type AnswerTable = Float64Array;

const at = (list: Float64Array, i: number): number => list[i] ?? 0;

/** Chance that a call placed now is answered by a person at all. */
export function answerShare({ answer, other }: RingRates, level: number): number {
  let alive = 1;
  let sum = 0;
  for (let a = 0; a < agesMax; a++) {
    const rate = Math.min(0.97, level * at(answer, a));
    sum += alive * rate;
    alive *= Math.max(0, 1 - rate - at(other, a));
  }
  return sum;
}

export function horizonsOf({ answer, other }: RingRates, level: number): Float64Array {
  const whole = answerShare({ answer, other }, level);
  const horizons = new Float64Array(horizonCount);
  let alive = 1;
  let sum = 0;
  let i = 0;
  for (let a = 0; a < horizonSecondsMax && i < horizonCount; a++) {
    const rate = Math.min(0.97, level * at(answer, a));
    const step = alive * rate;
    for (; i < horizonCount && sum + step >= (whole * (i + 0.5)) / horizonCount; i++)
      horizons[i] = a + (step > 0 ? ((whole * (i + 0.5)) / horizonCount - sum) / step : 0);
    sum += step;
    alive *= Math.max(0, 1 - rate - at(other, a));
  }
  for (; i < horizonCount; i++) horizons[i] = horizonSecondsMax;
  return horizons;
}

export function answerTable({ answer, other }: RingRates, level: number, horizons: Float64Array): AnswerTable {
  const table = new Float64Array(agesMax * horizonCount);
  for (let age = 0; age < agesMax; age++) {
    let alive = 1;
    let sum = 0;
    let second = 0;
    for (let i = 0; i < horizonCount; i++) {
      const until = at(horizons, i);
      for (; second + 1 <= until; second++) {
        const a = Math.min(agesMax - 1, age + second);
        const rate = Math.min(0.97, level * at(answer, a));
        sum += alive * rate;
        alive *= Math.max(0, 1 - rate - at(other, a));
      }
      const rate = Math.min(0.97, level * at(answer, Math.min(agesMax - 1, age + second)));
      table[age * horizonCount + i] = Math.min(1, sum + (until - second) * alive * rate);
    }
  }
  return table;
}

/** What the tables for agents are made from. */
export interface AgentRates {
  readonly talk: Float64Array;
  readonly wrap: Float64Array;
}

const between = (sums: Float64Array, seconds: number): number => {
  const s = Math.min(sums.length - 2, Math.max(0, Math.floor(seconds)));
  const low = at(sums, s);
  return low + (at(sums, s + 1) - low) * (seconds - s);
};

/** Chance to be ready within each horizon and the grace after it, by time in wrap-up × horizon. */
export function wrapTable({ wrap }: AgentRates, horizons: Float64Array, grace: number): Float64Array {
  const sums = hazardBySecond(wrap, wrapEdges, 400);
  const table = new Float64Array(wrapCells * horizonCount);
  for (let cell = 0; cell < wrapCells; cell++) {
    const from = between(sums, middleOf(cell));
    for (let i = 0; i < horizonCount; i++)
      table[cell * horizonCount + i] = 1 - Math.exp(from - between(sums, middleOf(cell) + at(horizons, i) + grace));
  }
  return table;
}

/** The same by time in talk: the talk ends in one of the next seconds, and the whole wrap-up fits into what is left. */
export function talkTable({ talk, wrap }: AgentRates, horizons: Float64Array, grace: number): Float64Array {
  const ending = hazardBySecond(talk, talkEdges, 2_000);
  const wrapping = hazardBySecond(wrap, wrapEdges, 400);
  const steps = Math.ceil(at(horizons, horizonCount - 1) + grace);
  const wrapped = new Float64Array(horizonCount * (steps + 1));
  for (let i = 0; i < horizonCount; i++)
    for (let j = 1; j <= steps; j++) {
      const left = at(horizons, i) + grace - j + 0.5;
      wrapped[i * (steps + 1) + j] = left > 0 ? 1 - Math.exp(-between(wrapping, left)) : 0;
    }
  const table = new Float64Array(talkCells * horizonCount);
  for (let cell = 0; cell < talkCells; cell++) fillTalkCell(table, cell, { ending, wrapped, steps });
  return table;
}

function fillTalkCell(table: Float64Array, cell: number, by: { ending: Float64Array; wrapped: Float64Array; steps: number }): void {
  const begin = middleOf(cell);
  const from = between(by.ending, begin);
  let stays = 1;
  for (let j = 1; j <= by.steps; j++) {
    const next = Math.exp(from - between(by.ending, begin + j));
    for (let i = 0; i < horizonCount; i++) {
      const to = cell * horizonCount + i;
      table[to] = at(table, to) + (stays - next) * at(by.wrapped, i * (by.steps + 1) + j);
    }
    stays = next;
  }
}
