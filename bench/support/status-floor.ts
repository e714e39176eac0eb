/** A large site for status answers: 200 queues, 1,000 agents who all talk, 10,000 callers who wait, half of them in one queue. */
import { acdSettingsDefaults, agentDefaults, queueDefaults, type AcdConfig } from '../../core/acd/config.js';
import type { AcdState } from '../../core/acd/acd-state.js';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdEvent } from '../../core/acd/events.js';
import { agentId, memberId, queueId, switchId } from '../../core/acd/ids.js';
import type { Decision } from '../../core/acd/records.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { plainJoin } from '../../test/support/plain-join.js';
import { ringsOf } from './engine-load.js';

export const floor = { queues: 200, agents: 1_000, waiting: 10_000, queuesPerAgent: 10, skillsPerAgent: 3 };

export interface StatusFloor {
  readonly engine: QueueEngine;
  readonly state: AcdState;
  readonly nowMs: () => number;
}

function config(): AcdConfig {
  const queues = Array.from({ length: floor.queues }, (_, i) => ({ ...queueDefaults(queueId(`queue-${i}`)), membersMax: 50_000 }));
  const agents = Array.from({ length: floor.agents }, (_, i) => ({
    ...agentDefaults(agentId(`agent-${i}`)),
    contact: `PJSIP/agent-${i}`,
    initialStatus: 'Available' as const,
    skills: new Map(Array.from({ length: floor.skillsPerAgent }, (__, n) => [`skill-${(i + n) % 50}`, 5] as const)),
  }));
  const tiers = agents.flatMap(({ id }, i) =>
    Array.from({ length: floor.queuesPerAgent }, (_, n) => ({
      queue: queueId(`queue-${(i + 19 * n) % floor.queues}`),
      agent: id,
      level: 1 + (n % 3),
      position: 1,
    })),
  );
  return { settings: { ...acdSettingsDefaults, membersMax: 1_000_000 }, queues, agents, tiers, callers: [] };
}

export function openStatusFloor(): StatusFloor {
  let nowMs = 1_800_000_000_000;
  const acd = createAcdEngine({ config: config(), instance: 'bench', seed: 1, nowMs });
  acd.begin();
  const decisions: Decision[] = [];
  const step = (event: AcdEvent) => {
    const done = acd.step(event, nowMs);
    for (const effect of done.effects) if (effect.type === 'decision') decisions.unshift(effect.decision);
    return done;
  };
  for (let n = 1; acd.state.members.size < floor.agents + floor.waiting; n++) {
    nowMs += 300;
    // while agents are free, all queues in turn; then every second caller wants the same queue
    const queue = acd.state.offers.size < floor.agents || n % 2 ? `queue-${n % floor.queues}` : 'queue-0';
    const call = { switch: switchId('node'), uniqueId: `call-${n}`, channel: `PJSIP/trunk-${n}` };
    const join = {
      ...plainJoin,
      member: memberId(`member-${n}`),
      queue,
      call,
      number: `+4930${n}`,
      answeredAtMs: nowMs,
      rootId: `call-${n}`,
    };
    for (const { offer } of ringsOf(step({ type: 'caller-joined', join })))
      for (const type of ['agent-answered', 'agent-ready', 'connected'] as const) step({ type, offer });
  }
  const engine: QueueEngine = {
    view: () => acd.state,
    ask: (event) => Promise.resolve(step(event).answer),
    tell: (event) => void step(event),
    attach: () => () => undefined,
    orderOf: () => undefined,
    onNotice: () => () => undefined,
    decisions: () => decisions.slice(0, acd.state.settings.decisionsKept),
    isOwner: () => true,
  };
  return { engine, state: acd.state, nowMs: () => nowMs };
}
