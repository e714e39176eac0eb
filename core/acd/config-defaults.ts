/** What counts where nothing is provisioned. */
import type { AcdSettings, AgentConfig, FailureRule, QueueConfig } from './config.js';
import type { AgentId, QueueId } from './ids.js';

export const acdSettingsDefaults: AcdSettings = {
  wrapUpMs: 0,
  wrapUpMsMax: 3_600_000,
  ringMs: 60_000,
  retryPauseMs: 1_000,
  priorityStepMs: 60_000,
  attachGraceMs: 30_000,
  connectMsMax: 10_000,
  talkCheckMs: 60_000,
  membersMax: 100_000,
  decisionsKept: 1_000,
  explainedAgentsMax: 20,
  pauseReasons: 'listed',
  pauseOverLimit: 'tell',
  zone: 'UTC',
};

const off: FailureRule = { delayMs: 0, countMax: 0, status: undefined };

/** mod_callcenter's own defaults (freeswitch-callcenter 2.2), OpenSIPS's where it has none. */
export function queueDefaults(id: QueueId): QueueConfig {
  return {
    id,
    name: id,
    strategy: 'longest-idle-agent',
    priority: 256,
    dialerTurn: 'last',
    timeBaseScore: 'queue',
    baseScoreS: 0,
    music: undefined,
    welcome: undefined,
    agentAnnouncements: [],
    announce: { sound: undefined, everyMs: 0, position: false, ewt: false, firstMs: 0, positionEveryMs: 0, positionMax: 100 },
    recordTemplate: undefined,
    callerIdPrefix: undefined,
    tierRulesApply: false,
    tierRuleWaitMs: 0,
    tierRuleWaitMultiplyLevel: false,
    tierRuleNoAgentNoWait: true,
    discardAbandonedAfterMs: 60_000,
    abandonedResumeAllowed: false,
    maxWaitMs: 0,
    maxWaitNoAgentMs: 0,
    maxWaitNoAgentGraceMs: 5_000,
    // acts as 10 s, as there
    ringProgressivelyDelayMs: 0,
    ringAgentsMax: 50,
    ringMs: undefined,
    agentNoAnswerStatus: 'On Break',
    skipAgentsWithExternalCalls: true,
    newLoginFirst: false,
    maxWrapUpMs: undefined,
    membersMax: 10_000,
    joinWhen: undefined,
    leaveWhen: undefined,
    dissuading: { message: undefined, isFinal: false, onHoldMsMax: 0, ewtMsMax: 0, queueSizeMin: 0, countsSystem: false },
    serviceLevel: { withinMs: 20_000, percent: 80, shortAbandonMs: 5_000 },
    ewtMethod: 'service-rate',
    ewtInitialMs: undefined,
    exitKeys: '',
    callback: {
      key: '',
      offer: undefined,
      attemptsMax: 3,
      retryMs: 120_000,
      ringMs: 30_000,
      confirmKey: '1',
      confirmPrompt: undefined,
      expireMs: 14_400_000,
    },
    messageExpireMs: 604_800_000,
    overflow: [],
    hours: undefined,
    zone: 'UTC',
    sticky: { windowMs: 0, waitMs: 0 },
    skills: [],
    servedBySkill: false,
    reserveRareSkills: false,
    chatPolicy: 'balancing',
    confirmKey: '',
    confirmMs: 10_000,
    hangUpAfterTalk: true,
    language: undefined,
  };
}

export function agentDefaults(id: AgentId): AgentConfig {
  return {
    id,
    name: id,
    type: 'callback',
    contact: undefined,
    contactFreeswitch: undefined,
    switch: undefined,
    chatAddress: undefined,
    chatsMax: 4,
    ringMs: undefined,
    wrapUpMs: undefined,
    noAnswer: off,
    rejected: off,
    busy: off,
    // mod_callcenter's fixed 5 s (F23)
    notRegistered: { delayMs: 5_000, countMax: 0, status: undefined },
    skills: new Map(),
    device: undefined,
    initialStatus: 'Logged Out',
    pin: undefined,
  };
}
