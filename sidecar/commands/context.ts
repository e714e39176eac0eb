/** What every command needs: settings, log, and a store that is closed at the end. */
import { readConfig, type Config } from '../config.js';
import { createLog } from '../log.js';
import { TandemError } from '../../core/errors.js';
import type { Log, Meter } from '../../core/ports.js';
import { retentionDefaults } from '../../sql/retention.js';
import { openStore, type Store } from '../../sql/store.js';

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A log for commands that speak to people themselves. */
const silent = (): void => undefined;
export const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** A meter for commands that end at once. */
export const noMeter: Meter = { count: silent, observe: silent, set: silent };

const dayMs = 86_400_000;

/** A key is kept for a day longer than it counts: one-time codes within the code window, hand-overs within theirs. */
export function retentionFor(config: Pick<Config, 'codeWindowS' | 'handoverWindowS'>) {
  const { takenCodesMsMax, handoversMsMax } = retentionDefaults;
  return {
    takenCodesMsMax: Math.max(takenCodesMsMax, config.codeWindowS * 1000 + dayMs),
    handoversMsMax: Math.max(handoversMsMax, config.handoverWindowS * 1000 + dayMs),
  };
}

export function openConfiguredStore(config: Config, log: Log, meter: Meter): Promise<Store> {
  return openStore({
    url: config.databaseUrl,
    zone: config.zone,
    ...(config.databaseOwnSchema ? { ownSchema: config.databaseOwnSchema } : {}),
    poolSize: config.databasePool,
    statementMsMax: config.databaseMsMax,
    ...retentionFor(config),
    eventsMsMax: config.queues.eventsMsMax,
    auditMsMax: config.access.auditMsMax,
    ...config.dialer.retention,
    log,
    meter,
    nowMs: Date.now,
  });
}

/**
 * Runs `work` with a store and closes it whatever happens. `change` brings the tables up to date first; `look` alters
 * nothing and wants them up to date (DB-2); `check` takes the store as it is.
 */
export async function withStore<T>(
  work: (store: Store, config: Config) => Promise<T>,
  intent: 'change' | 'look' | 'check' = 'change',
): Promise<T> {
  const config = readConfig(process.env);
  const store = await openConfiguredStore(config, createLog('warn'), noMeter);
  try {
    if (intent === 'change') await store.migrate();
    if (intent === 'look' && !(await store.isMigrated())) throw new TandemError('TDM_STORE_EMPTY');
    return await work(store, config);
  } finally {
    await store.close();
  }
}
