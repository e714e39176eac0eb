/** `callcenter_config agent add|del|reload|set` (freeswitch-callcenter 9.1). Unknown agents are refused, words are stored in their one spelling. */
import { agentStateOf } from '../acd/agent-state.js';
import type { AgentConfig } from '../acd/config.js';
import { queueLimits } from '../acd/schema-parts.js';
import type { Agent } from '../acd/state.js';
import { agentStates, agentStatuses, agentTypes, takesCalls, wordOf } from '../acd/words.js';
import type { CallcenterUser } from '../callcenter-ports.js';
import { answers, refusal, sessionNotFound } from '../callcenter/answers.js';
import { agentSeen } from '../callcenter/seen.js';
import { nameProblem } from '../dial-string.js';
import { provisioned, wholeNumber, wished, type CallcenterTools } from './callcenter-tools.js';

type Words = readonly string[];
type Doing = (tools: CallcenterTools, who: CallcenterUser, words: Words) => Promise<string>;

export const agentAdd: Doing = async (tools, who, [name = '', given = '']) => {
  const type = wordOf(agentTypes, given);
  if (type === undefined) return answers.agentTypeOfNew;
  if (tools.engine.view().agentNamed(name)) return answers.agentExists;
  const problem = nameProblem('queue', name);
  if (problem !== undefined) return refusal(`Invalid Agent Name: ${problem}`);
  return provisioned(tools, who, () => ({ agents: [{ id: name, type }] }));
};

export const agentDel: Doing = async (tools, who, [name = '']) => {
  const agent = agentSeen(tools.engine.view(), who.queues, name);
  return agent ? provisioned(tools, who, () => ({ remove: { agents: [agent.id] } })) : answers.agentNotFound;
};

export const agentReload: Doing = async (tools, who, [name = '']) => {
  if (!agentSeen(tools.engine.view(), who.queues, name)) return answers.agentNotFound;
  await tools.reload();
  return answers.ok;
};

type Setter = (tools: CallcenterTools, who: CallcenterUser, agent: AgentConfig, value: string) => Promise<string>;

export const agentSet: Doing = async (tools, who, [key = '', name = '', value = '']) => {
  const agent = agentSeen(tools.engine.view(), who.queues, name);
  if (!agent) return answers.agentNotFound;
  const setter = setters.get(key.toLowerCase());
  return setter ? setter(tools, who, agent, value) : answers.agentKey;
};

const setStatus: Setter = async (tools, who, { id }, value) => {
  const status = wordOf(agentStatuses, value);
  if (status === undefined) return answers.agentStatus;
  return wished(tools, who, { type: 'status-asked', agent: id, status, reason: undefined });
};

const setType: Setter = async (tools, who, { id }, value) => {
  const type = wordOf(agentTypes, value);
  return type === undefined ? answers.agentType : setDefinition(tools, who, id, () => ({ type }));
};

/** What FreeSWITCH dials: the agent's own dial string for it, when there is one. */
const setContact: Setter = (tools, who, { id }, value) =>
  setDefinition(tools, who, id, (stored) => ({ [stored['contact_freeswitch'] === undefined ? 'contact' : 'contact_freeswitch']: value }));

const setReadyTime: Setter = async (tools, who, { id }, value) => {
  const seconds = wholeNumber(value, epochMax);
  return seconds === undefined ? answers.value : wished(tools, who, { type: 'ready-time-asked', agent: id, atMs: seconds * 1000 });
};

/** The year 9999. */
const epochMax = 253_402_300_799;

/** The open channel of a standby agent (7.3). '' takes it away. */
const setUuid: Setter = async (tools, who, { id, type }, value) => {
  if (type !== 'uuid-standby') return refusal(`agent ${id} is of type callback`);
  const call = value === '' ? undefined : await tools.channel(value);
  if (value !== '' && !call) return sessionNotFound(value);
  return wished(tools, who, { type: 'standby-asked', agent: id, call });
};

/** The one key that reads first: only a waiting agent who takes calls is changed; for any other the answer is mod_callcenter's. */
const setStateIfWaiting: Setter = async (tools, who, config, value) => {
  const agent = tools.engine.view().agents.get(config.id);
  if (wordOf(agentStates, value) === undefined) return answers.agentState;
  if (!agent || agentStateOf(agent) !== 'Waiting' || !takesCalls(agent.status)) return answers.agentNotFound;
  return setState(tools, who, config, value);
};

/** How long an agent stays Reserved by command. */
const reservedMsMax = 86_400_000;

/**
 * A state is what the engine does with an agent, so only those can be set that a person may order: Waiting ends what
 * holds him (a ringing leg, a talk nobody ends, Idle, a reservation), Idle keeps a free one from calls until Waiting or
 * another status, Reserved for a day at most.
 */
const setState: Setter = async (tools, who, { id }, value) => {
  const wanted = wordOf(agentStates, value);
  if (wanted === undefined) return answers.agentState;
  const agent = tools.engine.view().agents.get(id);
  const now = agent && agentStateOf(agent);
  if (!agent || now === wanted) return answers.ok;
  if (wanted === 'Waiting') return wished(tools, who, wakeUp(agent, who));
  if (wanted === 'Reserved')
    return wished(tools, who, {
      type: 'reserve-asked',
      agent: id,
      by: `${reservedBy}:${id}`,
      untilMs: tools.nowMs() + reservedMsMax,
      isBare: true,
    });
  if (wanted === 'Idle') return wished(tools, who, { type: 'idle-asked', agent: id });
  return refusal(`agent ${id} is ${now ?? 'gone'}: ${wanted} follows from calls and cannot be set`);
};

/** A key holds one agent. */
const reservedBy = 'callcenter_config';

function wakeUp({ id, phase }: Agent, { user }: CallcenterUser) {
  if (phase.kind === 'spent') return { type: 'ready-asked', agent: id } as const;
  if (phase.kind === 'reserved') return { type: 'unreserve-asked', agent: id, by: phase.by } as const;
  return { type: 'release-asked', agent: id, by: user } as const;
}

/** A number of the definition: bounded as mod_callcenter's XML is, refused when it is none. */
const number =
  (max: number, part: (value: number, stored: Definition) => object): Setter =>
  async (tools, who, { id }, text) => {
    const value = wholeNumber(text, max);
    return value === undefined ? answers.value : setDefinition(tools, who, id, (stored) => part(value, stored));
  };

type Definition = Readonly<Record<string, unknown>>;

const inside = (section: string, key: string) => (value: number, stored: Definition) => ({
  [section]: { ...(stored[section] as object | undefined), [key]: value },
});

function setDefinition(tools: CallcenterTools, who: CallcenterUser, id: string, part: (stored: Definition) => object): Promise<string> {
  return provisioned(tools, who, (all) => {
    const stored = all.agent(id) ?? { id };
    return { agents: [{ ...stored, ...part(stored) }] };
  });
}

const { secondsMax, failuresMax } = queueLimits;

const setters = new Map<string, Setter>([
  ['status', setStatus],
  ['state', setState],
  ['state_if_waiting', setStateIfWaiting],
  ['contact', setContact],
  ['uuid', setUuid],
  ['type', setType],
  ['ready_time', setReadyTime],
  ['max_no_answer', number(failuresMax, inside('no_answer', 'max'))],
  ['no_answer_delay_time', number(secondsMax, inside('no_answer', 'delay_s'))],
  ['reject_delay_time', number(secondsMax, inside('rejected', 'delay_s'))],
  ['busy_delay_time', number(secondsMax, inside('busy', 'delay_s'))],
  ['wrap_up_time', number(secondsMax, (value) => ({ wrap_up_s: value }))],
]);
