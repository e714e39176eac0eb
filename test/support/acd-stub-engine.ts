/** An engine whose steps a test writes, over a state that the test changes; and the ports around it. */
import { acdSettingsDefaults } from '../../core/acd/config.js';
import { noChanges } from '../../core/acd/changes.js';
import type { AcdEffect } from '../../core/acd/effects.js';
import type { AcdEngine, Step } from '../../core/acd/engine.js';
import type { AcdEvent, Answer } from '../../core/acd/events.js';
import { switchId } from '../../core/acd/ids.js';
import type { AgentId, MemberId, OfferId, QueueId } from '../../core/acd/ids.js';
import type { Segment } from '../../core/acd/records.js';
import type { Agent, Member, Offer, QueueRuntime } from '../../core/acd/state.js';
import type { AcdBatch } from '../../core/acd-ports.js';
import type { MemberSession, SwitchPort } from '../../core/switch.js';

export interface StubStep {
  readonly effects?: readonly AcdEffect[];
  readonly members?: readonly string[];
  readonly agents?: readonly string[];
  readonly offers?: readonly string[];
  readonly queues?: readonly string[];
  readonly system?: boolean;
  readonly segments?: readonly Segment[];
  readonly answer?: Answer;
}

export interface StubEngine extends AcdEngine {
  /** what the next steps give; the last one again and again */
  onStep: (event: AcdEvent, nowMs: number) => StubStep;
  onBegin: StubStep;
  dueMs: number | undefined;
  readonly seen: AcdEvent[];
  readonly members: Map<MemberId, Member>;
  readonly agents: Map<AgentId, Agent>;
  readonly offers: Map<OfferId, Offer>;
  readonly queues: Map<QueueId, QueueRuntime>;
}

export function createStubEngine(): StubEngine {
  const members = new Map<MemberId, Member>();
  const agents = new Map<AgentId, Agent>();
  const offers = new Map<OfferId, Offer>();
  const queues = new Map<QueueId, QueueRuntime>();
  const engine: StubEngine = {
    members,
    agents,
    offers,
    queues,
    seen: [],
    onStep: () => ({}),
    onBegin: {},
    dueMs: undefined,
    step(event, nowMs) {
      engine.seen.push(event);
      return stepOf(engine.onStep(event, nowMs));
    },
    nextDueMs: () => engine.dueMs,
    begin: () => stepOf(engine.onBegin),
    state: {
      settings: { ...acdSettingsDefaults, decisionsKept: 3 },
      queueConfigs: new Map(),
      agentConfigs: new Map(),
      tiers: [],
      callers: new Map(),
      pauseReasons: new Map(),
      members,
      agents,
      offers,
      queues,
      heldUntilMs: 0,
      system: { serial: 7, isDispatching: true, random: 1 },
      queueNamed: () => undefined,
      agentNamed: () => undefined,
      memberOfCall: () => undefined,
      agentHeldBy: () => undefined,
      callersWaiting: () => 0,
      servicesOfAgent: () => [],
      servicesOfQueue: () => new Map(),
      membersOfQueue: () => new Set(),
    },
  };
  return engine;
}

function stepOf(given: StubStep): Step {
  const changes = noChanges();
  given.members?.forEach((id) => changes.members.add(id as MemberId));
  given.agents?.forEach((id) => changes.agents.add(id as AgentId));
  given.offers?.forEach((id) => changes.offers.add(id as OfferId));
  given.queues?.forEach((id) => changes.queues.add(id as QueueId));
  changes.isSystemChanged = given.system ?? false;
  changes.segments.push(...(given.segments ?? []));
  return { effects: given.effects ?? [], changes, answer: given.answer ?? { ok: true, detail: '' } };
}

/** A store whose saves a test settles one by one. */
export interface HeldSaves {
  readonly save: (batch: AcdBatch) => Promise<void>;
  /** given so far */
  readonly batches: AcdBatch[];
  /** settle the oldest that is open, and let what follows happen */
  readonly succeed: () => Promise<void>;
  readonly fail: (reason: Error) => Promise<void>;
}

export function heldSaves(): HeldSaves {
  const open: { readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = [];
  const batches: AcdBatch[] = [];
  const next = () => {
    const first = open.shift();
    if (!first) throw new Error('no save is open');
    return first;
  };
  return {
    batches,
    save(batch) {
      batches.push(batch);
      return new Promise((resolve, reject) => open.push({ resolve, reject }));
    },
    async succeed() {
      next().resolve();
      await turn();
    },
    async fail(reason) {
      next().reject(reason);
      await turn();
    },
  };
}

/** Promises that can go on have gone on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A switch that writes down what it is told. */
export function recordingSwitch(told: string[], up = { isUp: true }): SwitchPort {
  return {
    id: switchId('pbx'),
    kind: 'asterisk',
    isUp: () => up.isUp,
    ring: (order) => void told.push(`ring ${order.offer}`),
    cancel: (leg, reason) => void told.push(`cancel ${leg} ${reason}`),
    connect: (order) => void told.push(`connect ${order.offer}`),
    callBack: (order) => void told.push(`call back ${order.number}`),
    listChannels: () => Promise.resolve({ askedAtMs: 0, uniqueIds: new Set<string>(), bridged: new Set<string>() }),
    transfer: () => Promise.resolve(),
    leadOn: ({ uniqueId }) => void told.push(`lead on ${uniqueId}`),
    spy: () => Promise.resolve(),
    lamp: (agent) => void told.push(`lamp ${agent}`),
  };
}

export function recordingSession(told: string[], prepare: () => Promise<void> = () => Promise.resolve()): MemberSession {
  return {
    call: { switch: switchId('pbx'), uniqueId: '1.1', channel: 'PJSIP/1' },
    music: (music, keys) => void told.push(`music ${music ?? 'default'} ${keys}`),
    message: (file) => void told.push(`message ${file}`),
    announce: ({ position }) => void told.push(`announce ${String(position)}`),
    prepare: (order) => {
      told.push(`prepare ${order.offer}`);
      return prepare();
    },
    exit: ({ reason, detail }) => void told.push(`exit ${reason} ${detail}`),
  };
}
