/**
 * Statistics of OpenSIPS `call_center` by name (opensips-call-center 12.2). Counters grow with the news and begin at
 * the start of the process or the last reset, as there; gauges and computed values come from the state.
 * The reference's misspelt `ccg_abandonned_incalls` is served beside the right name (D-26).
 */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentId, QueueId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import { CountedNow, type Logged } from './counted-now.js';
import { JsonText } from './json-rpc.js';

interface Mean {
  sum: number;
  count: number;
}

const meanOf = ({ sum, count }: Mean): number => (count === 0 ? 0 : sum / count);

class Counters {
  incalls = 0;
  dist = 0;
  answered = 0;
  answeredChats = 0;
  abandoned = 0;
  readonly wait: Mean = { sum: 0, count: 0 };
  readonly talk: Mean = { sum: 0, count: 0 };
}

/** Flows and agents whose counters are kept; those of removed ones stay (12.2), up to this many. */
export const keptMax = 20_000;

/** Of the counters of the flow, the agent or the whole, of the moment, and of whom. */
type Value<Id> = (of: Counters, now: CountedNow, id: Id) => number;
type Values<Id> = Readonly<Record<string, Value<Id>>>;

const globalValues: Values<undefined> = {
  ccg_incalls: (of) => of.incalls,
  ccg_awt: (of) => Math.trunc(meanOf(of.wait)),
  ccg_load: (_of, now) => load(now.held().all, now.agents()),
  ccg_distributed_incalls: (of) => of.dist,
  ccg_answered_incalls: (of) => of.answered,
  ccg_answered_inchats: (of) => of.answeredChats,
  ccg_abandonned_incalls: (of) => of.abandoned,
  ccg_abandoned_incalls: (of) => of.abandoned,
  ccg_onhold_calls: (_of, now) => now.held().all,
  ccg_onhold_chats: (_of, now) => now.held().chats,
  ccg_free_agents: (_of, now) => now.agents().free,
};

const flowValues: Values<QueueId> = {
  ccf_incalls: (of) => of.incalls,
  ccf_dist_incalls: (of) => of.dist,
  ccf_answ_incalls: (of) => of.answered,
  ccf_answ_inchats: (of) => of.answeredChats,
  ccf_aban_incalls: (of) => of.abandoned,
  ccf_onhold_calls: (_of, now, id) => now.held(id).all,
  ccf_onhold_incalls: (_of, now, id) => now.held(id).all,
  ccf_onhold_chats: (_of, now, id) => now.held(id).chats,
  ccf_onhold_inchats: (_of, now, id) => now.held(id).chats,
  ccf_queued_calls: (_of, now, id) => now.held(id).queued,
  ccf_etw: (_of, now, id) => etw(now, id),
  ccf_awt: (of) => Math.trunc(meanOf(of.wait)),
  ccf_load: (_of, now, id) => load(now.held(id).all, now.agents(id)),
  ccg_load: (_of, now, id) => load(now.held(id).all, now.agents(id)),
  ccf_free_agents: (_of, now, id) => now.agents(id).free,
};

const agentValues: Values<AgentId> = {
  cca_dist_incalls: (of) => of.dist,
  cca_answ_incalls: (of) => of.answered,
  cca_answ_inchats: (of) => of.answeredChats,
  cca_aban_incalls: (of) => of.abandoned,
  cca_att: (of) => Math.trunc(meanOf(of.talk)),
};

const valuesOf = { all: Object.entries(globalValues), flow: Object.entries(flowValues), agent: Object.entries(agentValues) };

const none = new Counters();

/** Not what every object has, `constructor` for one. */
const valueIn = <Id>(values: Values<Id>, name: string): Value<Id> | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);

interface StatisticName {
  readonly name: string;
  /** the same as key of a JSON object, with its colon */
  readonly key: string;
}

export class CallCenterStatistics {
  #all = new Counters();
  #flows = new Map<QueueId, Counters>();
  #agents = new Map<AgentId, Counters>();
  /** by the first of them */
  readonly #names = new Map<string, readonly StatisticName[]>();

  /** OpenSIPS knows callers alone: calls of the dialer would spoil its means and its service level. */
  note(notice: Notice): void {
    if ('caller' in notice && notice.caller?.origin !== undefined) return;
    switch (notice.type) {
      case 'member-joined':
        this.#count(notice.queue, 'incalls');
        break;
      case 'callback-placed':
        if (notice.isNew) this.#count(notice.queue, 'incalls');
        break;
      case 'member-moved':
        this.#flow(notice.to).incalls++;
        break;
      case 'offer-made':
        this.#count(notice.queue, 'dist');
        this.#agent(notice.agent).dist++;
        break;
      case 'offer-failed':
        this.#agent(notice.agent).abandoned++;
        break;
      case 'talk-ended':
        this.#talked(notice);
        break;
      case 'member-left':
        this.#left(notice);
        break;
      default:
    }
  }

  #talked({ queue, agent, talkMs, caller }: Extract<Notice, { type: 'talk-ended' }>): void {
    const isChat = caller?.media === 'chat';
    for (const counters of [this.#all, this.#flow(queue), this.#agent(agent)]) {
      counters.answered++;
      if (isChat) counters.answeredChats++;
      counters.talk.sum += talkMs / 1000;
      counters.talk.count++;
    }
  }

  #left({ queue, reason, waitedMs }: Extract<Notice, { type: 'member-left' }>): void {
    if (reason === 'abandoned') this.#count(queue, 'abandoned');
    for (const { wait } of [this.#all, this.#flow(queue)]) {
      wait.sum += waitedMs / 1000;
      wait.count++;
    }
  }

  #count(queue: QueueId, name: 'incalls' | 'dist' | 'abandoned'): void {
    this.#all[name]++;
    this.#flow(queue)[name]++;
  }

  #flow(id: QueueId): Counters {
    return kept(this.#flows, id);
  }

  #agent(id: AgentId): Counters {
    return kept(this.#agents, id);
  }

  /** `reset_stats`: counters and means; gauges are what they are. */
  reset(): void {
    this.#all = new Counters();
    this.#flows = new Map();
    this.#agents = new Map();
  }

  /** `reset_statistics` of single names; false: there is none of this name, or it cannot be reset. */
  resetOne(name: string, state: AcdState): boolean {
    const [base, of] = splitName(name);
    const counters = of === undefined ? this.#all : this.#countersOf(base, of, state);
    if (!counters) return false;
    switch (base.replace(/^cc[gfa]_/, '')) {
      case 'incalls':
      case 'distributed_incalls':
      case 'dist_incalls':
      case 'answered_incalls':
      case 'answ_incalls':
      case 'answered_inchats':
      case 'answ_inchats':
      case 'abandonned_incalls':
      case 'abandoned_incalls':
      case 'aban_incalls':
        return zero(counters, base);
      default:
        return false;
    }
  }

  #countersOf(base: string, of: string, state: AcdState): Counters | undefined {
    if (base.startsWith('ccf_')) return state.queueNamed(of) && this.#flow(state.queueNamed(of)?.id ?? ('' as QueueId));
    return state.agentNamed(of) && this.#agent(state.agentNamed(of)?.id ?? ('' as AgentId));
  }

  /** Every name behind `prefix` with its value now. There are thousands: their names are made once. */
  all(state: AcdState, prefix = ''): Record<string, number> {
    const found: Record<string, number> = {};
    this.#each(state, prefix, ({ name }, value) => (found[name] = value));
    return found;
  }

  /** The same as JSON, written at once: an object of thousands of names takes as long again, and so does its text. */
  allText(state: AcdState, prefix = ''): JsonText {
    const parts: string[] = [];
    this.#each(state, prefix, ({ key }, value) => parts.push(key + String(value)));
    return new JsonText(`{${parts.join(',')}}`);
  }

  #each(state: AcdState, prefix: string, tell: (name: StatisticName, value: number) => void): void {
    const now = new CountedNow(state);
    const put = <Id extends string | undefined>(values: readonly (readonly [string, Value<Id>])[], of: Counters, id: Id): void => {
      const names = this.#namesOf(values, prefix, id);
      names.forEach((name, i) => tell(name, values[i]?.[1](of, now, id) ?? 0));
    };
    put(valuesOf.all, this.#all, undefined);
    for (const id of state.queueConfigs.keys()) put(valuesOf.flow, this.#flows.get(id) ?? none, id);
    for (const id of state.agentConfigs.keys()) put(valuesOf.agent, this.#agents.get(id) ?? none, id);
  }

  #namesOf(values: readonly (readonly [string, unknown])[], prefix: string, id: string | undefined): readonly StatisticName[] {
    const suffix = id === undefined ? '' : `-${id}`;
    const key = `${prefix}${values[0]?.[0] ?? ''}${suffix}`;
    let names = this.#names.get(key);
    if (!names) {
      if (this.#names.size >= 2 * keptMax) this.#names.clear();
      names = values.map(([base]) => {
        const name = prefix + base + suffix;
        return { name, key: `${JSON.stringify(name)}:` };
      });
      this.#names.set(key, names);
    }
    return names;
  }

  /** One value; undefined: there is no such statistic. Costs what it shows, not what all would. */
  one(name: string, state: AcdState): number | undefined {
    const [base, of] = splitName(name);
    const now = new CountedNow(state);
    if (of === undefined) return valueIn(globalValues, base)?.(this.#all, now, undefined);
    if (base.startsWith('ccf_')) {
      const queue = state.queueNamed(of);
      return queue && valueIn(flowValues, base)?.(this.#flows.get(queue.id) ?? none, now, queue.id);
    }
    const agent = state.agentNamed(of);
    return agent && valueIn(agentValues, base)?.(this.#agents.get(agent.id) ?? none, now, agent.id);
  }
}

function kept<Id>(map: Map<Id, Counters>, id: Id): Counters {
  const found = map.get(id);
  if (found) return found;
  const [oldest] = map.keys();
  if (map.size >= keptMax && oldest !== undefined) map.delete(oldest);
  const made = new Counters();
  map.set(id, made);
  return made;
}

/** `ccf_incalls-support` is the statistic `ccf_incalls` of `support`; the documents' underscore is not the wire's. */
function splitName(name: string): readonly [string, string?] {
  const dash = name.indexOf('-');
  return dash < 0 ? [name] : [name.slice(0, dash), name.slice(dash + 1)];
}

function zero(counters: Counters, base: string): true {
  if (/dist/.test(base)) counters.dist = 0;
  else if (/answ.*inchats/.test(base)) counters.answeredChats = 0;
  else if (/answ/.test(base)) counters.answered = 0;
  else if (/aban/.test(base)) counters.abandoned = 0;
  else counters.incalls = 0;
  return true;
}

/** Can exceed 100. */
const load = (held: number, agents: Logged): number =>
  agents.in === 0 ? 0 : Math.trunc((100 * (held + agents.in - agents.free)) / agents.in);

/** The live estimate (6.4); 0 when nobody is logged in. */
function etw(now: CountedNow, queue: QueueId): number {
  const agents = now.agents(queue).in;
  const { talkMeanS = 0 } = now.state.queues.get(queue) ?? {};
  return agents === 0 ? 0 : Math.trunc((talkMeanS * now.held(queue).queued) / agents);
}
