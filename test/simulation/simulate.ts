/**
 * `npm run simulate`: days without end, until a promise is broken; prints the seed and what happened last.
 * SEED=n runs that one day again, LARGE=1 makes it a whole floor (SIZE=0.1 a tenth of it), SEEDS=n ends after so many,
 * LINES=n prints that much of what happened.
 */
import { runSeed } from './run-seed.js';
import type { Report } from './run-seed.js';

const { SEED, SEEDS, LARGE, SIZE, LINES } = process.env;
const linesMax = Number(LINES ?? 40);

function tell(seed: number, { plan, steps, visits, failure }: Report, isLarge: boolean): void {
  const size = `${String(plan.agents)} agents, ${String(plan.callers)} callers, ${String(plan.queues)} queues`;
  if (!failure) {
    console.log(`seed ${String(seed)}: ${size}: ${String(steps)} steps, ${String(visits)} visits, nothing broken`);
    return;
  }
  console.log(failure.lastLines.join('\n'));
  console.log(`\n${failure.error.stack ?? failure.error.message}`);
  console.log(
    `\nseed ${String(seed)}: ${size}: broken after ${String(steps)} steps; again with SEED=${String(seed)}${isLarge ? ' LARGE=1' : ''} npm run simulate`,
  );
}

/** False when a promise was broken. */
function run(seed: number, isLarge: boolean): boolean {
  const report = runSeed(seed, { isLarge, linesMax, size: Number(SIZE ?? 1) });
  if (report.failure || isLarge || SEED !== undefined) tell(seed, report, isLarge);
  return report.failure === undefined;
}

if (SEED !== undefined) process.exitCode = run(Number(SEED), LARGE === '1') ? 0 : 1;
else {
  const first = Date.now() % 1_000_000_000;
  const count = SEEDS === undefined ? Infinity : Number(SEEDS);
  let isWhole = true;
  for (let n = 0; isWhole && n < count; n++) {
    isWhole = run(first + n, n % 200 === 199);
    if (isWhole && n % 100 === 98) console.log(`${String(n + 1)} days, seeds from ${String(first)}, nothing broken`);
  }
  process.exitCode = isWhole ? 0 : 1;
}
