/**
 * A queue engine for tests of doors: its state is the real engine's, for the configuration of the test; wishes are
 * remembered and answered as the test says, facts are remembered.
 */
import { createAcdEngine } from '../../core/acd/create-engine.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../core/acd/config.js';
import type { AcdConfig, AgentConfig, QueueConfig } from '../../core/acd/config.js';
import type { AcdEngine } from '../../core/acd/engine.js';
import type { AcdEvent, Answer, Join } from '../../core/acd/events.js';
import { agentId, queueId } from '../../core/acd/ids.js';
import type { MemberId } from '../../core/acd/ids.js';
import type { Notice } from '../../core/acd/notices.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { TandemError } from '../../core/errors.js';
import type { MemberSession } from '../../core/switch.js';

/** Fields over the defaults. */
export type GivenQueue = Partial<Omit<QueueConfig, 'id'>> & { readonly id: string };
export type GivenAgent = Partial<Omit<AgentConfig, 'id'>> & { readonly id: string };

export const stubStartMs = Date.UTC(2026, 0, 5, 12);

export interface QueueEngineStub extends QueueEngine {
  readonly engine: AcdEngine;
  readonly asked: AcdEvent[];
  readonly told: AcdEvent[];
  readonly sessions: Map<MemberId, MemberSession>;
  isMine: boolean;
  /** answers a wish; at first the real engine does */
  reply: (event: AcdEvent) => Promise<Answer>;
  /** Step the real engine, as a fact or wish from elsewhere. */
  happen(event: AcdEvent): Answer;
  notify(notice: Notice): void;
  /** the only join so far */
  join(): Join;
}

export function acdConfig(queues: readonly GivenQueue[], agents: readonly GivenAgent[]): AcdConfig {
  return {
    settings: acdSettingsDefaults,
    queues: queues.map(({ id, ...given }) => ({ ...queueDefaults(queueId(id)), ...given, id: queueId(id) })),
    agents: agents.map(({ id, ...given }) => ({ ...agentDefaults(agentId(id)), ...given, id: agentId(id) })),
    tiers: queues.flatMap((queue) =>
      agents.map((agent) => ({ queue: queueId(queue.id), agent: agentId(agent.id), level: 1, position: 1 })),
    ),
    callers: [],
  };
}

export function queueEngineStub(config: AcdConfig): QueueEngineStub {
  const engine = createAcdEngine({ config, instance: 'test', seed: 1, nowMs: stubStartMs });
  engine.begin();
  const listeners = new Set<(notice: Notice, atMs: number) => void>();
  const stub: QueueEngineStub = {
    engine,
    asked: [],
    told: [],
    sessions: new Map(),
    isMine: true,
    reply: (event) => Promise.resolve(stub.happen(event)),
    happen(event) {
      const step = engine.step(event, stubStartMs);
      for (const effect of step.effects) if (effect.type === 'notice') stub.notify(effect.notice);
      return step.answer;
    },
    notify(notice) {
      for (const listener of [...listeners]) listener(notice, stubStartMs);
    },
    join() {
      const [first] = stub.asked;
      if (first?.type !== 'caller-joined') throw new Error('nobody has joined');
      return first.join;
    },
    tell: (event) => void stub.told.push(event),
    ask(event) {
      stub.asked.push(event);
      return stub.reply(event);
    },
    view() {
      if (!stub.isMine) throw new TandemError('TDM_STANDBY', ['test']);
      return engine.state;
    },
    attach(member, session) {
      stub.sessions.set(member, session);
      return () => void stub.sessions.delete(member);
    },
    orderOf: () => undefined,
    onNotice(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    decisions: () => [],
    isOwner: () => stub.isMine,
  };
  return stub;
}
