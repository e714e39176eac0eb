/** A process that writes to a spool as fast as it can and says what was kept; to be killed. Argument: the file. */
import { createAcdSpool } from '../../sidecar/acd-spool.js';
import { acdSpoolDefaults } from '../../sidecar/acd-spool-options.js';
import { systemTimers } from '../../sidecar/timers.js';
import { batchOf, sampleVisit } from './acd-rows.js';
import { createMemoryAcdStore } from './acd-memory-store.js';
import { silentLog, silentMeter } from './observers.js';

const store = createMemoryAcdStore();
store.mode = 'down';
const spool = createAcdSpool(
  { ...acdSpoolDefaults, file: process.argv[2] ?? '' },
  { store, timers: systemTimers, log: silentLog, meter: silentMeter },
);
for (let n = 1; ; n++) {
  await spool.save(batchOf({ segments: [sampleVisit(`v${String(n)}`, { detail: 'x'.repeat(n % 500) })] }), 1);
  process.stdout.write(`${String(n)}\n`);
}
