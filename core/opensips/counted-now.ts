/** Calls that are held and agents who are there, as the statistics of OpenSIPS count them (opensips-call-center 12.2). */
import type { AcdState } from '../acd/acd-state.js';
import { opensipsStateOf } from '../acd/agent-state.js';
import type { QueueId } from '../acd/ids.js';
import { isLoggedIn } from '../acd/words.js';
import { callStateOf, loggedAgents } from './lists.js';

export interface Held {
  all: number;
  chats: number;
  queued: number;
}

/** Calls in welcome, dissuading, queue or preagent. */
function onHold(state: AcdState, queue: QueueId): Held {
  const held: Held = { all: 0, chats: 0, queued: 0 };
  for (const one of state.membersOfQueue(queue)) {
    const member = state.members.get(one);
    const word = member && callStateOf(state, member);
    if (!member || word === 'toagent' || word === 'ended') continue;
    held.all++;
    if (member.media === 'chat') held.chats++;
    if (word === 'queued') held.queued++;
  }
  return held;
}

export interface Logged {
  readonly in: number;
  readonly free: number;
}

const isFree = (agent: Parameters<typeof opensipsStateOf>[0]): boolean => opensipsStateOf(agent) === 'free';

function loggedIn(state: AcdState): Logged {
  const agents = [...state.agents.values()].filter(({ status }) => isLoggedIn(status));
  return { in: agents.length, free: agents.filter(isFree).length };
}

function agentsOf(state: AcdState, queue: QueueId): Logged {
  const agents = loggedAgents(state, queue);
  return { in: agents.length, free: agents.filter(isFree).length };
}

/** What several statistics of one moment go by, counted once: all of a site of 200 flows are asked for together. */
export class CountedNow {
  readonly state: AcdState;
  readonly #held = new Map<QueueId | undefined, Held>();
  readonly #agents = new Map<QueueId | undefined, Logged>();

  constructor(state: AcdState) {
    this.state = state;
  }

  /** of one flow, or of all */
  held(queue?: QueueId): Held {
    let held = this.#held.get(queue);
    if (!held) this.#held.set(queue, (held = queue === undefined ? this.#heldOfAll() : onHold(this.state, queue)));
    return held;
  }

  /** of one flow, or all */
  agents(queue?: QueueId): Logged {
    let agents = this.#agents.get(queue);
    if (!agents) this.#agents.set(queue, (agents = queue === undefined ? loggedIn(this.state) : agentsOf(this.state, queue)));
    return agents;
  }

  #heldOfAll(): Held {
    const sum: Held = { all: 0, chats: 0, queued: 0 };
    for (const id of this.state.queueConfigs.keys()) {
      const { all, chats, queued } = this.held(id);
      sum.all += all;
      sum.chats += chats;
      sum.queued += queued;
    }
    return sum;
  }
}
