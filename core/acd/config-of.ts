/** From what was provisioned (core/acd/schema.ts) to what the engine wants (core/acd/config.ts): defaults filled in, seconds to ms. */
import { hoursSchema } from '../menu/schema.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from './config.js';
import type { AcdSettings, AgentConfig, Destination, FailureRule, OverflowRule, PresenceRule, QueueConfig, SkillNeed } from './config.js';
import { agentId, queueId } from './ids.js';
import type { AgentDefinition, QueueDefinition, QueueSettings } from './schema.js';

const ms = (seconds: number): number => Math.round(seconds * 1000);
/** undefined stays undefined, so that the default counts. */
const msOr = (seconds: number | undefined, fallback: number): number => (seconds === undefined ? fallback : ms(seconds));
/** '' takes a default text away. */
const textOr = (given: string | undefined, fallback: string | undefined): string | undefined =>
  given === undefined ? fallback : given || undefined;

const defaultContext = 'default';

/** Drops what is undefined, so that a spread does not hide a default. */
function said<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function queueConfigOf(id: string, d: QueueDefinition): QueueConfig {
  const base = queueDefaults(queueId(id));
  return {
    ...base,
    ...said({
      name: d.name || undefined,
      strategy: d.strategy,
      priority: d.priority,
      dialerTurn: d.dialer_turn,
      timeBaseScore: d.time_base_score,
      baseScoreS: d.base_score_s,
      agentAnnouncements: d.agent_announcements,
      tierRulesApply: d.tier_rules_apply,
      tierRuleWaitMultiplyLevel: d.tier_rule_wait_multiply_level,
      tierRuleNoAgentNoWait: d.tier_rule_no_agent_no_wait,
      abandonedResumeAllowed: d.abandoned_resume_allowed,
      ringAgentsMax: d.ring_agents_max,
      agentNoAnswerStatus: d.agent_no_answer_status,
      skipAgentsWithExternalCalls: d.skip_agents_with_external_calls,
      newLoginFirst: d.new_login_first,
      membersMax: d.members_max,
      ewtMethod: d.ewt_method,
      exitKeys: d.exit_keys,
      servedBySkill: d.served_by_skill,
      reserveRareSkills: d.reserve_rare_skills,
      chatPolicy: d.chat_policy,
      confirmKey: d.confirm_key,
      hangUpAfterTalk: d.hang_up_after_talk,
    }),
    music: textOr(d.music, base.music),
    welcome: textOr(d.welcome, base.welcome),
    recordTemplate: textOr(d.record_template, base.recordTemplate),
    callerIdPrefix: textOr(d.caller_id_prefix, base.callerIdPrefix),
    language: d.language ?? base.language,
    ...queueTimes(d, base),
    joinWhen: presenceOf(d.join_when, base.joinWhen),
    leaveWhen: presenceOf(d.leave_when, base.leaveWhen),
    ...queueParts(d, base),
  };
}

function queueTimes(d: QueueDefinition, base: QueueConfig) {
  return {
    tierRuleWaitMs: msOr(d.tier_rule_wait_s, base.tierRuleWaitMs),
    discardAbandonedAfterMs: msOr(d.discard_abandoned_after_s, base.discardAbandonedAfterMs),
    maxWaitMs: msOr(d.max_wait_s, base.maxWaitMs),
    maxWaitNoAgentMs: msOr(d.max_wait_no_agent_s, base.maxWaitNoAgentMs),
    maxWaitNoAgentGraceMs: msOr(d.max_wait_no_agent_grace_s, base.maxWaitNoAgentGraceMs),
    // mod_callcenter: 0 acts as 10 s
    ringProgressivelyDelayMs: msOr(d.ring_progressively_delay_s, base.ringProgressivelyDelayMs),
    ringMs: d.ring_s === undefined ? base.ringMs : ms(d.ring_s),
    maxWrapUpMs: d.max_wrap_up_s ? ms(d.max_wrap_up_s) : base.maxWrapUpMs,
    ewtInitialMs: d.ewt_initial_s === undefined ? base.ewtInitialMs : ms(d.ewt_initial_s),
    confirmMs: msOr(d.confirm_s, base.confirmMs),
    messageExpireMs: msOr(d.message_expire_s, base.messageExpireMs),
  };
}

function queueParts(d: QueueDefinition, base: QueueConfig) {
  const hours = d.hours === undefined ? undefined : hoursSchema.parse(d.hours);
  return {
    announce: announceOf(d.announce ?? {}, base.announce),
    dissuading: dissuadingOf(d.dissuading ?? {}, base.dissuading),
    serviceLevel: serviceLevelOf(d.service_level ?? {}, base.serviceLevel),
    callback: callbackOf(d.callback ?? {}, base.callback),
    overflow: (d.overflow ?? []).map(overflowOf),
    hours,
    zone: hours?.zone ?? base.zone,
    sticky: { windowMs: msOr(d.sticky?.window_s, base.sticky.windowMs), waitMs: msOr(d.sticky?.wait_s, base.sticky.waitMs) },
    skills: (d.skills ?? []).map(needOf),
  };
}

function announceOf(d: NonNullable<QueueDefinition['announce']>, base: QueueConfig['announce']): QueueConfig['announce'] {
  return {
    sound: textOr(d.sound, base.sound),
    everyMs: msOr(d.every_s, base.everyMs),
    position: d.position ?? base.position,
    ewt: d.ewt ?? base.ewt,
    firstMs: msOr(d.first_s, base.firstMs),
    positionEveryMs: msOr(d.position_every_s, base.positionEveryMs),
    positionMax: d.position_max ?? base.positionMax,
  };
}

function dissuadingOf(d: NonNullable<QueueDefinition['dissuading']>, base: QueueConfig['dissuading']): QueueConfig['dissuading'] {
  return {
    message: textOr(d.message, base.message),
    isFinal: d.hang_up ?? base.isFinal,
    onHoldMsMax: msOr(d.on_hold_s, base.onHoldMsMax),
    ewtMsMax: msOr(d.ewt_s, base.ewtMsMax),
    queueSizeMin: d.queue_size ?? base.queueSizeMin,
    countsSystem: d.counts === undefined ? base.countsSystem : d.counts === 'system',
  };
}

function serviceLevelOf(d: NonNullable<QueueDefinition['service_level']>, base: QueueConfig['serviceLevel']): QueueConfig['serviceLevel'] {
  return {
    withinMs: msOr(d.within_s, base.withinMs),
    percent: d.percent ?? base.percent,
    shortAbandonMs: msOr(d.short_abandon_s, base.shortAbandonMs),
  };
}

function callbackOf(d: NonNullable<QueueDefinition['callback']>, base: QueueConfig['callback']): QueueConfig['callback'] {
  return {
    key: d.key ?? base.key,
    offer: textOr(d.offer, base.offer),
    attemptsMax: d.attempts_max ?? base.attemptsMax,
    retryMs: msOr(d.retry_s, base.retryMs),
    ringMs: msOr(d.ring_s, base.ringMs),
    confirmKey: d.confirm_key ?? base.confirmKey,
    confirmPrompt: textOr(d.confirm_prompt, base.confirmPrompt),
    expireMs: msOr(d.expire_s, base.expireMs),
  };
}

const overflowOf = (d: NonNullable<QueueDefinition['overflow']>[number]): OverflowRule => ({
  on: d.on,
  thresholdMs: msOr(d.after_s, 0),
  to: destinationOf(d.to),
});

function destinationOf(to: NonNullable<QueueDefinition['overflow']>[number]['to']): Destination {
  if (to === 'dialplan') return { kind: 'dialplan' };
  if ('queue' in to) return { kind: 'queue', queue: queueId(to.queue), keepWaiting: to.keep_waiting ?? true };
  return { kind: 'extension', context: to.context ?? defaultContext, extension: to.extension };
}

type NeedEntry = {
  skill: string;
  level?: number | undefined;
  required?: boolean | undefined;
  relax?: { after_s: number; level: number }[] | undefined;
};

export const needOf = (d: NeedEntry): SkillNeed => ({
  skill: d.skill,
  levelMin: d.level ?? 1,
  isRequired: d.required ?? true,
  relax: (d.relax ?? []).map((step) => ({ afterMs: ms(step.after_s), levelMin: step.level })).sort((a, b) => a.afterMs - b.afterMs),
});

function presenceOf(given: QueueDefinition['join_when'], fallback: PresenceRule | undefined): PresenceRule | undefined {
  if (given === undefined) return fallback;
  return given === 'nobody' ? undefined : given;
}

/** `pinHash` as stored, see `Secrets.verifyOwn`. */
export function agentConfigOf(id: string, d: AgentDefinition, pinHash: string | undefined): AgentConfig {
  const base = agentDefaults(agentId(id));
  return {
    ...base,
    name: d.name || base.name,
    type: d.type ?? base.type,
    contact: textOr(d.contact, base.contact),
    contactFreeswitch: textOr(d.contact_freeswitch, base.contactFreeswitch),
    switch: textOr(d.switch, base.switch),
    chatAddress: textOr(d.chat_address, base.chatAddress),
    chatsMax: d.chats_max ?? base.chatsMax,
    ringMs: d.ring_s === undefined ? base.ringMs : ms(d.ring_s),
    wrapUpMs: d.wrap_up_s === undefined ? base.wrapUpMs : ms(d.wrap_up_s),
    noAnswer: failureOf(d.no_answer, base.noAnswer),
    rejected: failureOf(d.rejected, base.rejected),
    busy: failureOf(d.busy, base.busy),
    notRegistered: failureOf(d.not_registered, base.notRegistered),
    skills: new Map(Object.entries(d.skills ?? {})),
    device: d.device ?? base.device,
    initialStatus: d.status ?? base.initialStatus,
    pin: pinHash,
  };
}

const failureOf = (d: AgentDefinition['no_answer'], base: FailureRule): FailureRule => ({
  delayMs: msOr(d?.delay_s, base.delayMs),
  countMax: d?.max ?? base.countMax,
  status: d?.status ?? base.status,
});

export function settingsOf(d: QueueSettings): AcdSettings {
  const base = acdSettingsDefaults;
  return {
    wrapUpMs: msOr(d.wrap_up_s, base.wrapUpMs),
    wrapUpMsMax: msOr(d.wrap_up_max_s, base.wrapUpMsMax),
    ringMs: msOr(d.ring_s, base.ringMs),
    retryPauseMs: msOr(d.retry_pause_s, base.retryPauseMs),
    priorityStepMs: msOr(d.priority_step_s, base.priorityStepMs),
    attachGraceMs: msOr(d.attach_grace_s, base.attachGraceMs),
    connectMsMax: msOr(d.connect_max_s, base.connectMsMax),
    talkCheckMs: msOr(d.talk_check_s, base.talkCheckMs),
    membersMax: d.members_max ?? base.membersMax,
    decisionsKept: d.decisions_kept ?? base.decisionsKept,
    explainedAgentsMax: d.explained_agents_max ?? base.explainedAgentsMax,
    pauseReasons: d.pause_reasons ?? base.pauseReasons,
    pauseOverLimit: d.pause_over_limit ?? base.pauseOverLimit,
    zone: d.zone ?? base.zone,
  };
}
