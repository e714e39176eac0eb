/**
 * The sections `queues`, `agents`, `tiers`, `callers` and `queue_settings` of a provisioning file: what may stand in
 * them. Keys are snake_case, times seconds, words may be in any letter case; an unknown key is an error.
 */
import { z } from 'zod';
import {
  agentName,
  oneOf,
  plainText,
  queueLimits as limits,
  queueName,
  seconds,
  skill,
  skillLevel,
  status,
  templateText,
} from './schema-parts.js';
import { textOrNumber } from '../menu/schema.js';
import { isZone } from '../time.js';
import { pauseOverLimits, pauseReasonRules } from './config.js';
import { agentTypes } from './words.js';

export { queueLimits } from './schema-parts.js';
export { queueDefinition, queueSchema, type QueueDefinition, type QueueEntry } from './schema-queue.js';

/** Pause after a failed offer, and how many in a row change the status. */
const failure = z.strictObject({
  delay_s: seconds().optional(),
  /** 0 = no limit */
  max: z.int().min(0).max(limits.failuresMax).optional(),
  /** without it the queue's `agent_no_answer_status` */
  status: status.optional(),
});

/** `[english, sales]` (level 1 each) or `{ english: 8, sales: 3 }`; stored in the second form, sorted. */
const skills = z
  .union([
    z.array(skill).transform((names) => names.map((name) => [name, 1] as const)),
    z.record(z.string(), skillLevel).transform((levels) => Object.entries(levels)),
  ])
  .transform((pairs, ctx): Record<string, number> => {
    if (pairs.length > limits.skillsMax) ctx.addIssue({ code: 'custom', message: `more than ${String(limits.skillsMax)} skills` });
    const out = new Map<string, number>();
    for (const [given, level] of pairs) {
      const name = skill.safeParse(given);
      if (!name.success) ctx.addIssue({ code: 'custom', message: name.error.issues[0]?.message ?? 'is no skill', path: [given] });
      else if (out.has(name.data)) ctx.addIssue({ code: 'custom', message: 'stands here twice', path: [given] });
      else out.set(name.data, level);
    }
    return Object.fromEntries([...out].sort(([a], [b]) => (a < b ? -1 : 1)));
  });

const agentShape = {
  name: plainText(limits.nameLengthMax).optional(),
  type: oneOf(agentTypes).optional(),
  contact: templateText(limits.contactLengthMax).optional(),
  contact_freeswitch: templateText(limits.contactLengthMax).optional(),
  switch: plainText(limits.nameLengthMax).optional(),
  chat_address: plainText(limits.contactLengthMax).optional(),
  chats_max: z.int().min(1).max(limits.chatsMax).optional(),
  ring_s: seconds(600, 1).optional(),
  wrap_up_s: seconds().optional(),
  no_answer: failure.optional(),
  rejected: failure.optional(),
  busy: failure.optional(),
  not_registered: failure.optional(),
  skills: skills.optional(),
  /** '' = no device is watched */
  device: plainText(limits.nameLengthMax).optional(),
  /** at the first appearance; later the status belongs to the agent (D-06) */
  status: status.optional(),
};

/** What is stored of an agent beside key and PIN. */
export const agentDefinition = z.strictObject(agentShape);
export type AgentDefinition = z.infer<typeof agentDefinition>;

export const agentSchema = z.strictObject({
  id: agentName,
  ...agentShape,
  /** digits, or `env:NAME`, `file:/path`; stored hashed. '' takes it away; without it the stored one stays. */
  pin: z.coerce
    .string()
    .regex(/^(\d{3,12}|env:\w{1,100}|file:\/.{1,200})?$/, 'must be 3 to 12 digits, env:NAME or file:/path')
    .optional(),
});
export type AgentEntry = z.infer<typeof agentSchema>;

export const tierSchema = z.strictObject({
  queue: queueName,
  agent: agentName,
  level: z.int().min(0).max(limits.levelMax).default(1),
  position: z.int().min(0).max(limits.levelMax).default(1),
});
export type TierEntry = z.infer<typeof tierSchema>;

/** As numbers arrive: digits, possibly after a plus. */
const callerNumber = z
  .union([z.string(), z.int().transform(String)])
  .refine((value) => /^\+?\d{2,20}$/.test(value), 'must be a number of 2 to 20 digits');

export const callerSchema = z.strictObject({
  number: callerNumber,
  blocked: z.boolean().default(false),
  /** seconds of waiting that a VIP is ahead */
  base_score_s: z.int().min(-limits.baseScoreMax).max(limits.baseScoreMax).default(0),
  /** personal agent */
  agent: agentName.optional(),
});
export type CallerEntry = z.infer<typeof callerSchema>;

/** A reason for a break; times in seconds, 0 = no limit. */
export const pauseReasonSchema = z.strictObject({
  code: textOrNumber.refine((value) => /^[A-Za-z0-9_.-]{1,40}$/.test(value), 'must be 1 to 40 letters, digits, _ . -'),
  text: plainText(limits.nameLengthMax).optional(),
  paid: z.boolean().default(false),
  max_s: seconds().default(0),
  max_per_day_s: seconds().default(0),
});
export type PauseReasonEntry = z.infer<typeof pauseReasonSchema>;

export const queueSettingsSchema = z.strictObject({
  wrap_up_s: seconds().optional(),
  wrap_up_max_s: seconds().optional(),
  ring_s: seconds(600, 1).optional(),
  retry_pause_s: seconds(3_600, 0.1).optional(),
  priority_step_s: seconds().optional(),
  attach_grace_s: seconds(3_600, 1).optional(),
  connect_max_s: seconds(300, 1).optional(),
  talk_check_s: seconds(3_600, 1).optional(),
  members_max: z.int().min(1).max(limits.membersMax).optional(),
  decisions_kept: z.int().min(0).max(100_000).optional(),
  explained_agents_max: z.int().min(0).max(1_000).optional(),
  pause_reasons: oneOf(pauseReasonRules).optional(),
  pause_over_limit: oneOf(pauseOverLimits).optional(),
  zone: z.string().max(limits.nameLengthMax).refine(isZone, 'must be a zone such as Europe/Berlin').optional(),
});
export type QueueSettings = z.infer<typeof queueSettingsSchema>;
