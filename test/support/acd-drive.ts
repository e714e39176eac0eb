/** The queue engine at the hands of a property test: callers, agents and time in plain calls, offers in order of birth. */
import assert from 'node:assert/strict';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../core/acd/config.js';
import type { AcdConfig, AcdSettings, AgentConfig, QueueConfig, TierConfig } from '../../core/acd/config.js';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdEngine } from '../../core/acd/engine.js';
import type { AcdEvent, Join } from '../../core/acd/events.js';
import { agentId, memberId, queueId, switchId } from '../../core/acd/ids.js';
import type { OfferId } from '../../core/acd/ids.js';
import type { Agent, QueueRuntime } from '../../core/acd/state.js';
import { plainJoin } from './plain-join.js';

export interface Desk {
  readonly id: string;
  readonly queues?: readonly string[];
  readonly level?: number;
  readonly position?: number;
  readonly config?: Partial<AgentConfig>;
  /** what an earlier run left */
  readonly stored?: Partial<Agent>;
}

export interface DriveOptions {
  readonly queues: Readonly<Record<string, Partial<QueueConfig>>>;
  readonly desks: readonly Desk[];
  readonly settings?: Partial<AcdSettings>;
  readonly seed?: number;
  readonly storedQueues?: Readonly<Record<string, Partial<QueueRuntime>>>;
}

export interface DrivenOffer {
  readonly id: OfferId;
  readonly agent: string;
  readonly member: string;
  readonly atMs: number;
}

export const driveStartMs = 1_000_000_000;

export class AcdDrive {
  readonly engine: AcdEngine;
  readonly offers: DrivenOffer[] = [];
  nowMs = driveStartMs;

  constructor(options: DriveOptions) {
    const { queues, desks, settings, seed = 1, storedQueues = {} } = options;
    const start = { config: configOf(queues, desks, settings), instance: 'drive', seed, nowMs: driveStartMs };
    const fresh = createAcdEngine(start);
    const agents = [...fresh.state.agents.values()].map((agent) => ({ ...agent, ...desks.find(({ id }) => id === agent.id)?.stored }));
    const runtimes = [...fresh.state.queues.values()].map((queue) => ({ ...queue, ...storedQueues[queue.id] }));
    this.engine = createAcdEngine({
      ...start,
      stored: { members: [], agents, offers: [], queues: runtimes, system: undefined },
    });
    this.note(this.engine.begin().effects);
  }

  tell(event: AcdEvent): void {
    const { effects, answer } = this.engine.step(event, this.nowMs);
    assert.ok(answer.ok, answer.detail);
    this.note(effects);
  }

  /** Everything that is due on the way happens at its time. */
  passTo(nowMs: number): void {
    for (let due = this.engine.nextDueMs(); due !== undefined && due <= nowMs; due = this.engine.nextDueMs()) {
      this.nowMs = Math.max(this.nowMs, due);
      this.tell({ type: 'time-passed' });
    }
    this.nowMs = nowMs;
  }

  pass(ms: number): void {
    this.passTo(this.nowMs + ms);
  }

  join(member: string, queue: string, extra: Partial<Join> = {}): void {
    const join: Join = {
      ...plainJoin,
      member: memberId(member),
      queue,
      call: { switch: switchId('ast'), uniqueId: member, channel: `PJSIP/${member}` },
      number: member,
      name: member,
      answeredAtMs: this.nowMs,
      rootId: member,
      ...extra,
    };
    this.tell({ type: 'caller-joined', join });
  }

  /** The offer's agent and caller talk from now on. */
  talk(offer: DrivenOffer): void {
    for (const type of ['agent-answered', 'agent-ready', 'connected'] as const) this.tell({ type, offer: offer.id });
  }

  end(offer: DrivenOffer): void {
    this.tell({ type: 'call-ended', offer: offer.id, by: 'caller', cause: 'NORMAL_CLEARING' });
  }

  status(agent: string, status: Agent['status']): void {
    this.tell({ type: 'status-asked', agent, status, reason: undefined });
  }

  last(): DrivenOffer {
    return this.offers.at(-1) ?? assert.fail('nobody was offered yet');
  }

  private note(effects: ReturnType<AcdEngine['step']>['effects']): void {
    for (const effect of effects)
      if (effect.type === 'ring') {
        const { offer: id, agent, member } = effect.order;
        this.offers.push({ id, agent, member, atMs: this.nowMs });
      }
  }
}

function configOf(queues: DriveOptions['queues'], desks: readonly Desk[], settings: Partial<AcdSettings> = {}): AcdConfig {
  const names = Object.keys(queues);
  return {
    settings: { ...acdSettingsDefaults, ...settings },
    queues: names.map((name) => ({ ...queueDefaults(queueId(name)), ...queues[name] })),
    agents: desks.map(({ id, config }) => ({
      ...agentDefaults(agentId(id)),
      contact: `PJSIP/${id}`,
      initialStatus: 'Available',
      ...config,
    })),
    tiers: desks.flatMap(({ id, queues: served = names, level = 1, position = 1 }) =>
      served.map((queue): TierConfig => ({ queue: queueId(queue), agent: agentId(id), level, position })),
    ),
    callers: [],
  };
}

/** Repeatable numbers from 0 up to, but not including, `below` (xorshift32). */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
