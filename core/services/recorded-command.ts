/** Commands that change something leave a row of the audit, whatever door they came by: who, what, and how it ended. */
import type { CommandDone, CommandUser, RecordCommand } from '../access-ports.js';
import type { CallcenterCommandName, CallcenterCommands, CallcenterUser } from '../callcenter-ports.js';
import { splitWords } from '../callcenter/split-words.js';
import { TandemError } from '../errors.js';

type Outcome = Pick<CommandDone, 'status' | 'code' | 'answer'>;
type What = Pick<CommandDone, 'command' | 'request'>;

/** Does the work, and writes down how it ended before its answer is given. */
export async function recordedCommand<T>(
  record: RecordCommand,
  who: CommandUser,
  what: What,
  work: () => Promise<T>,
  outcomeOf: { answer(answer: T): Outcome; error?(error: unknown): Outcome },
): Promise<T> {
  let outcome: Outcome = { status: 500 };
  try {
    const answer = await work();
    outcome = outcomeOf.answer(answer);
    return answer;
  } catch (e) {
    outcome = outcomeOf.error?.(e) ?? failed(e);
    throw e;
  } finally {
    await record({ who, ...what, ...outcome });
  }
}

const failed = (error: unknown): Outcome => (error instanceof TandemError ? { status: error.status, code: error.code } : { status: 500 });

// ------------------------------------------------------------------ mod_callcenter

/** Words of a command that are kept. */
const wordsMax = 20;

/** The same commands; those that only look leave no row. */
export function recordedCommands(commands: CallcenterCommands, record: RecordCommand): CallcenterCommands {
  const around = (name: CallcenterCommandName, args: string, who: CallcenterUser, work: () => Promise<string>): Promise<string> =>
    commands.need(name, args) === 'view' ? work() : recordedCommand(record, who, whatOf(name, args), work, { answer: outcomeOf });
  return {
    need: (name, args) => commands.need(name, args),
    config: (args, who) => around('callcenter_config', args, who, () => commands.config(args, who)),
    break: (args, who) => around('callcenter_break', args, who, () => commands.break(args, who)),
    track: (args, who) => around('callcenter_track', args, who, () => commands.track(args, who)),
    json: (text, who) => around('json', text, who, () => commands.json(text, who)),
  };
}

function whatOf(name: CallcenterCommandName, args: string): What {
  const words = splitWords(args).slice(0, wordsMax);
  const verbs = name === 'callcenter_config' ? 2 : 0;
  const command = [name, ...words.slice(0, verbs).map((word) => word.toLowerCase())].join(' ');
  return { command, request: { words: words.slice(verbs) } };
}

/** `callcenter_break` says nothing when it worked. */
const outcomeOf = (answer: string): Outcome => ({ status: answer.startsWith('-') ? 409 : 200, answer: answer.trim() });
