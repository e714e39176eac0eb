/**
 * How soon the queue engine acts, with nobody, 1,000 and 10,000 callers waiting: engine, loop and store as in the product,
 * and a switch that only notes the ring orders.
 *
 *   npm run bench queue-latency
 *
 * Method: docs/benchmarks.md, "Queue engine: latency".
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariaDb, testbedProblem } from '../test/testbed/mariadb.js';
import type { Figure, Spread } from './support/figure.js';
import { startMetronome } from './support/metronome.js';
import { QueueLatency } from './support/queue-latency-run.js';
import { readFigures } from './support/queue-reads.js';
import { queueMemory } from './support/queue-memory.js';

const backlogs = [0, 1_000, 10_000] as const;
type Backlog = (typeof backlogs)[number];

/** Of mod_callcenter 1.10.12 and OpenSIPS call_center 4.1 on a machine of the same kind, ms; docs/benchmarks.md has the source. */
const reference = {
  join: { p50: 48, p99: 102, of: 'mod_callcenter, 0 waiting' },
  freed: {
    0: { p50: 49, max: 97, of: 'mod_callcenter, 0 waiting' },
    1_000: { p50: 433, max: 806, of: 'mod_callcenter, 1,000 waiting' },
    10_000: { p50: 2_500, max: 4_360, of: 'mod_callcenter, 5,000 waiting' },
  },
  wrapUp: { p50: 1_078, max: 1_821, of: 'OpenSIPS, one agent, wrap-up left out' },
  together: { max: 19_970, of: 'OpenSIPS, wrap-up left out' },
} as const;

interface Baseline {
  readonly p50?: number;
  readonly p99?: number;
  readonly max?: number;
  readonly of: string;
}

/** p50, p99 and max; what the baseline does not have stays empty. */
function spreadRows(name: string, spread: Spread, baseline: Baseline): Figure[] {
  return (['p50', 'p99', 'max'] as const).map((which): Figure => {
    const row = { name: `${name}: ${which}`, value: spread[which], unit: 'ms' };
    const times = which === 'p50' ? [`${spread.count} times`] : [];
    const reference = baseline[which];
    if (reference === undefined) return { ...row, note: times.join('') };
    return { ...row, baseline: reference, note: [...times, `baseline: ${baseline.of}`].join('; ') };
  });
}

async function measure(database: string, url: string, backlog: Backlog): Promise<Figure[]> {
  const metronome = startMetronome();
  const run = await QueueLatency.open(url, backlog, metronome);
  try {
    const name = (what: string) => `${database}, ${backlog.toLocaleString('en')} waiting, ${what}`;
    const joins = await run.joins();
    const { atOnce, afterWrapUp } = await run.agentsFreed();
    const together = await run.freedTogether();
    return [
      ...spreadRows(name('join → ring order'), joins, reference.join),
      ...spreadRows(name('agent free → ring order'), atOnce, reference.freed[backlog]),
      ...spreadRows(name('wrap-up over → ring order'), afterWrapUp, reference.wrapUp),
      ...spreadRows(name('20 agents freed together → last ring order'), together, reference.together),
      ...(backlog === 10_000 && database === 'SQLite' ? readFigures(run.state, `${backlog.toLocaleString('en')} waiting, read`) : []),
    ];
  } finally {
    await metronome.stop();
    await run.close();
  }
}

async function onMariaDb(backlog: Backlog): Promise<Figure[]> {
  const server = await startMariaDb({ strict: true });
  try {
    return await measure('MariaDB', server.url, backlog);
  } finally {
    await server.stop();
  }
}

export async function queueLatency(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const rows: Figure[] = [];
  try {
    for (const backlog of backlogs) rows.push(...(await measure('SQLite', `sqlite:${join(dir, `${backlog}.db`)}`, backlog)));
    rows.push(...(await queueMemory(dir)));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  if ((await testbedProblem('mariadb')) !== undefined) return rows;
  for (const backlog of backlogs) rows.push(...(await onMariaDb(backlog)));
  return rows;
}
