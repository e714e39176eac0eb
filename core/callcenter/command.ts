/** Which command it is, and what somebody needs for it; word counts as in mod_callcenter (freeswitch-callcenter 9). */
import type { CallcenterNeed } from '../callcenter-ports.js';
import { argumentsLengthMax, splitWords } from './split-words.js';

interface Action {
  /** words behind the action */
  readonly min: number;
  readonly max?: number;
  readonly need: CallcenterNeed;
}

const sections = {
  agent: {
    add: { min: 2, need: 'admin' },
    del: { min: 1, need: 'admin' },
    reload: { min: 1, need: 'admin' },
    set: { min: 3, need: 'admin' },
    get: { min: 2, need: 'view' },
    list: { min: 0, max: 1, need: 'view' },
  },
  tier: {
    add: { min: 2, need: 'admin' },
    set: { min: 4, need: 'admin' },
    del: { min: 2, need: 'admin' },
    reload: { min: 1, need: 'admin' },
    list: { min: 0, need: 'view' },
  },
  queue: {
    load: { min: 1, need: 'admin' },
    unload: { min: 1, need: 'admin' },
    reload: { min: 1, need: 'admin' },
    list: { min: 0, need: 'view' },
    count: { min: 0, need: 'view' },
  },
} as const satisfies Record<string, Record<string, Action>>;

/** What the engine keeps of an agent; all other keys are provisioned. */
export const runtimeKeys = ['status', 'state', 'state_if_waiting', 'uuid', 'ready_time'] as const;

export type CommandName = { [S in keyof typeof sections]: `${S} ${keyof (typeof sections)[S] & string}` }[keyof typeof sections];

export interface Command {
  readonly name: CommandName;
  readonly need: CallcenterNeed;
  /** words behind the action */
  readonly words: readonly string[];
}

/** `usage`: nothing was said; `invalid`: too few words, or too many; `unknown`: section or action. */
export function parseCommand(text: string): Command | 'usage' | 'invalid' | 'unknown' {
  if (text.length > argumentsLengthMax) return 'invalid';
  const [first, second, ...words] = splitWords(text);
  if (first === undefined) return 'usage';
  if (second === undefined) return 'invalid';
  const [section, action] = [first.toLowerCase(), second.toLowerCase()];
  const actions: Readonly<Record<string, Action>> = Object.hasOwn(sections, section) ? sections[section as keyof typeof sections] : {};
  const found = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!found) return 'unknown';
  if (words.length < found.min || words.length > (found.max ?? Infinity)) return 'invalid';
  const name = `${section} ${action}` as CommandName;
  return { name, need: needOf(name, found, words), words };
}

function needOf(name: CommandName, { need }: Action, [key = '']: readonly string[]): CallcenterNeed {
  return name === 'agent set' && (runtimeKeys as readonly string[]).includes(key.toLowerCase()) ? 'control' : need;
}
