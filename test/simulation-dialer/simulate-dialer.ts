/**
 * `npm run simulate:dialer`: simulated days of the dialer, the pacer beside its baselines, as one Markdown table.
 * SCENARIO=a,b (all), SEEDS=n (3), SEED=n (the first, 1), PACERS=a,b (all).
 */
import { createPacer } from '../../core/dialer/pacing/index.js';
import { adaptHardLimit, adaptTapered, perActiveAgent, perIdleAgent, upperBound } from './baselines.js';
import { Day } from './day.js';
import type { PacerOf } from './day.js';
import type { DayResult } from './measure.js';
import { scenarios } from './scenarios.js';

const pacers: Readonly<Record<string, PacerOf>> = {
  progressive: perIdleAgent(1),
  'idle-2': perIdleAgent(2),
  'idle-3': perIdleAgent(3),
  'active-1.5': perActiveAgent(1.5),
  'vicidial-hard': adaptHardLimit,
  'vicidial-tapered': adaptTapered,
  tandem: () => createPacer(),
  bound: upperBound,
};

const { SCENARIO, SEEDS, SEED, PACERS } = process.env;
const scenarioNames = SCENARIO?.split(',') ?? Object.keys(scenarios);
const pacerNames = PACERS?.split(',') ?? Object.keys(pacers);
const seeds = Array.from({ length: Number(SEEDS ?? 3) }, (_, i) => Number(SEED ?? 1) + i);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number, digits = 2): string => (share * 100).toFixed(digits);

function line(scenario: string, pacer: string, days: readonly DayResult[], cpuMs: number): string {
  const shares = days.map(({ abandoned }) => Math.max(...abandoned));
  const inbound = days.reduce((sum, day) => sum + day.inbound.count, 0);
  const within = days.reduce((sum, day) => sum + day.inbound.within20, 0);
  const early = mean(days.map((day) => (day.early.answered ? day.early.abandoned / day.early.answered : 0)));
  const cells = [
    scenario,
    pacer,
    percent(mean(days.map((day) => day.utilisation)), 1),
    `${percent(mean(shares))} (${percent(Math.max(...shares))})`,
    `${mean(days.map((day) => day.waitMean)).toFixed(1)} (${mean(days.map((day) => day.wait90)).toFixed(0)})`,
    mean(days.map((day) => day.connectsPerAgentHour)).toFixed(1),
    percent(early, 1),
    inbound ? percent(within / inbound, 1) : '',
    (cpuMs / days.length).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

console.log(
  '| scenario | pacer | utilisation % | abandoned % (worst) | agent waits s, mean (90 %) | connects per agent-hour | of the first 5 min abandoned % | inbound within 20 s % | CPU ms |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const scenarioName of scenarioNames)
  for (const pacerName of pacerNames) {
    const [scenario, pacer] = [scenarios[scenarioName], pacers[pacerName]];
    if (!scenario) throw new Error(`no scenario "${scenarioName}"; there are ${Object.keys(scenarios).join(', ')}`);
    if (!pacer) throw new Error(`no pacer "${pacerName}"; there are ${Object.keys(pacers).join(', ')}`);
    const before = process.cpuUsage();
    const days = seeds.map((seed) => new Day(scenario, seed, pacer).run());
    const { user, system } = process.cpuUsage(before);
    console.log(line(scenarioName, pacerName, days, (user + system) / 1_000));
  }
