/** The thread of `sqlite-checkpoints.ts`. Passive checkpoints hold up neither readers nor writers. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadSqlite } from './sqlite-binding.js';
import { controlAt, type CheckpointThread } from './sqlite-checkpoints.js';

/** between two looks */
const idleMs = 1_000;
/** while there is much to move */
const busyMs = 20;
const busyPages = 500;

const { file, control: shared } = workerData as CheckpointThread;
const control = new Int32Array(shared);
const { DatabaseSync } = await loadSqlite();
const database = new DatabaseSync(file);
database.exec('PRAGMA busy_timeout = 1000');
database.exec('PRAGMA synchronous = NORMAL');
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

parentPort?.postMessage('at work');
let pauseMs: number = busyMs;
let moved = 0;
for (let seen = 0; ;) {
  Atomics.wait(control, controlAt.stop, 0, pauseMs);
  if (Atomics.load(control, controlAt.stop) !== 0) break;
  const writes = Atomics.load(control, controlAt.writes);
  pauseMs = idleMs;
  if (writes === seen) continue;
  seen = writes;
  const [round] = checkpoint.all();
  const now = Number(round?.['checkpointed']);
  if (now - moved > busyPages || now < moved) pauseMs = busyMs; // less than before: the log began anew
  moved = now;
  Atomics.add(control, controlAt.rounds, 1);
}
database.close();
