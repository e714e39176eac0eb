/**
 * The measured side of the memory figures, in a process of its own. `sessions`: the FastAGI door with `queue_entry` before
 * the queue engine, as in the product, its SQLite file in the folder named by TANDEM_BENCH_DIR. `engine`: the same queues
 * without a door; the message `fill` brings 10,000 callers in.
 */
import { createAsteriskSessions } from '../../agi/member-session.js';
import { asteriskCaller } from '../../agi/caller-facts.js';
import { withoutGuard } from '../../agi/guard.js';
import { createAgiServer } from '../../agi/server.js';
import { noWatch } from '../../agi/channel-watch.js';
import { switchId } from '../../core/acd/ids.js';
import { createQueueEntry } from '../../core/services/enter-queue.js';
import { createNativeQueue } from '../../core/services/native-queue.js';
import { createMetrics } from '../../sidecar/metrics.js';
import { systemTimers } from '../../sidecar/timers.js';
import { silentLog } from '../../test/support/observers.js';
import { benchQueue, openQueueWorld } from './queue-world.js';
import { fillCallers } from './queue-memory.js';
import { runTarget } from './target.js';

const nowMs = Date.now;
const after = systemTimers.after.bind(systemTimers);
const asterisk = switchId('west');
const log = silentLog;

function openWorld() {
  const file = `${process.env['TANDEM_BENCH_DIR'] ?? '.'}/memory-${process.pid}.db`;
  return openQueueWorld({ url: `sqlite:${file}`, freeAgents: 0, busyAgents: 0 });
}

async function sessions(): Promise<number> {
  const { loop } = await openWorld();
  const meter = createMetrics();
  let ids = 0;
  const watch = { ...noWatch, isUp: () => true };
  const openSession = createAsteriskSessions({ switch: asterisk, watch, after, nowMs, log });
  const place = { switch: asterisk, openSession };
  const newId = () => `bench-${++ids}`;
  const queues = createNativeQueue({
    engine: loop,
    facts: asteriskCaller,
    placeOf: () => Promise.resolve(place),
    newId,
    after,
    nowMs,
    log,
  });
  const application = withoutGuard(createQueueEntry({ queues, log, meter }));
  return createAgiServer({ port: 0, sessionsMax: 20_000 }, { queue_entry: application }, { log, meter }).listen();
}

async function engine(): Promise<number> {
  const world = await openWorld();
  process.on('message', (message) => {
    if (message !== 'fill') return;
    for (let n = 0; n < fillCallers; n++) world.join('busy');
    const queue = world.loop.view().queueNamed(benchQueue);
    if (!queue || world.loop.view().membersOfQueue(queue.id).size !== fillCallers) throw new Error('callers are missing');
    after(2_000, () => process.send?.('filled')); // stored by then
  });
  return 0;
}

await runTarget({ sessions, engine });
