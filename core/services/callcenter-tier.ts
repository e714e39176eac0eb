/** `callcenter_config tier add|set|del|reload` and `queue load|unload|reload` (freeswitch-callcenter 9.2, 9.3). */
import type { AcdState } from '../acd/acd-state.js';
import type { TierConfig } from '../acd/config.js';
import { queueLimits } from '../acd/schema-parts.js';
import { tierStateOf, tierStates } from '../acd/tier-state.js';
import { wordOf } from '../acd/words.js';
import type { CallcenterUser } from '../callcenter-ports.js';
import { answers, refusal } from '../callcenter/answers.js';
import { agentSeen, queueSeen, seesQueue, tierSeen } from '../callcenter/seen.js';
import { provisioned, wholeNumber, type CallcenterTools } from './callcenter-tools.js';

type Doing = (tools: CallcenterTools, who: CallcenterUser, words: readonly string[]) => Promise<string>;

export const tierAdd: Doing = async (tools, who, [queueName = '', agentName = '', levelText = '1', positionText = '1']) => {
  const state = tools.engine.view();
  const queue = queueSeen(state, who.queues, queueName);
  if (!queue) return answers.queueNotFound;
  // whoever may change a queue may give it an agent of another one
  const agent = agentSeen(state, undefined, agentName);
  if (!agent) return answers.agentNotFound;
  if (tierSeen(state, queue.id, agent.id)) return answers.tierExists;
  const [level, position] = [wholeNumber(levelText, queueLimits.levelMax), wholeNumber(positionText, queueLimits.levelMax)];
  if (level === undefined || position === undefined) return answers.value;
  return provisioned(tools, who, () => ({ tiers: [{ queue: queue.id, agent: agent.id, level, position }] }));
};

export const tierSet: Doing = async (tools, who, [key = '', queueName = '', agentName = '', value = '']) => {
  const state = tools.engine.view();
  const tier = tierNamed(state, who, queueName, agentName);
  if (!tier) return answers.unknownError;
  const place = key.toLowerCase();
  if (place === 'state') return setTierState(state, tier, value);
  if (place !== 'level' && place !== 'position') return answers.tierKey;
  const number = wholeNumber(value, queueLimits.levelMax);
  return number === undefined ? answers.value : provisioned(tools, who, () => ({ tiers: [{ ...tier, [place]: number }] }));
};

export const tierDel: Doing = async (tools, who, [queueName = '', agentName = '']) => {
  const state = tools.engine.view();
  if (!queueSeen(state, who.queues, queueName)) return answers.queueNotFound;
  if (!agentSeen(state, undefined, agentName)) return answers.agentNotFound;
  const tier = tierNamed(state, who, queueName, agentName);
  if (!tier) return answers.tierNotFound;
  return provisioned(tools, who, () => ({ remove: { tiers: [{ queue: tier.queue, agent: tier.agent }] } }));
};

/** `tier reload QUEUE|all [AGENT]`: nothing matched is an error. */
export const tierReload: Doing = async (tools, who, [queueName = '', agentName]) => {
  const state = tools.engine.view();
  const isAll = queueName.toLowerCase() === 'all';
  const queue = isAll ? undefined : queueSeen(state, who.queues, queueName);
  const agent = agentName === undefined ? undefined : agentSeen(state, undefined, agentName);
  const isMatch = (tier: TierConfig): boolean =>
    (isAll ? seesQueue(who.queues, tier.queue) : tier.queue === queue?.id) && (agentName === undefined || tier.agent === agent?.id);
  if (!state.tiers.some(isMatch)) return answers.unknownError;
  await tools.reload();
  return answers.ok;
};

/** A tier's state follows from what its agent does: setting what it is already is granted. */
function setTierState(state: AcdState, { queue, agent }: TierConfig, value: string): string {
  const wanted = wordOf(tierStates, value);
  if (wanted === undefined) return answers.tierState;
  const runtime = state.agents.get(agent);
  const now = runtime && tierStateOf(state, runtime, queue);
  return now === wanted ? answers.ok : refusal(`the tier is ${now ?? 'gone'}: its state follows from calls and cannot be set`);
}

function tierNamed(state: AcdState, who: CallcenterUser, queueName: string, agentName: string): TierConfig | undefined {
  const [queue, agent] = [queueSeen(state, who.queues, queueName), agentSeen(state, undefined, agentName)];
  return queue && agent && tierSeen(state, queue.id, agent.id);
}

/** load, reload: what is provisioned is given to the engine anew. Nobody is disturbed, counters stay. */
export const queueLoad: Doing = async (tools, who, [name = '']) => {
  if (!queueSeen(tools.engine.view(), who.queues, name)) return answers.queueToLoadNotFound;
  await tools.reload();
  return answers.ok;
};
