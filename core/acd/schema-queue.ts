/**
 * One queue as an operator writes it, and as it is stored: only what was said; what was not said are the defaults of
 * `core/acd/config.ts`. Keys are snake_case, times seconds, words may be in any letter case. `docs/provisioning.md`
 * shows each key; `queueConfigOf` (core/acd/config-of.ts) turns it into what the engine wants.
 */
import { z } from 'zod';
import { hoursSchema, named, prefix } from '../menu/schema.js';
import { recordTemplateProblem } from '../record-file.js';
import { skillLevelMax } from './config.js';
import {
  agentName,
  asWritten,
  keys,
  language,
  oneKey,
  oneOf,
  plainText,
  playable,
  queueLimits as limits,
  queueName,
  seconds,
  skill,
  skillLevel,
  status,
  templateText,
} from './schema-parts.js';
import { dialerTurns, strategies } from './words.js';

const priority = z.int().min(0).max(limits.priorityMax);
const presence = oneOf(['nobody', 'logged-in', 'available', 'registered']);
const overflowCauses = ['timeout', 'no-agent', 'full', 'join-empty', 'closed', 'ewt', 'queue-removed', 'waited'] as const;

const announce = z.strictObject({
  sound: playable.optional(),
  every_s: seconds().optional(),
  position: z.boolean().optional(),
  ewt: z.boolean().optional(),
  first_s: seconds().optional(),
  position_every_s: seconds().optional(),
  position_max: z.int().min(1).max(limits.membersMax).optional(),
});

const dissuading = z.strictObject({
  message: playable.optional(),
  hang_up: z.boolean().optional(),
  on_hold_s: seconds().optional(),
  ewt_s: seconds(limits.longSecondsMax).optional(),
  queue_size: z.int().min(0).max(limits.membersMax).optional(),
  counts: oneOf(['queue', 'system']).optional(),
});

const callback = z.strictObject({
  key: oneKey.optional(),
  offer: playable.optional(),
  attempts_max: z.int().min(1).max(100).optional(),
  retry_s: seconds(limits.secondsMax, 1).optional(),
  ring_s: seconds(600, 1).optional(),
  confirm_key: oneKey.optional(),
  confirm_prompt: playable.optional(),
  expire_s: seconds(limits.longSecondsMax, 1).optional(),
});

const sticky = z.strictObject({ window_s: seconds(limits.longSecondsMax).optional(), wait_s: seconds().optional() });

const serviceLevel = z.strictObject({
  within_s: seconds(limits.secondsMax, 1).optional(),
  percent: z.int().min(1).max(100).optional(),
  short_abandon_s: seconds(limits.secondsMax).optional(),
});

/** `english`, or with a level, a preference, and steps by which it is given up. */
const need = z.preprocess(
  (value) => (typeof value === 'string' ? { skill: value } : value),
  z.strictObject({
    skill,
    level: skillLevel.optional(),
    required: z.boolean().optional(),
    relax: z
      .array(z.strictObject({ after_s: seconds(), level: z.int().min(0).max(skillLevelMax) }))
      .max(limits.relaxMax)
      .optional(),
  }),
);

const destination = z.union(
  [
    z.strictObject({ queue: queueName, keep_waiting: z.boolean().optional() }),
    z.strictObject({ extension: named('extension'), context: named('context').optional() }),
    z.literal('dialplan'),
  ],
  { error: 'must be { queue: NAME }, { extension: 100, context: default } or the word dialplan' },
);

const overflow = z.strictObject({ on: oneOf(overflowCauses), after_s: seconds(limits.longSecondsMax).optional(), to: destination });

/** Tiers inside a queue are all that it has; see also the section `tiers`. */
const queueTier = z.strictObject({
  agent: agentName,
  level: z.int().min(0).max(limits.levelMax).optional(),
  position: z.int().min(0).max(limits.levelMax).optional(),
});

/** '' takes a default away. */
const recordTemplate = templateText(limits.templateLengthMax).superRefine((value, ctx) => {
  const problem = value === '' ? undefined : recordTemplateProblem(value);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

export const queueShape = {
  name: plainText(limits.nameLengthMax).optional(),
  strategy: oneOf(strategies).optional(),
  priority: priority.optional(),
  dialer_turn: oneOf(dialerTurns).optional(),
  time_base_score: oneOf(['queue', 'system']).optional(),
  base_score_s: z.int().min(-limits.baseScoreMax).max(limits.baseScoreMax).optional(),
  music: playable.optional(),
  welcome: playable.optional(),
  agent_announcements: z.array(playable).max(limits.announcementsMax).optional(),
  announce: announce.optional(),
  record_template: recordTemplate.optional(),
  caller_id_prefix: prefix.optional(),
  tier_rules_apply: z.boolean().optional(),
  tier_rule_wait_s: seconds().optional(),
  tier_rule_wait_multiply_level: z.boolean().optional(),
  tier_rule_no_agent_no_wait: z.boolean().optional(),
  discard_abandoned_after_s: seconds().optional(),
  abandoned_resume_allowed: z.boolean().optional(),
  max_wait_s: seconds().optional(),
  max_wait_no_agent_s: seconds().optional(),
  max_wait_no_agent_grace_s: seconds().optional(),
  ring_progressively_delay_s: seconds().optional(),
  ring_agents_max: z.int().min(1).max(limits.ringAgentsMax).optional(),
  ring_s: seconds(600, 1).optional(),
  agent_no_answer_status: status.optional(),
  skip_agents_with_external_calls: z.boolean().optional(),
  new_login_first: z.boolean().optional(),
  /** 0 = none, as in OpenSIPS (O30) */
  max_wrap_up_s: seconds().optional(),
  members_max: z.int().min(1).max(limits.membersMax).optional(),
  join_when: presence.optional(),
  leave_when: presence.optional(),
  dissuading: dissuading.optional(),
  service_level: serviceLevel.optional(),
  ewt_method: oneOf(['service-rate', 'opensips']).optional(),
  ewt_initial_s: seconds().optional(),
  exit_keys: keys.optional(),
  callback: callback.optional(),
  message_expire_s: seconds(limits.longSecondsMax, 60).optional(),
  overflow: z.array(overflow).max(limits.overflowMax).optional(),
  hours: asWritten(hoursSchema).optional(),
  sticky: sticky.optional(),
  skills: z.array(need).max(limits.needsMax).optional(),
  served_by_skill: z.boolean().optional(),
  reserve_rare_skills: z.boolean().optional(),
  chat_policy: oneOf(['balancing', 'full-load']).optional(),
  confirm_key: oneKey.optional(),
  confirm_s: seconds(600, 1).optional(),
  hang_up_after_talk: z.boolean().optional(),
  language: language.optional(),
};

/** What is stored of a queue beside its key. */
export const queueDefinition = z.strictObject(queueShape);
export type QueueDefinition = z.infer<typeof queueDefinition>;

export const queueSchema = z.strictObject({
  id: queueName,
  ...queueShape,
  tiers: z.array(queueTier).max(limits.tiersPerQueueMax).optional(),
});
export type QueueEntry = z.infer<typeof queueSchema>;
