/** A random provisioning for a plan: queues of all strategies, agents, tiers, skills; and changes of it for reloads. */
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../core/acd/config.js';
import type {
  AcdConfig,
  AcdSettings,
  AgentConfig,
  Destination,
  FailureRule,
  KnownCaller,
  OverflowRule,
  QueueConfig,
  SkillNeed,
  TierConfig,
} from '../../core/acd/config.js';
import { agentId, queueId } from '../../core/acd/ids.js';
import type { QueueId } from '../../core/acd/ids.js';
import { dialerTurns, strategies } from '../../core/acd/words.js';
import type { Plan } from './plan.js';
import type { Random } from './random.js';

export const skillNames = ['german', 'sales', 'gold', 'tech'] as const;

/** Numbers that callers have; a few call often. */
export const callerNumber = (n: number): string => `+4930${String(n).padStart(6, '0')}`;

export function drawConfig(plan: Plan, random: Random): AcdConfig {
  const queueIds = Array.from({ length: plan.queues }, (_, i) => queueId(`queue-${i + 1}`));
  const agents = Array.from({ length: plan.agents }, (_, i) => drawAgent(`agent-${i + 1}`, plan, random));
  return {
    settings: drawSettings(random),
    queues: queueIds.map((id) => drawQueue(id, queueIds, random)),
    agents,
    tiers: drawTiers(queueIds, agents, random),
    callers: drawCallers(agents, random),
  };
}

function drawSettings(random: Random): AcdSettings {
  return {
    ...acdSettingsDefaults,
    wrapUpMs: random.pick([0, 2_000, 15_000]),
    wrapUpMsMax: 120_000,
    ringMs: random.pick([5_000, 20_000]),
    priorityStepMs: random.pick([0, 10_000, 60_000]),
    attachGraceMs: random.pick([3_000, 20_000]),
    membersMax: random.chance(0.1) ? 8 : 100_000,
  };
}

function drawCallers(agents: readonly AgentConfig[], random: Random): readonly KnownCaller[] {
  return [
    { number: callerNumber(1), isBlocked: true, baseScoreS: 0, agent: undefined },
    { number: callerNumber(2), isBlocked: false, baseScoreS: 120, agent: undefined },
    { number: callerNumber(3), isBlocked: false, baseScoreS: 0, agent: random.pick(agents).id },
  ];
}

function drawNeeds(random: Random): readonly SkillNeed[] {
  if (random.chance(0.6)) return [];
  const skills = random.chance(0.3) ? [random.pick(skillNames), random.pick(skillNames)] : [random.pick(skillNames)];
  return [...new Set(skills)].map((skill) => ({
    skill,
    levelMin: random.int(1, 8),
    isRequired: random.chance(0.7),
    relax: random.chance(0.6)
      ? [
          { afterMs: random.int(3, 20) * 1000, levelMin: 2 },
          { afterMs: random.int(21, 60) * 1000, levelMin: random.pick([0, 1]) },
        ]
      : [],
  }));
}

export function drawCallNeeds(random: Random): readonly SkillNeed[] {
  return random.chance(0.85) ? [] : drawNeeds(random);
}

function drawDestination(own: QueueId, queues: readonly QueueId[], random: Random): Destination {
  const others = queues.filter((id) => id !== own);
  if (others.length > 0 && random.chance(0.6)) return { kind: 'queue', queue: random.pick(others), keepWaiting: random.chance(0.7) };
  return random.chance(0.5) ? { kind: 'dialplan' } : { kind: 'extension', context: 'voicemail', extension: 's' };
}

function drawOverflow(own: QueueId, queues: readonly QueueId[], random: Random): readonly OverflowRule[] {
  if (random.chance(0.5)) return [];
  const causes = ['timeout', 'no-agent', 'full', 'join-empty', 'ewt', 'queue-removed', 'waited'] as const;
  return [...new Set([random.pick(causes), random.pick(causes)])].map((on) => ({
    on,
    thresholdMs: random.int(5, 90) * 1000,
    to: drawDestination(own, queues, random),
  }));
}

function drawQueueTimes(random: Random): Partial<QueueConfig> {
  const rare = (share: number, value: number): number => (random.chance(share) ? value : 0);
  return {
    tierRulesApply: random.chance(0.4),
    tierRuleWaitMs: random.int(0, 20) * 1000,
    tierRuleWaitMultiplyLevel: random.chance(0.5),
    tierRuleNoAgentNoWait: random.chance(0.6),
    discardAbandonedAfterMs: random.int(0, 60) * 1000,
    abandonedResumeAllowed: random.chance(0.3),
    maxWaitMs: rare(0.4, random.int(5, 300) * 1000),
    maxWaitNoAgentMs: rare(0.3, random.int(3, 30) * 1000),
    maxWaitNoAgentGraceMs: random.pick([0, 5_000]),
    ringProgressivelyDelayMs: random.int(1, 8) * 1000,
    ringAgentsMax: random.pick([2, 50]),
    ringMs: random.chance(0.3) ? random.int(3, 30) * 1000 : undefined,
    maxWrapUpMs: random.chance(0.2) ? random.int(0, 10) * 1000 : undefined,
    joinWhen: random.chance(0.15) ? random.pick(['logged-in', 'available', 'registered'] as const) : undefined,
    leaveWhen: random.chance(0.15) ? random.pick(['logged-in', 'available', 'registered'] as const) : undefined,
    sticky: random.chance(0.3) ? { windowMs: 600_000, waitMs: random.int(0, 30) * 1000 } : { windowMs: 0, waitMs: 0 },
  };
}

function drawQueue(id: QueueId, queues: readonly QueueId[], random: Random): QueueConfig {
  const base = queueDefaults(id);
  return {
    ...base,
    ...drawQueueTimes(random),
    strategy: random.pick(strategies),
    priority: random.pick([256, 256, 0, 1, 10, 4_294_967_295]),
    dialerTurn: random.pick(dialerTurns),
    timeBaseScore: random.pick(['queue', 'queue', 'system'] as const),
    baseScoreS: random.pick([0, 0, 30]),
    welcome: random.chance(0.3) ? 'welcome' : undefined,
    agentAnnouncements: random.chance(0.3) ? ['you-have-a-call'] : [],
    announce: {
      ...base.announce,
      sound: random.chance(0.3) ? 'please-wait' : undefined,
      everyMs: random.pick([0, 20_000]),
      position: random.chance(0.6),
      ewt: random.chance(0.6),
      firstMs: random.pick([1_000, 10_000]),
      positionEveryMs: random.pick([5_000, 30_000]),
    },
    agentNoAnswerStatus: random.pick(['On Break', 'Logged Out'] as const),
    skipAgentsWithExternalCalls: random.chance(0.8),
    newLoginFirst: random.chance(0.3),
    membersMax: random.chance(0.1) ? 3 : 10_000,
    dissuading: random.chance(0.2)
      ? {
          message: 'many-are-waiting',
          isFinal: random.chance(0.3),
          onHoldMsMax: random.pick([0, 15_000]),
          ewtMsMax: random.pick([0, 60_000]),
          queueSizeMin: random.pick([0, 4]),
          countsSystem: random.chance(0.3),
        }
      : base.dissuading,
    ewtMethod: random.pick(['service-rate', 'service-rate', 'opensips'] as const),
    ewtInitialMs: random.chance(0.5) ? 60_000 : undefined,
    exitKeys: random.chance(0.3) ? '9' : '',
    callback: {
      ...base.callback,
      key: random.chance(0.35) ? '5' : '',
      attemptsMax: random.int(1, 3),
      retryMs: random.int(3, 30) * 1000,
      ringMs: 15_000,
      expireMs: 900_000,
    },
    overflow: drawOverflow(id, queues, random),
    skills: drawNeeds(random),
    servedBySkill: random.chance(0.2),
    reserveRareSkills: random.chance(0.2),
    chatPolicy: random.pick(['balancing', 'full-load'] as const),
    confirmKey: random.chance(0.2) ? '1' : '',
    hangUpAfterTalk: random.chance(0.7),
  };
}

function drawFailure(random: Random): FailureRule {
  return {
    delayMs: random.pick([0, 0, 3_000, 20_000]),
    countMax: random.pick([0, 0, 2, 3]),
    status: random.chance(0.3) ? random.pick(['On Break', 'Logged Out'] as const) : undefined,
  };
}

function drawAgent(name: string, plan: Plan, random: Random): AgentConfig {
  const isStandby = random.chance(0.1);
  return {
    ...agentDefaults(agentId(name)),
    type: isStandby ? 'uuid-standby' : 'callback',
    contact: random.chance(0.95) ? `PJSIP/${name}` : undefined,
    chatAddress: plan.hasChats && random.chance(0.6) ? `chat:${name}` : undefined,
    chatsMax: random.int(1, 4),
    ringMs: random.chance(0.3) ? random.int(2, 15) * 1000 : undefined,
    wrapUpMs: random.pick([undefined, 0, 3_000, 20_000]),
    noAnswer: drawFailure(random),
    rejected: drawFailure(random),
    busy: drawFailure(random),
    notRegistered: drawFailure(random),
    skills: new Map(skillNames.filter(() => random.chance(0.5)).map((skill) => [skill, random.int(1, 10)])),
    initialStatus: random.pick(['Available', 'Available', 'Available', 'Available (On Demand)', 'Logged Out'] as const),
  };
}

function drawTiers(queues: readonly QueueId[], agents: readonly AgentConfig[], random: Random): readonly TierConfig[] {
  return agents.flatMap(({ id }) => {
    const own = random.pick(queues);
    return queues
      .filter((queue) => queue === own || random.chance(Math.min(0.5, 3 / queues.length)))
      .map((queue) => ({ queue, agent: id, level: random.pick([0, 1, 1, 2, 3]), position: random.int(1, 4) }));
  });
}

/** What somebody changes in the middle of the day: one to three things. */
export function changeConfig(config: AcdConfig, plan: Plan, random: Random): AcdConfig {
  let next = config;
  for (let n = random.int(1, 3); n > 0; n--) next = changeOne(next, plan, random);
  return next;
}

function changeOne(config: AcdConfig, plan: Plan, random: Random): AcdConfig {
  const queueIds = config.queues.map(({ id }) => id);
  switch (random.int(0, 6)) {
    case 0: {
      const id = random.pick(queueIds);
      return { ...config, queues: config.queues.map((q) => (q.id === id ? drawQueue(id, queueIds, random) : q)) };
    }
    case 1: {
      const id = random.pick(queueIds);
      return { ...config, queues: config.queues.map((q) => (q.id === id ? { ...q, strategy: random.pick(strategies) } : q)) };
    }
    case 2: {
      const id = random.pick(config.agents).id;
      return { ...config, agents: config.agents.map((a) => (a.id === id ? drawAgent(id, plan, random) : a)) };
    }
    case 3:
      return { ...config, tiers: drawTiers(queueIds, config.agents, random) };
    case 4:
      return takeOutOrPutBack(config, plan, random);
    case 5:
      return { ...config, settings: drawSettings(random) };
    default:
      return config;
  }
}

/** A queue or an agent goes; one that went before comes back. */
function takeOutOrPutBack(config: AcdConfig, plan: Plan, random: Random): AcdConfig {
  const queueIds = Array.from({ length: plan.queues }, (_, i) => queueId(`queue-${i + 1}`));
  const missing = queueIds.find((id) => !config.queues.some((q) => q.id === id));
  if (missing) return { ...config, queues: [...config.queues, drawQueue(missing, queueIds, random)] };
  const gone = Array.from({ length: plan.agents }, (_, i) => `agent-${i + 1}`).find((id) => !config.agents.some((a) => a.id === id));
  if (gone) return { ...config, agents: [...config.agents, drawAgent(gone, plan, random)] };
  if (random.chance(0.5) && config.queues.length > 1) {
    const id = random.pick(config.queues).id;
    return {
      ...config,
      queues: config.queues.filter((q) => q.id !== id),
      tiers: config.tiers.filter((tier) => tier.queue !== id),
    };
  }
  if (config.agents.length === 1) return config;
  const id = random.pick(config.agents).id;
  return { ...config, agents: config.agents.filter((a) => a.id !== id), tiers: config.tiers.filter((tier) => tier.agent !== id) };
}
