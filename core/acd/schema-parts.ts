/** Pieces of the provisioning schema of queues and agents: words, durations, names, texts. */
import { z } from 'zod';
import { nameProblem, textProblem } from '../dial-string.js';
import { textOrNumber } from '../menu/schema.js';
import { skillLevelMax } from './config.js';
import { agentStatuses, wordOf } from './words.js';

/** Limits of what may be provisioned; durations in seconds. */
export const queueLimits = {
  /** of every waiting, ringing and pausing time, as mod_callcenter has it (freeswitch-callcenter 2.2) */
  secondsMax: 86_400,
  /** of windows and expiries */
  longSecondsMax: 31_536_000,
  priorityMax: 4_294_967_295,
  baseScoreMax: 1_000_000,
  membersMax: 1_000_000,
  levelMax: 10_000,
  nameLengthMax: 100,
  playableLengthMax: 300,
  templateLengthMax: 500,
  contactLengthMax: 500,
  skillLengthMax: 64,
  skillsMax: 64,
  needsMax: 16,
  relaxMax: 10,
  overflowMax: 20,
  announcementsMax: 10,
  keysMax: 12,
  tiersPerQueueMax: 20_000,
  ringAgentsMax: 500,
  chatsMax: 100,
  failuresMax: 1_000,
  pauseReasonsMax: 200,
} as const;

/** One of a list of words, in any letter case; the value is the list's spelling. */
export const oneOf = <T extends string>(words: readonly T[]) =>
  z
    .string()
    .transform((given, ctx): T => {
      const word = wordOf(words, given);
      if (word !== undefined) return word;
      ctx.addIssue({ code: 'custom', message: `must be one of: ${words.join(', ')}` });
      return z.NEVER;
    })
    .meta({ enum: [...words] }); // for the description of the API

/** Seconds, fractions allowed. */
export const seconds = (max: number = queueLimits.secondsMax, min = 0) => z.number().min(min).max(max);

export const status = oneOf(agentStatuses);

/** Key of a queue or agent: what a switch may read as a name, possibly with `@domain`. */
export const queueName = textOrNumber.superRefine((value, ctx) => {
  const problem = nameProblem('queue', value);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});
export const agentName = queueName;

/** A text that a switch or a person will get: no control characters, nothing that a switch would expand. */
export const plainText = (max: number) =>
  textOrNumber.superRefine((value, ctx) => {
    const problem = textProblem(value, max);
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
  });

export const playable = plainText(queueLimits.playableLengthMax);

/** A text of the administrator that may hold variables of the switch: dial strings, recording names. */
export const templateText = (max: number) =>
  textOrNumber
    .refine((value) => value.length <= max, `is longer than ${String(max)} characters`)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    .refine((value) => !/[\u0000-\u001f\u007f]/.test(value), 'has a control character or line end');

/** Some of the twelve keys of a telephone, each once. */
export const keys = textOrNumber.superRefine((value, ctx) => {
  if (!/^[0-9*#]*$/.test(value) || new Set(value).size !== value.length)
    ctx.addIssue({ code: 'custom', message: 'must be keys 0-9, *, #, each once' });
});

export const oneKey = textOrNumber.refine((value) => /^[0-9*#]?$/.test(value), 'must be one key 0-9, *, #, or empty');

export const language = textOrNumber.refine(
  (value) => /^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,3}$/.test(value),
  'must be like en or pt-BR',
);

/** Skills are compared without letter case: kept in small letters. */
export const skill = textOrNumber
  .transform((value) => value.trim().toLowerCase())
  .superRefine((value, ctx) => {
    const problem =
      value === ''
        ? 'it is empty'
        : (textProblem(value, queueLimits.skillLengthMax) ??
          (/[\s,;:=+?|"'\\]/.test(value) ? 'has a blank or one of , ; : = + ? | " \' \\' : undefined));
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: `skill: ${problem}` });
  });

export const skillLevel = z.int().min(1).max(skillLevelMax);

/** Checked by a schema and kept as written, for what is stored in its written form. */
export const asWritten = (schema: z.ZodType) =>
  z.unknown().superRefine((value, ctx) => {
    const result = schema.safeParse(value);
    if (result.success) return;
    for (const issue of result.error.issues) ctx.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
  });
