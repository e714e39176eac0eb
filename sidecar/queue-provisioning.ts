/**
 * Single queues, agents, tiers, callers and settings changed while Tandem runs: by the same schema, checks and plan as
 * `tandem apply`, one change after the other, and given to the engine before the answer.
 */
import { agentDefinition, queueDefinition } from '../core/acd/schema.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { canonical } from '../core/provisioning/names.js';
import type { CurrentRows, Plan, Row } from '../core/provisioning/plan.js';
import { readDefinition } from '../core/provisioning/queues-after.js';
import type { SchemaProblem } from '../core/provisioning/schema.js';
import { createPasswordHasher } from './password-hasher.js';
import { applyValue, type PasswordHasher, type ProvisioningStore } from './provision.js';
import { createProvisioningStore } from './provisioning-store.js';

/** Problems named in one answer. */
const problemsMax = 20;
/** Changes that wait for their turn. */
const waitingMax = 100;

export interface QueueProvisioningDeps {
  readonly store: ProvisioningStore;
  readonly hasher: PasswordHasher;
  /** give what is stored to the engine */
  reload(): Promise<void>;
  nowMs(): number;
  readonly zone: string;
  readonly log: Log;
}

export interface QueueProvisioning {
  /** What is stored of one thing, as a file would say it; undefined when it is unknown. */
  queue(id: string): Promise<object | undefined>;
  agent(id: string): Promise<object | undefined>;
  /** Applies a part of a provisioning file that `wanted` makes of what is stored. Rejects TDM_BAD_REQUEST with every problem. */
  change(user: string, wanted: (stored: StoredQueues) => object | Promise<object>): Promise<Pick<Plan, 'lines' | 'warnings'>>;
}

export interface StoredQueues {
  queue(id: string): Entry | undefined;
  agent(id: string): Entry | undefined;
}

type Entry = Readonly<Record<string, unknown>> & { readonly id: string };

export function createQueueProvisioning(deps: QueueProvisioningDeps): QueueProvisioning {
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= waitingMax) return Promise.reject(new TandemError('TDM_BUSY', [`${String(waitingMax)} changes of queues`]));
    waiting++;
    const done = turn.then(work, work).finally(() => {
      waiting--;
    });
    turn = done.catch(() => undefined);
    return done;
  }

  const read = async (): Promise<StoredQueues> => storedQueues(await deps.store.read({ leadIds: [], callerCodes: [], only: 'queues' }));

  async function apply(user: string, wanted: object): Promise<Pick<Plan, 'lines' | 'warnings'>> {
    const { store, hasher, zone } = deps;
    refuseReferences(wanted);
    const only: ProvisioningStore = { read: (names) => store.read({ ...names, only: 'queues' }), write: (changes) => store.write(changes) };
    const options = { store: only, hasher, nowMs: deps.nowMs(), zone, dryRun: false, allowDefaultSecrets: false, env: {} };
    const { lines, warnings } = await applyValue(wanted, options, refused);
    deps.log.info({ audit: true, user, changes: lines }, 'queues: provisioned over the API');
    if (lines.length > 0) await deps.reload();
    return { lines, warnings };
  }

  return {
    queue: async (id) => (await read()).queue(id),
    agent: async (id) => (await read()).agent(id),
    change: (user, wanted) => inTurn(async () => apply(user, await wanted(await read()))),
  };
}

export interface QueueProvisioningParts {
  readonly config: { readonly zone: string };
  readonly store: Parameters<typeof createProvisioningStore>[0];
  readonly queues: { reload(): Promise<void> };
  readonly log: Log;
}

/** The one for a process: changes from all of its doors stand in one line. */
export function openQueueProvisioning({ config, store, queues, log }: QueueProvisioningParts): QueueProvisioning {
  return createQueueProvisioning({
    store: createProvisioningStore(store),
    hasher: createPasswordHasher(),
    reload: () => queues.reload(),
    nowMs: Date.now,
    zone: config.zone,
    log,
  });
}

/** In a file such a PIN names a file or variable of this machine; who asks from elsewhere is told nothing of these. */
function refuseReferences(wanted: object): void {
  const agents = 'agents' in wanted && Array.isArray(wanted.agents) ? (wanted.agents as readonly unknown[]) : [];
  const problems = agents.flatMap((agent, i): SchemaProblem[] => {
    const pin = typeof agent === 'object' && agent !== null && 'pin' in agent ? agent.pin : undefined;
    return /^(env|file):/i.test(String(pin)) ? [{ path: ['agents', i, 'pin'], message: 'may not begin with env: or file:' }] : [];
  });
  if (problems.length > 0) refused(problems);
}

function refused(problems: readonly SchemaProblem[]): never {
  const texts = problems.slice(0, problemsMax).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new TandemError('TDM_BAD_REQUEST', [texts.join('; ').replace(/\p{C}/gu, '?').slice(0, 2_000)]);
}

function storedQueues(rows: CurrentRows): StoredQueues {
  const row = (table: readonly Row[] | undefined, column: string, id: string): Row | undefined =>
    table?.find((one) => canonical(one[column]) === canonical(id));
  return {
    agent(id) {
      const found = row(rows.tandem_agents, 'agent_id', id);
      return found && { id: String(found['agent_id']), ...readDefinition(agentDefinition, String(found['definition'])) };
    },
    queue(id) {
      const found = row(rows.tandem_queues, 'queue_id', id);
      const tiers = (rows.tandem_tiers ?? []).filter((tier) => canonical(tier['queue_id']) === canonical(id));
      return (
        found && {
          id: String(found['queue_id']),
          ...readDefinition(queueDefinition, String(found['definition'])),
          tiers: tiers.map((tier) => ({ agent: tier['agent_id'], level: tier['level'], position: tier['position'] })),
        }
      );
    },
  };
}
