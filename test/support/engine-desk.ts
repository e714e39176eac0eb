/** The real queue engine behind its port, without storage and without switches: the clock is turned by hand, orders are kept. */
import type { QueueEngine } from '../../core/acd-ports.js';
import { agentConfigOf, queueConfigOf, settingsOf } from '../../core/acd/config-of.js';
import type { AcdConfig } from '../../core/acd/config.js';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdEffect } from '../../core/acd/effects.js';
import type { AcdEvent, Answer, Join } from '../../core/acd/events.js';
import { agentId, memberId, queueId, switchId } from '../../core/acd/ids.js';
import type { Decision, Segment } from '../../core/acd/records.js';
import { agentDefinition, queueDefinition, queueSettingsSchema } from '../../core/acd/schema.js';
import { TandemError } from '../../core/errors.js';
import { plainJoin } from './plain-join.js';

export interface DeskConfig {
  readonly queues: Readonly<Record<string, object>>;
  readonly agents?: Readonly<Record<string, object>>;
  /** `queue agent [level [position]]` */
  readonly tiers?: readonly string[];
  readonly callers?: AcdConfig['callers'];
  readonly settings?: object;
  readonly pauseReasons?: AcdConfig['pauseReasons'];
}

/** What is written as in a provisioning file, as the engine wants it. */
export function deskConfig({ queues, agents = {}, tiers = [], callers = [], settings = {}, pauseReasons = [] }: DeskConfig): AcdConfig {
  return {
    settings: settingsOf(queueSettingsSchema.parse(settings)),
    queues: Object.entries(queues).map(([id, written]) => queueConfigOf(id, queueDefinition.parse(written))),
    agents: Object.entries(agents).map(([id, written]) => agentConfigOf(id, agentDefinition.parse(written), undefined)),
    tiers: tiers.map((text) => {
      const [queue = '', agent = '', level = '1', position = '1'] = text.split(' ');
      return { queue: queueId(queue), agent: agentId(agent), level: Number(level), position: Number(position) };
    }),
    callers,
    pauseReasons,
  };
}

export function createDesk(
  config: AcdConfig,
  startMs = 1_000_000_000_000,
  { onSegments = () => undefined }: { readonly onSegments?: (written: readonly Segment[]) => void } = {},
) {
  let nowMs = startMs;
  let callers = 0;
  const engine = createAcdEngine({ config, instance: 'desk', seed: 1, nowMs });
  const effects: AcdEffect[] = [];
  const decisions: Decision[] = [];
  const asked: AcdEvent[] = [];
  const desk = { isOwner: true };
  const listeners = new Set<Parameters<QueueEngine['onNotice']>[0]>();

  function step(event: AcdEvent): Answer {
    const { answer, effects: ordered, changes } = engine.step(event, nowMs);
    onSegments(changes.segments);
    for (const effect of ordered) {
      effects.push(effect);
      if (effect.type === 'decision') decisions.unshift(effect.decision);
      if (effect.type === 'notice') for (const listener of listeners) listener(effect.notice, nowMs);
    }
    return answer;
  }

  const port: QueueEngine = {
    tell: (event) => void step(event),
    ask(event) {
      asked.push(event);
      return desk.isOwner ? Promise.resolve(step(event)) : Promise.reject(new TandemError('TDM_STANDBY', ['another']));
    },
    view() {
      if (!desk.isOwner) throw new TandemError('TDM_STANDBY', ['another']);
      return engine.state;
    },
    attach: () => () => undefined,
    orderOf: () => undefined,
    onNotice(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    decisions: () => decisions,
    isOwner: () => desk.isOwner,
  };

  return Object.assign(desk, {
    port,
    state: engine.state,
    effects,
    decisions,
    /** wishes that came through the port */
    asked,
    nowMs: () => nowMs,
    step,
    advance(ms: number) {
      nowMs += ms;
      step({ type: 'time-passed' });
    },
    login: (agent: string) => step({ type: 'status-asked', agent, status: 'Available', reason: undefined }),
    /** A caller on the switch `west`, answered at once; the id of the member. */
    call(queue: string, join: Partial<Join> = {}) {
      const n = String(++callers);
      const member = memberId(`m${n}`);
      const call = { switch: switchId('west'), uniqueId: `u${n}`, channel: `PJSIP/caller-${n}` };
      const answer = step({
        type: 'caller-joined',
        join: { ...plainJoin, member, queue, call, number: `555${n}`, answeredAtMs: nowMs, ...join },
      });
      if (!answer.ok) throw new Error(`${answer.code} ${answer.detail}`);
      return answer.member ?? member;
    },
    /** Offer, answer and connection of whoever rings for this member now. */
    connect(member: string) {
      const offer = engine.state.members.get(memberId(member))?.offers[0];
      if (offer === undefined) throw new Error(`nobody rings for ${member}`);
      for (const type of ['agent-answered', 'agent-ready', 'connected'] as const) step({ type, offer });
      return offer;
    },
  });
}

export type Desk = ReturnType<typeof createDesk>;
