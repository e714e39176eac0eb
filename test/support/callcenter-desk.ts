/** mod_callcenter's commands over the real engine and a real database in memory: what is provisioned reaches the engine before the answer. */
import type { AcdEvent } from '../../core/acd/events.js';
import type { CallKey } from '../../core/acd/ids.js';
import type { AgentGet, CallcenterUser } from '../../core/callcenter-ports.js';
import type { Log } from '../../core/ports.js';
import { createCallcenterCommands } from '../../core/services/callcenter-commands.js';
import { recordedCommands } from '../../core/services/recorded-command.js';
import { createCommandAudit } from '../../sidecar/command-audit.js';
import { createProvisioningStore } from '../../sidecar/provisioning-store.js';
import { createQueueProvisioning } from '../../sidecar/queue-provisioning.js';
import { openStore } from '../../sql/store.js';
import { createDesk, deskConfig } from './engine-desk.js';
import { silentLog, silentMeter } from './observers.js';

export const everybody: CallcenterUser = { user: 'boss', queues: undefined };
export const onlyQueues = (...queues: readonly string[]): CallcenterUser => ({ user: 'lead', queues: new Set(queues) });

export interface CallcenterDeskOptions {
  readonly startMs?: number;
  /** channels that live on a switch */
  readonly channels?: readonly CallKey[];
  /** hears what `agent get` answered */
  readonly onGet?: (get: AgentGet) => void;
}

/** `site`: sections of a provisioning file. */
export async function openCallcenterDesk(
  site: object,
  { startMs = 1_795_318_033_000, channels = [], onGet = () => undefined }: CallcenterDeskOptions = {},
) {
  const desk = createDesk(deskConfig({ queues: {} }), startMs);
  const nowMs = (): number => desk.nowMs();
  const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs });
  await store.migrate();
  const audit: object[] = [];
  const log: Log = { ...silentLog, info: (fields) => 'audit' in fields && void audit.push(fields) };
  const reloads = { count: 0 };
  async function reload(): Promise<void> {
    reloads.count++;
    const config = await store.acdConfigs.load();
    await desk.port.ask({ type: 'configured', config });
  }
  const provisioning = createQueueProvisioning({
    store: createProvisioningStore(store),
    hasher: { hash: (pin) => Promise.resolve(`h:${pin}`), verify: (pin, hash) => Promise.resolve(hash === `h:${pin}`) },
    reload,
    nowMs,
    zone: 'UTC',
    log,
  });
  await provisioning.change('setup', () => site);
  reloads.count = 0;
  audit.length = 0;
  const tracked: (readonly [string, CallKey])[] = [];
  const record = createCommandAudit({ audit: store.access.audit, nowMs });
  const unrecorded = createCallcenterCommands(
    {
      engine: desk.port,
      provisioning,
      reload,
      channel: (uuid) => Promise.resolve(channels.find(({ uniqueId }) => uniqueId === uuid)),
      tracked: { track: (agent, call) => void tracked.push([agent, call]) },
      onGet,
      log,
      nowMs,
    },
    { instance: 'single_box' },
  );
  const commands = recordedCommands(unrecorded, record);
  return {
    desk,
    commands,
    provisioning,
    audit,
    record,
    /** rows of the audit, oldest first */
    rows: async () => [...(await store.access.audit.read({ fromMs: 0, toMs: nowMs() + 1, limit: 100 }))].reverse(),
    reloads,
    tracked,
    /** wishes since the start, configurations apart */
    asked: (): AcdEvent[] => desk.asked.filter(({ type }) => type !== 'configured'),
    config: (args: string, who: CallcenterUser = everybody) => commands.config(args, who),
    json: (request: object | string, who: CallcenterUser = everybody) =>
      commands.json(typeof request === 'string' ? request : JSON.stringify(request), who),
    close: () => store.close(),
  };
}

export type CallcenterDesk = Awaited<ReturnType<typeof openCallcenterDesk>>;

/** The site behind the dialogues that were recorded on a real mod_callcenter. */
export const recordedSite = {
  queues: [
    { id: 'support@default', music: 'tone_stream://%(200,500,400);loops=-1', discard_abandoned_after_s: 600 },
    { id: 'defaults@default' },
    {
      id: 'full@default',
      strategy: 'ring-all',
      music: 'local_stream://default',
      record_template: '/var/recordings/${uuid}.wav',
      time_base_score: 'system',
      tier_rules_apply: true,
      tier_rule_wait_s: 30,
      tier_rule_wait_multiply_level: true,
      tier_rule_no_agent_no_wait: false,
      discard_abandoned_after_s: 600,
      abandoned_resume_allowed: true,
      max_wait_s: 60,
      max_wait_no_agent_s: 7,
      max_wait_no_agent_grace_s: 9,
      ring_progressively_delay_s: 12,
      skip_agents_with_external_calls: false,
      agent_no_answer_status: 'Logged Out',
    },
  ],
  agents: [
    {
      id: 'a1',
      type: 'callback',
      contact: 'null/a1',
      status: 'Available',
      wrap_up_s: 1,
      no_answer: { max: 3, delay_s: 5 },
      rejected: { delay_s: 2 },
      busy: { delay_s: 4 },
    },
    { id: 'b2@default', type: 'uuid-standby', status: 'On Break' },
  ],
  tiers: [
    { queue: 'support@default', agent: 'a1' },
    { queue: 'support@default', agent: 'b2@default', level: 2, position: 3 },
    { queue: 'full@default', agent: 'a1', position: 2 },
  ],
};
