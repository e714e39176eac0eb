/** Skills: what a call wants, what an agent has, and how wants are relaxed while the call waits (B18, O19, O35). */
import type { SkillNeed } from './config.js';
import { compareText } from './order.js';

/** A call has at most this many wants, queue's and own together. */
export const needsMax = 16;

/** The wants as they are now. */
export interface Wants {
  /** equal for equal wants: calls that may be served by the same agents */
  readonly key: string;
  readonly required: readonly (readonly [skill: string, levelMin: number])[];
  readonly preferred: readonly (readonly [skill: string, levelMin: number])[];
}

export const noWants: Wants = { key: '', required: [], preferred: [] };

/** Level that a want has after `waitedMs`; 0 = dropped. */
export function levelNow(need: SkillNeed, waitedMs: number): number {
  let level = need.levelMin;
  for (const step of need.relax) if (waitedMs >= step.afterMs) level = step.levelMin;
  return level;
}

export function wantsNow(needs: readonly SkillNeed[], waitedMs: number): Wants {
  if (needs.length === 0) return noWants;
  const parts = needs
    .map((need) => ({ skill: need.skill, level: levelNow(need, waitedMs), isRequired: need.isRequired }))
    .filter((part) => part.level > 0)
    .sort((a, b) => compareText(a.skill, b.skill));
  const of = (isRequired: boolean) => parts.filter((p) => p.isRequired === isRequired).map((p) => [p.skill, p.level] as const);
  const key = parts.map((p) => `${p.isRequired ? '' : '?'}${p.skill}:${p.level}`).join('+');
  return { key, required: of(true), preferred: of(false) };
}

/** How many steps of relaxation have passed, and when the next one does (waiting time; undefined = none). */
export function relaxation(
  needs: readonly SkillNeed[],
  waitedMs: number,
): { readonly passed: number; readonly nextAfterMs: number | undefined } {
  let passed = 0;
  let nextAfterMs: number | undefined;
  for (const need of needs)
    for (const { afterMs } of need.relax) {
      if (waitedMs >= afterMs) passed++;
      else if (nextAfterMs === undefined || afterMs < nextAfterMs) nextAfterMs = afterMs;
    }
  return { passed, nextAfterMs };
}

export type Skills = ReadonlyMap<string, number>;

export const has = (skills: Skills, [skill, levelMin]: readonly [string, number]): boolean => (skills.get(skill) ?? 0) >= levelMin;

export const fits = (skills: Skills, wants: Wants): boolean => wants.required.every((want) => has(skills, want));

/** Number of preferred wants that the agent does not have: smaller is better. */
export const missesOf = (skills: Skills, wants: Wants): number => wants.preferred.filter((want) => !has(skills, want)).length;

/** Agents with the same skills at the same levels are one group. */
export function signatureOf(skills: Skills): string {
  return [...skills]
    .sort(([a], [b]) => compareText(a, b))
    .map(([skill, level]) => `${skill}:${level}`)
    .join('+');
}

/** How rare the rarest skill is that the agent has and the call does not want: fewer owners, higher number. */
export function rarityOf(skills: Skills, wants: Wants, owners: (skill: string) => number): number {
  const wanted = new Set([...wants.required, ...wants.preferred].map(([skill]) => skill));
  let rarity = 0;
  for (const skill of skills.keys()) if (!wanted.has(skill)) rarity = Math.max(rarity, 1 / Math.max(1, owners(skill)));
  return rarity;
}

/** Wants of queue and call together; the call's own word on a skill wins. Bounded by `needsMax`. */
export function mergeNeeds(queue: readonly SkillNeed[], own: readonly SkillNeed[]): readonly SkillNeed[] {
  if (queue.length === 0 && own.length <= needsMax) return own;
  const named = new Set(own.map((need) => need.skill));
  return [...own, ...queue.filter((need) => !named.has(need.skill))].slice(0, needsMax);
}
