/**
 * Agents' lamps on all switches (B40): a change shows within a second, the newest state only, and the same state is not
 * sent twice. A link that comes up gets all lamps, since the switch may have forgotten them.
 */
import { agentStateOf } from '../acd/agent-state.js';
import type { AgentId, SwitchId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { SwitchPort } from '../switch.js';
import type { After } from './deadline.js';
import { lampWord } from './lamp-word.js';
import type { LampFacts, LampWord } from './lamp-word.js';

export const lampLimits = {
  /** changes that come together within this leave together */
  gatherMs: 100,
  /** lamps for one switch at a time; the rest follows after the next `gatherMs` */
  burstMax: 200,
};

export interface AgentLampsDeps {
  readonly engine: QueueEngine;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  readonly after: After;
}

export interface AgentLamps {
  /** The link to this switch is up again. */
  linkUp(on: SwitchId): void;
  /** Everything on every switch: after a start, or when the queues have become ours. */
  refresh(): void;
  close(): void;
}

/** What one switch shows, and what it is to be told. */
interface Board {
  readonly port: SwitchPort;
  readonly shown: Map<AgentId, LampWord>;
  readonly due: Set<AgentId>;
}

export function createAgentLamps({ engine, ports, after }: AgentLampsDeps, limits = lampLimits): AgentLamps {
  const boards = new Map<SwitchId, Board>([...ports].map(([id, port]) => [id, { port, shown: new Map(), due: new Set() }]));
  let stopTimer: (() => void) | undefined;

  const schedule = (): void => {
    stopTimer ??= after(limits.gatherMs, flush);
  };

  function flush(): void {
    stopTimer = undefined;
    for (const board of boards.values()) {
      // one whose link is down gets everything when it comes up
      if (!board.port.isUp() || !engine.isOwner()) board.due.clear();
      else send(board);
    }
    if ([...boards.values()].some(({ due }) => due.size > 0)) schedule();
  }

  function send({ port, shown, due }: Board): void {
    let sent = 0;
    for (const agent of due) {
      if (sent >= limits.burstMax) return;
      due.delete(agent);
      const now = factsOf(engine, agent);
      if (now === undefined) shown.delete(agent);
      const word = lampWord(now ?? gone);
      if (shown.get(agent) === word) continue;
      if (now !== undefined) shown.set(agent, word);
      port.lamp(agent, now ?? gone);
      sent++;
    }
  }

  function all(board: Board): void {
    board.shown.clear();
    if (!engine.isOwner()) return;
    for (const agent of engine.view().agentConfigs.keys()) board.due.add(agent);
    schedule();
  }

  const stopListening = engine.onNotice((notice) => {
    if (notice.type !== 'agent-changed' && notice.type !== 'agent-configured') return;
    for (const { due } of boards.values()) due.add(notice.agent);
    schedule();
  });

  return {
    linkUp(on) {
      const board = boards.get(on);
      if (board) all(board);
    },
    refresh() {
      for (const board of boards.values()) all(board);
    },
    close() {
      stopListening();
      stopTimer?.();
      stopTimer = undefined;
    },
  };
}

/** An agent who is not provisioned any more has a dark lamp. */
const gone: LampFacts = { status: 'Logged Out', state: 'Waiting', wrapUp: false };

function factsOf(engine: QueueEngine, id: AgentId): LampFacts | undefined {
  const view = engine.view();
  if (!view.agentConfigs.has(id)) return undefined;
  const agent = view.agents.get(id);
  return agent === undefined ? gone : { status: agent.status, state: agentStateOf(agent), wrapUp: agent.phase.kind === 'wrapup' };
}
