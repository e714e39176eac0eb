/** One seed, one day: the world of a number, and what became of it. */
import { createAcdEngine } from '../../core/acd/create-engine.js';
import { createCheckers } from './checkers/index.js';
import { largePlan, smallPlan } from './plan.js';
import type { Plan } from './plan.js';
import { Random } from './random.js';
import { Simulation } from './simulation.js';
import type { EngineFactory } from './simulation.js';

export interface Report {
  readonly plan: Plan;
  readonly steps: number;
  readonly visits: number;
  /** undefined: all promises were kept */
  readonly failure: { readonly error: Error; readonly lastLines: readonly string[] } | undefined;
}

export interface RunOptions {
  readonly create?: EngineFactory;
  readonly isLarge?: boolean;
  /** of the large plan: 1 = hundreds of agents */
  readonly size?: number;
  readonly linesMax?: number;
}

export function runSeed(seed: number, options: RunOptions = {}): Report {
  const random = new Random(seed);
  const plan = options.isLarge ? largePlan(seed, random, options.size) : smallPlan(seed, random);
  const simulation = new Simulation(plan, random, options.create ?? createAcdEngine, createCheckers());
  const startMs = simulation.nowMs;
  let failure: Report['failure'];
  try {
    simulation.run();
  } catch (e) {
    const error = e instanceof Error ? e : new Error(String(e));
    failure = { error, lastLines: simulation.history.lines(options.linesMax ?? 40, startMs) };
  }
  let visits = 0;
  for (const segment of simulation.store.segments.values()) if (segment.kind === 'visit') visits++;
  return { plan, steps: simulation.steps, visits, failure };
}
