/** A floor for the queue engine alone: many agents in several queues, a backlog of callers, and calls that follow each other. */
import { agentDefaults, acdSettingsDefaults, queueDefaults } from '../../core/acd/config.js';
import type { AcdConfig } from '../../core/acd/config.js';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdEngine, Step } from '../../core/acd/engine.js';
import type { RingOrder } from '../../core/acd/effects.js';
import type { AcdEvent, Join } from '../../core/acd/events.js';
import { plainJoin } from '../../test/support/plain-join.js';
import { agentId, memberId, queueId, switchId } from '../../core/acd/ids.js';

const queues = 20;
const queuesPerAgent = 3;
/** A queue where nobody waits, with agents of its own: its callers are rung at once, whoever waits elsewhere. */
const quietQueue = 'quiet';
const quietAgents = 20;

function floorConfig(agents: number): AcdConfig {
  const ids = Array.from({ length: queues }, (_, i) => queueId(`queue-${i}`));
  const quiet = Array.from({ length: quietAgents }, (_, i) => agentId(`quiet-${i}`));
  const others = Array.from({ length: agents }, (_, i) => agentId(`agent-${i}`));
  const tiers = Array.from({ length: agents * queuesPerAgent }, (_, i) => {
    const agent = Math.floor(i / queuesPerAgent);
    const queue = ids[(agent + (i % queuesPerAgent) * 7) % queues] ?? queueId('');
    return { queue, agent: agentId(`agent-${agent}`), level: 1, position: 1 + (agent % 5) };
  });
  return {
    settings: { ...acdSettingsDefaults, membersMax: 1_000_000 },
    queues: [...ids, queueId(quietQueue)].map((id) => ({ ...queueDefaults(id), membersMax: 200_000 })),
    agents: [...others, ...quiet].map((id) => ({ ...agentDefaults(id), contact: `PJSIP/${id}`, initialStatus: 'Available' as const })),
    tiers: [...tiers, ...quiet.map((agent) => ({ queue: queueId(quietQueue), agent, level: 1, position: 1 }))],
    callers: [],
  };
}

export class EngineLoad {
  readonly engine: AcdEngine;
  nowMs = 1_800_000_000_000;
  private callers = 0;

  constructor(agents: number) {
    this.engine = createAcdEngine({
      config: floorConfig(agents),
      instance: 'bench',
      seed: 1,
      nowMs: this.nowMs,
    });
    this.engine.begin();
  }

  step(event: AcdEvent): Step {
    return this.engine.step(event, this.nowMs);
  }

  /** One more caller, to the queues in turn, or to the queue where nobody waits. */
  join(queue?: 'quiet'): Step {
    const n = ++this.callers;
    const join: Join = {
      ...plainJoin,
      member: memberId(`member-${n}`),
      queue: queue ?? `queue-${n % queues}`,
      call: { switch: switchId('node'), uniqueId: `call-${n}`, channel: `PJSIP/trunk-${n}` },
      number: `+4930${n}`,
      name: '',
      answeredAtMs: this.nowMs,
      rootId: `call-${n}`,
    };
    return this.step({ type: 'caller-joined', join });
  }

  /** From a ring order to the talk: three events. */
  answer({ offer }: RingOrder): void {
    this.step({ type: 'agent-answered', offer });
    this.step({ type: 'agent-ready', offer });
    this.step({ type: 'connected', offer });
  }

  end({ offer }: RingOrder): Step {
    return this.step({ type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });
  }
}

export function ringsOf({ effects }: Step): RingOrder[] {
  const orders: RingOrder[] = [];
  for (const effect of effects) if (effect.type === 'ring') orders.push(effect.order);
  return orders;
}

/** Every agent talks, and `waiting` callers wait behind; gives the orders of the talks. */
export function fill(load: EngineLoad, waiting: number): RingOrder[] {
  const talks: RingOrder[] = [];
  const agents = load.engine.state.agents.size - quietAgents;
  while (load.engine.state.members.size < agents + waiting)
    for (const order of ringsOf(load.join())) {
      load.answer(order);
      talks.push(order);
    }
  return talks;
}
