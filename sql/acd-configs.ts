/** Provisioned queues, agents, tiers, callers and settings as the queue engine wants them. */
import type { AcdConfigs } from '../core/acd-ports.js';
import { agentConfigOf, queueConfigOf, settingsOf } from '../core/acd/config-of.js';
import type { AcdConfig, AgentConfig, KnownCaller, PauseReason, QueueConfig, TierConfig } from '../core/acd/config.js';
import { agentDefinition, queueDefinition, queueSettingsSchema } from '../core/acd/schema.js';
import type { Log } from '../core/ports.js';
import { canonical } from '../core/provisioning/names.js';
import { readDefinition } from '../core/provisioning/queues-after.js';
import { integer, text } from './db.js';
import type { Db, Row } from './db.js';
import { revisionOf } from './revisions.js';

export interface StoredAcdConfigs extends AcdConfigs {
  /** Grows with each change by `apply`, import or API of any process; a cheap question. */
  revision(): Promise<number>;
}

export interface AcdConfigsOptions {
  readonly own: string;
  readonly log: Log;
}

/** Rows that are read of each table. */
export const acdConfigRowsMax = 100_000;

export function createAcdConfigs(db: Db, { own, log }: AcdConfigsOptions): StoredAcdConfigs {
  const rowsOf = (columns: string, table: string, order: string): Promise<readonly Row[]> =>
    db.all(`SELECT ${columns} FROM ${own}${table} ORDER BY ${order} LIMIT ${acdConfigRowsMax}`);
  const queues = createReader<QueueConfig>('queue', log, (id, definition) => {
    const parsed = readDefinition(queueDefinition, definition);
    return parsed && queueConfigOf(id, parsed);
  });
  const agents = createReader<AgentConfig>('agent', log, (id, definition, pinHash) => {
    const parsed = readDefinition(agentDefinition, definition);
    return parsed && agentConfigOf(id, parsed, pinHash);
  });

  return {
    revision: () => revisionOf(db, own, 'queues'),
    async load(): Promise<AcdConfig> {
      const [queueRows, agentRows, tierRows, callerRows, settingRows, reasonRows] = await Promise.all([
        rowsOf('queue_id AS id, definition', 'tandem_queues', 'queue_id'),
        rowsOf('agent_id AS id, definition, pin_hash', 'tandem_agents', 'agent_id'),
        rowsOf('queue_id, agent_id, level, position', 'tandem_tiers', 'queue_id, agent_id'),
        rowsOf('number, blocked, base_score_s, agent_id', 'tandem_callers', 'number'),
        rowsOf('name, value', 'tandem_queue_settings', 'name'),
        rowsOf('code, text, paid, max_s, max_per_day_s', 'tandem_pause_reasons', 'code'),
      ]);
      const config = linked({
        settings: settingsOf(readSettings(settingRows, log)),
        queues: queues(queueRows),
        agents: agents(agentRows),
        tierRows,
        callerRows,
      });
      return { ...config, pauseReasons: reasonRows.map(pauseReasonOf) };
    },
  };
}

/** Checks and converts each definition once: a reload of a large site costs only what has changed. */
function createReader<T extends object>(
  kind: string,
  log: Log,
  convert: (id: string, definition: string, pinHash: string | undefined) => T | undefined,
): (rows: readonly Row[]) => readonly T[] {
  let kept = new Map<string, T>();
  return (rows) => {
    const next = new Map<string, T>();
    for (const row of rows) {
      const [id, definition] = [text(row['id']), text(row['definition'])];
      const pinHash = text(row['pin_hash']) || undefined;
      const key = `${id}\n${pinHash ?? ''}\n${definition}`;
      const config = kept.get(key) ?? convert(id, definition, pinHash);
      if (config) next.set(key, config);
      else log.error({ [kind]: id }, `stored ${kind} cannot be read and is left out; run "tandem apply" again`);
    }
    kept = next;
    return [...next.values()];
  };
}

const pauseReasonOf = (row: Row): PauseReason => ({
  code: text(row['code']),
  text: text(row['text']),
  isPaid: integer(row['paid']) === 1,
  msMax: Math.max(0, Math.round(Number(row['max_s']) * 1_000)),
  dayMsMax: Math.max(0, Math.round(Number(row['max_per_day_s']) * 1_000)),
});

interface Parts {
  readonly settings: AcdConfig['settings'];
  readonly queues: readonly QueueConfig[];
  readonly agents: readonly AgentConfig[];
  readonly tierRows: readonly Row[];
  readonly callerRows: readonly Row[];
}

/** References in the spelling of what they name; one that names nothing is left out. */
function linked({ settings, queues, agents, tierRows, callerRows }: Parts): AcdConfig {
  const queueIds = new Map(queues.map(({ id }) => [canonical(id), id]));
  const agentIds = new Map(agents.map(({ id }) => [canonical(id), id]));
  const tiers = tierRows.flatMap((row): TierConfig[] => {
    const [queue, agent] = [queueIds.get(canonical(row['queue_id'])), agentIds.get(canonical(row['agent_id']))];
    return queue && agent ? [{ queue, agent, level: integer(row['level']) ?? 1, position: integer(row['position']) ?? 1 }] : [];
  });
  const callers = callerRows.map((row): KnownCaller => ({
    number: text(row['number']),
    isBlocked: integer(row['blocked']) === 1,
    baseScoreS: integer(row['base_score_s']) ?? 0,
    agent: agentIds.get(canonical(row['agent_id'])),
  }));
  return { settings, queues: queues.map((queue) => withTargets(queue, queueIds)), agents, tiers, callers };
}

function withTargets(queue: QueueConfig, ids: ReadonlyMap<string, QueueConfig['id']>): QueueConfig {
  if (queue.overflow.every(({ to }) => to.kind !== 'queue')) return queue;
  const overflow = queue.overflow.flatMap((rule) => {
    if (rule.to.kind !== 'queue') return [rule];
    const target = ids.get(canonical(rule.to.queue));
    return target ? [{ ...rule, to: { ...rule.to, queue: target } }] : [];
  });
  return { ...queue, overflow };
}

/** As it was stored, in JSON; a bare word is one that somebody has written by hand. */
function valueOf(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return stored;
  }
}

function readSettings(rows: readonly Row[], log: Log) {
  const said: Record<string, unknown> = {};
  for (const row of rows) {
    const [name, value] = [text(row['name']), valueOf(text(row['value']))];
    if (queueSettingsSchema.safeParse({ [name]: value }).success) said[name] = value;
    else log.error({ setting: name }, 'stored queue setting cannot be used; its default counts');
  }
  return queueSettingsSchema.parse(said);
}
