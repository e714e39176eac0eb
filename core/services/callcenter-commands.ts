/** mod_callcenter's commands over the queue engine: which one it is, who may see what, and its answer (freeswitch-callcenter 9, 10). */
import type { AcdState } from '../acd/acd-state.js';
import type { Offer } from '../acd/state.js';
import type { AgentGet, CallcenterCommandName, CallcenterCommands, CallcenterNeed, CallcenterUser } from '../callcenter-ports.js';
import { answers, sessionNotFound } from '../callcenter/answers.js';
import { parseCommand, type Command, type CommandName } from '../callcenter/command.js';
import { answerJson } from '../callcenter/json.js';
import { agentGet, agentList, queueCount, queueList, tierList, type Reader } from '../callcenter/reading.js';
import { agentSeen, seesQueue } from '../callcenter/seen.js';
import { argumentsLengthMax, splitWords } from '../callcenter/split-words.js';
import { usage } from '../callcenter/usage.js';
import { agentAdd, agentDel, agentReload, agentSet } from './callcenter-agent.js';
import { queueLoad, tierAdd, tierDel, tierReload, tierSet } from './callcenter-tier.js';
import type { CallcenterTools } from './callcenter-tools.js';
import type { TrackedCalls } from './tracked-calls.js';

export interface CallcenterDeps extends CallcenterTools {
  readonly tracked: Pick<TrackedCalls, 'track'>;
  /** `agent get` was answered */
  onGet?(get: AgentGet): void;
}

export interface CallcenterOptions {
  /** what stands in `instance_id` and `serving_system` */
  readonly instance: string;
}

export function createCallcenterCommands(deps: CallcenterDeps, { instance }: CallcenterOptions): CallcenterCommands {
  const reader = ({ queues: seen }: CallcenterUser): Reader => ({ state: deps.engine.view(), seen, instance, nowMs: deps.nowMs() });

  async function config(text: string, who: CallcenterUser): Promise<string> {
    const command = parseCommand(text);
    if (typeof command === 'string') return faults[command];
    return run(command, who);
  }

  async function run({ name, words }: Command, who: CallcenterUser): Promise<string> {
    const read = readings[name];
    if (read) {
      const answer = read(reader(who), words);
      if (name === 'agent get') tellGet(deps, who, words, answer);
      return answer;
    }
    const change = changes[name];
    return change ? change(deps, who, words) : answers.none;
  }

  return {
    need,
    config,
    break: (text, who) => breakOff(deps, text, who),
    track: (text, who) => track(deps, text, who),
    json: (text, who) => soon(() => answerJson(text, () => reader(who))),
  };
}

/** A fault becomes a rejection. */
const soon = (work: () => string): Promise<string> => Promise.resolve().then(work);

const faults = { usage, invalid: answers.invalid, unknown: answers.none } as const;

const readings: { readonly [N in CommandName]?: (reader: Reader, words: readonly string[]) => string } = {
  'agent get': agentGet,
  'agent list': agentList,
  'tier list': tierList,
  'queue list': queueList,
  'queue count': queueCount,
};

const changes: {
  readonly [N in CommandName]?: (tools: CallcenterTools, who: CallcenterUser, words: readonly string[]) => Promise<string>;
} = {
  'agent add': agentAdd,
  'agent del': agentDel,
  'agent reload': agentReload,
  'agent set': agentSet,
  'tier add': tierAdd,
  'tier set': tierSet,
  'tier del': tierDel,
  'tier reload': tierReload,
  'queue load': queueLoad,
  // one that is provisioned comes back on its next use there: so it is only read anew
  'queue unload': queueLoad,
  'queue reload': queueLoad,
};

function tellGet(deps: CallcenterDeps, { queues }: CallcenterUser, [given = '', name = '']: readonly string[], value: string): void {
  const key = getKeys.find((one) => one === given.toLowerCase());
  const agent = agentSeen(deps.engine.view(), queues, name);
  if (key && agent) deps.onGet?.({ key, agent: agent.id, value });
}

const getKeys = ['status', 'state', 'uuid'] as const;

function need(name: CallcenterCommandName, args: string): CallcenterNeed {
  if (name === 'json') return 'view';
  if (name !== 'callcenter_config') return 'control';
  const command = parseCommand(args);
  return typeof command === 'string' ? 'view' : command.need;
}

/** The engine takes the agent's part for ended; the talk itself goes on (9.5). No answer when it worked. */
async function breakOff(deps: CallcenterDeps, text: string, who: CallcenterUser): Promise<string> {
  const [side = '', uuid = '', ...more] = text.length > argumentsLengthMax ? [] : splitWords(text);
  if (side.toLowerCase() !== 'agent' || uuid === '' || more.length > 0) return answers.breakUsage;
  const offer = talkOf(deps.engine.view(), uuid);
  if (!offer || !seesQueue(who.queues, offer.queue)) return sessionNotFound(uuid);
  await deps.engine.ask({ type: 'call-ended', offer: offer.id, by: 'unknown', cause: 'callcenter_break' });
  deps.log.info({ audit: true, user: who.user, agent: offer.agent, offer: offer.id }, 'queues: callcenter_break');
  return answers.none;
}

function talkOf(state: AcdState, uuid: string): Offer | undefined {
  for (const offer of state.offers.values())
    if (offer.phase.kind === 'talking' && (offer.leg === uuid || offer.standby?.uniqueId === uuid)) return offer;
  return undefined;
}

async function track(deps: CallcenterDeps, text: string, who: CallcenterUser): Promise<string> {
  const [name = '', uuid = '', ...more] = text.length > argumentsLengthMax ? [] : splitWords(text);
  if (name === '' || uuid === '' || more.length > 0) return answers.trackUsage;
  const agent = agentSeen(deps.engine.view(), who.queues, name);
  if (!agent) return answers.agentNotFound;
  const call = await deps.channel(uuid);
  if (!call) return sessionNotFound(uuid);
  deps.tracked.track(agent.id, call);
  deps.log.info({ audit: true, user: who.user, agent: agent.id, call: uuid }, 'queues: callcenter_track');
  return answers.ok;
}
