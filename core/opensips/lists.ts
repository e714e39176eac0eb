/**
 * The list commands of OpenSIPS `call_center`: keys, spelling and order as there (opensips-call-center 13). Counts are
 * worked out from the state when they are asked for, so they cannot drift from it (D-09).
 */
import type { AcdState } from '../acd/acd-state.js';
import { opensipsStateOf } from '../acd/agent-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import { opensipsCallStateOf, type OpensipsCallState } from '../acd/member-state.js';
import type { Agent, Member } from '../acd/state.js';
import { isLoggedIn } from '../acd/words.js';

/** What OpenSIPS gives for "never", in seconds: nobody is logged in. */
export const neverS = 2_147_483_647;

export function listFlows(state: AcdState): { readonly Flows: readonly object[] } {
  const sizes = flowSizes(state);
  const flows = [...state.queueConfigs.values()].reverse().map(({ id }) => {
    const { talkMeanS = 0, talkCount = 0 } = state.queues.get(id) ?? {};
    const ongoing = sizes.get(id) ?? 0;
    return {
      id,
      'Avg Call Duration': Number(talkMeanS.toFixed(6)),
      'Processed Calls': talkCount,
      'Logged Agents': loggedAgents(state, id).length,
      'Ongoing Calls': ongoing,
      'Ref Calls': ongoing,
    };
  });
  return { Flows: flows };
}

function flowSizes(state: AcdState): ReadonlyMap<QueueId, number> {
  const sizes = new Map<QueueId, number>();
  for (const { queue, phase } of state.members.values()) if (phase.kind !== 'abandoned') sizes.set(queue, (sizes.get(queue) ?? 0) + 1);
  return sizes;
}

export function loggedAgents(state: AcdState, queue: QueueId): Agent[] {
  const found: Agent[] = [];
  for (const id of state.servicesOfQueue(queue).keys()) {
    const agent = state.agents.get(id);
    if (agent && isLoggedIn(agent.status)) found.push(agent);
  }
  return found;
}

/** Offline agents by name, then those online in the order in which they would be taken. */
export function listAgents(state: AcdState, nowMs: number): { readonly Agents: readonly object[] } {
  const agents = [...state.agents.values()];
  const offline = agents.filter(({ status }) => !isLoggedIn(status)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const online = agents.filter(({ status }) => isLoggedIn(status)).sort((a, b) => a.idleOrder - b.idleOrder || (a.id < b.id ? -1 : 1));
  return { Agents: [...offline, ...online].map((agent) => agentEntry(state, agent, nowMs)) };
}

function agentEntry(state: AcdState, agent: Agent, nowMs: number): object {
  const isBusy = agent.phase.kind === 'offered' || agent.phase.kind === 'talking';
  const entry = { id: agent.id, Ref: agent.chats.length + (isBusy && !agent.chats.includes(offerOf(agent)) ? 1 : 0) };
  if (!isLoggedIn(agent.status)) return { ...entry, 'Loged in': 'NO' };
  const word = opensipsStateOf(agent);
  const shown = { ...entry, 'Loged in': 'YES', State: word };
  if (word === 'wrapup' && agent.phase.kind === 'wrapup') return { ...shown, 'Wrapup-ends': secondsLeft(agent.phase.endsAtMs, nowMs) };
  if (word !== 'inchat') return shown;
  const chatsMax = state.agentConfigs.get(agent.id)?.chatsMax ?? 0;
  return {
    ...shown,
    'Ongoing chats': agent.chats.length,
    'Free chats': Math.max(0, chatsMax - agent.chats.length),
    ...(agent.chatWrapUpEndsAtMs > nowMs && { 'Wrapup-ends': secondsLeft(agent.chatWrapUpEndsAtMs, nowMs) }),
  };
}

const offerOf = ({ phase }: Agent) => (phase.kind === 'offered' || phase.kind === 'talking' ? phase.offer : ('' as never));
const secondsLeft = (endMs: number, nowMs: number): number => Math.max(0, Math.ceil((endMs - nowMs) / 1000));

export function callStateOf(state: AcdState, member: Member): OpensipsCallState {
  const first = member.offers[0];
  return opensipsCallStateOf(member, first === undefined ? undefined : state.offers.get(first));
}

/** Calls in the queue, in the order in which they are served; of the same flow or of all. */
export function queued(state: AcdState, isShown: (queue: QueueId) => boolean = () => true): Member[] {
  const found: Member[] = [];
  let flows = 0;
  for (const id of state.queueConfigs.keys()) {
    if (!isShown(id)) continue;
    const before = found.length;
    for (const one of state.membersOfQueue(id)) {
      const member = state.members.get(one);
      if (member && callStateOf(state, member) === 'queued') found.push(member);
    }
    if (found.length > before) flows++;
  }
  // one flow's members stand in order already
  return flows > 1 || !isOrdered(found) ? found.sort(byTurn) : found;
}

const byTurn = (a: Member, b: Member): number => a.priority - b.priority || a.rank - b.rank || a.serial - b.serial;
const isOrdered = (members: readonly Member[]): boolean =>
  members.every((member, i) => i === 0 || byTurn(members[i - 1] ?? member, member) <= 0);

/** What all calls of a flow share. */
export interface FlowFacts {
  readonly queue: QueueConfig | undefined;
  /** ETW of a call whose wait is unknown: never without agents, else 0, as in the reference */
  readonly unknownS: number;
}

export const flowFacts = (state: AcdState, queue: QueueId): FlowFacts => ({
  queue: state.queueConfigs.get(queue),
  unknownS: loggedAgents(state, queue).length === 0 ? neverS : 0,
});

/** The estimate of the arrival, which stays (6.4). */
export const etwOf = ({ unknownS }: FlowFacts, { ewtAtJoinMs }: Member): number =>
  ewtAtJoinMs === undefined ? unknownS : Math.min(neverS, Math.trunc(ewtAtJoinMs / 1000));

const isRequired = ({ isRequired: is }: { readonly isRequired: boolean }): boolean => is;
export const skillOf = (queue: QueueConfig, member: Member): string | undefined =>
  (queue.skills.find(isRequired) ?? member.needs.find(isRequired))?.skill;

/** Characters of a name with its prefix, the closing quote apart (4.3). */
const nameCharsMax = 64;

/** `"VIP 1003"` with its quotes; without a prefix the name as it came, else the number (4.3). */
export function displayName(queue: QueueConfig | undefined, { name, number }: Pick<Member, 'name' | 'number'>): string {
  const prefix = queue?.callerIdPrefix;
  if (!prefix) return name || number;
  return `${`"${prefix} ${name.replaceAll('"', '') || number}`.slice(0, nameCharsMax)}"`;
}

/** Newest first. */
export function listCalls(state: AcdState, nowMs: number): { readonly Calls: readonly object[] } {
  const members = [...state.members.values()].sort((a, b) => b.serial - a.serial);
  return { Calls: members.map((member) => callEntry(state, member, nowMs)) };
}

interface CallEntry {
  id: string;
  Ref: number;
  State: OpensipsCallState;
  'Call Time'?: number;
  Flow?: string;
  Agent?: string;
}

/** One object without copies: there may be ten thousand calls. */
function callEntry(state: AcdState, member: Member, nowMs: number): CallEntry {
  const isTalking = member.phase.kind === 'talking';
  const [first] = member.phase.kind === 'talking' ? [member.phase.offer] : member.offers;
  const entry: CallEntry = { id: member.id, Ref: 1 + (isTalking ? 1 : member.offers.length), State: callStateOf(state, member) };
  if (entry.State === 'ended') return entry;
  entry['Call Time'] = Math.max(0, Math.floor((nowMs - member.enteredAtMs) / 1000));
  entry.Flow = member.queue;
  const agent = first === undefined ? undefined : state.offers.get(first)?.agent;
  if (agent !== undefined) entry.Agent = agent;
  return entry;
}
