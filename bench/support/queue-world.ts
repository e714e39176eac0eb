/**
 * The queue engine with its loop and a store, as in the product, before a switch that notes each ring order and whose
 * agents answer at once. One queue, two kinds of agents by skill: those `free` for newcomers, and those `busy`, for whom
 * the callers of the backlog wait. So newcomers pass a backlog in their own queue that nobody free can serve.
 */
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { ConnectOrder, RingOrder } from '../../core/acd/effects.js';
import type { Join } from '../../core/acd/events.js';
import { memberId, switchId } from '../../core/acd/ids.js';
import type { AgentId, MemberId } from '../../core/acd/ids.js';
import { createAcdBoard } from '../../core/services/acd-board.js';
import type { AcdBoard } from '../../core/services/acd-board.js';
import { createAcdLoop } from '../../core/services/acd-loop.js';
import type { AcdLoop } from '../../core/services/acd-loop.js';
import { TandemError } from '../../core/errors.js';
import type { FeedEvent } from '../../core/feed-ports.js';
import type { SwitchPort } from '../../core/switch.js';
import { createMetrics } from '../../sidecar/metrics.js';
import { systemTimers } from '../../sidecar/timers.js';
import { acdLease } from '../../sql/acd.js';
import { openStore } from '../../sql/store.js';
import { deskConfig } from '../../test/support/engine-desk.js';
import { silentLog } from '../../test/support/observers.js';
import { monoMs } from './metronome.js';

export interface QueueWorldOptions {
  /** of an empty database */
  readonly url: string;
  readonly freeAgents: number;
  /** each of the two kinds: `busy` without wrap-up, `wrapup` with one of `wrapUpMs` */
  readonly busyAgents: number;
  /** events that were stored */
  readonly onStored?: ((events: readonly FeedEvent[]) => void) | undefined;
}

export type AgentKind = 'free' | 'busy' | 'wrapup';

export interface QueueWorld {
  readonly loop: AcdLoop;
  readonly news: Pick<AcdBoard, 'onNotice'>;
  /** A caller whom only agents of this skill may serve. */
  join(skill: 'free' | 'busy'): MemberId;
  /** Each ring order at the moment when the switch gets it. */
  onRing: (order: RingOrder, atMs: number) => void;
  /** Two are connected. */
  onTalk: (order: ConnectOrder) => void;
  /** The agent hangs up after the talk. */
  hangUp(order: ConnectOrder): void;
  close(): Promise<void>;
}

export const wrapUpMs = 50;
export const benchQueue = 'support';
/** from the ring order to the agent's answer, and from the order to connect to the connection */
const [answerMs, bridgeMs] = [5, 1];
const leaseMs = 3_600_000;
const west = switchId('west');
const nowMs = Date.now;
const after = systemTimers.after.bind(systemTimers);

export const kindOf = (agent: AgentId): AgentKind => agent.split('-')[0] as AgentKind;

function configOf({ freeAgents, busyAgents }: QueueWorldOptions) {
  const agents: Record<string, object> = {};
  const add = (kind: AgentKind, count: number, rest: object) => {
    for (let n = 0; n < count; n++) agents[`${kind}-${n}`] = { contact: `PJSIP/${kind}-${n}`, status: 'Available', wrap_up_s: 0, ...rest };
  };
  add('free', freeAgents, { skills: { free: 1 } });
  add('busy', busyAgents, { skills: { busy: 1 } });
  add('wrapup', busyAgents, { skills: { busy: 1 }, wrap_up_s: wrapUpMs / 1_000 });
  const tiers = Object.keys(agents).map((agent) => `${benchQueue} ${agent}`);
  return deskConfig({ queues: { [benchQueue]: { strategy: 'longest-idle-agent', members_max: 50_000 } }, agents, tiers });
}

export async function openQueueWorld(options: QueueWorldOptions): Promise<QueueWorld> {
  const [log, meter] = [silentLog, createMetrics()];
  const store = await openStore({ url: options.url, zone: 'UTC', log, meter, nowMs });
  await store.migrate();
  const fence = await store.leases.acquire(acdLease, 'bench', leaseMs);
  if (fence === undefined) throw new Error('the lease of the queues is taken');
  const { lastSeq } = await store.acd.load();
  let members = 0;
  const news = createAcdBoard({ log });
  const loop = createAcdLoop({
    engine: createAcdEngine({ config: configOf(options), instance: 'bench', seed: 1, nowMs: nowMs() }),
    lastSeq,
    save: async (batch) => {
      await store.acd.save(batch, fence);
      options.onStored?.(batch.events);
    },
    switches: new Map([[west, notingSwitch(() => world)]]),
    board: news,
    askChannels: () => undefined,
    onFenced: unexpected('onFenced'),
    nowMs,
    monoMs,
    after,
    log,
    meter,
  });
  const world: QueueWorld = {
    loop,
    news,
    onRing: () => undefined,
    onTalk: () => undefined,
    join(skill) {
      const member = memberId(`bench-${++members}`);
      void loop.ask({ type: 'caller-joined', join: joinOf(member, members, skill) }).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail}`);
      });
      return member;
    },
    hangUp: ({ offer }) => loop.tell({ type: 'call-ended', offer, by: 'agent', cause: '16' }),
    async close() {
      await loop.close(new TandemError('TDM_STOPPING'));
      await store.close();
    },
  };
  return world;
}

/** Its agents answer at once. */
function notingSwitch(world: () => QueueWorld): SwitchPort {
  const refuse = () => Promise.reject(new TandemError('TDM_SWITCH_DOWN', ['a switch for measuring']));
  return {
    id: west,
    kind: 'asterisk',
    isUp: () => true,
    ring(order) {
      const { offer } = order;
      world().onRing(order, monoMs());
      after(answerMs, () => {
        world().loop.tell({ type: 'agent-answered', offer });
        world().loop.tell({ type: 'agent-ready', offer });
      });
    },
    connect(order) {
      after(bridgeMs, () => {
        world().loop.tell({ type: 'connected', offer: order.offer });
        world().onTalk(order);
      });
    },
    cancel: unexpected('cancel'),
    callBack: unexpected('callBack'),
    listChannels: refuse,
    transfer: refuse,
    spy: refuse,
    leadOn: () => undefined,
    lamp: () => undefined,
  };
}

const unexpected = (what: string) => () => {
  throw new Error(`${what} was not expected here`);
};

function joinOf(member: MemberId, n: number, skill: string): Join {
  const uniqueId = `1795288855.${n}`;
  return {
    member,
    queue: benchQueue,
    media: 'audio',
    call: { switch: west, uniqueId, channel: `PJSIP/trunk-${n.toString(16).padStart(8, '0')}` },
    number: String(15_550_000_000 + n),
    name: 'Billy Reilly',
    answeredAtMs: nowMs(),
    baseScoreS: 0,
    priority: undefined,
    needs: [{ skill, levelMin: 1, isRequired: true, relax: [] }],
    exitKeys: undefined,
    maxWaitMs: 0,
    language: 'en',
    music: 'default',
    callerIdPrefix: undefined,
    variables: { campaign: 'SALES', lead_id: String(1_000_000 + n) },
    param: '',
    leadId: 1_000_000 + n,
    rootId: uniqueId,
    stickyAgent: undefined,
    callbackOf: undefined,
  };
}
