/**
 * What a caller's dialplan asks of `queue_entry`: positional `queue,prefix,max_wait,priority`, and `name=value`
 * anywhere among them. What is not given there comes from `?name=value` of the address, and then from the channel
 * variable `tandem_<name>`. Everything is checked before anything is done; TDM_BAD_VALUE names what is wrong.
 */
import type { SkillNeed } from '../acd/config.js';
import type { Call } from '../call.js';
import { checkInteger, checkName, checkPrefix } from '../dial-string.js';
import { TandemError } from '../errors.js';
import { readVariables } from './read-variables.js';
import { checkKeys, checkLabel, checkLanguage, checkNumber, checkText300, readNames, readSkills } from './queue-values.js';

/** Longest wait that may be asked for, and highest positional priority. */
export const maxWaitSMax = 86_400;
export const queuePriorityMax = 1_000_000;
/** Largest score either way, s; and OpenSIPS's largest priority number. */
export const baseScoreSMax = 1_000_000;
export const namedPriorityMax = 4_294_967_295;
export const paramBytesMax = 1_000;

export interface QueueRequest {
  readonly queue: string;
  /** shown before the caller's name on the agent's phone */
  readonly callerIdPrefix?: string | undefined;
  readonly maxWaitS?: number | undefined;
  /** higher is served earlier: seconds of waiting granted; QUEUE_PRIO, cc_base_score of the switch's queues */
  readonly priority?: number | undefined;

  // the rest is for Tandem's own queues
  /** OpenSIPS's: smaller is served earlier, instead of the queue's */
  readonly queuePriority?: number | undefined;
  /** seconds of waiting granted; undefined = cc_base_score */
  readonly baseScoreS?: number | undefined;
  readonly needs?: readonly SkillNeed[] | undefined;
  readonly exitKeys?: string | undefined;
  readonly language?: string | undefined;
  readonly music?: string | undefined;
  /** personal agent */
  readonly agent?: string | undefined;
  /** the call is the one that was called back for this member */
  readonly callbackOf?: string | undefined;
  /** opaque, kept with the call (O84) */
  readonly param?: string | undefined;
  /** variables copied to the agent's leg */
  readonly exportNames?: readonly string[] | undefined;
  /** shown to the agent instead of the caller's own */
  readonly number?: string | undefined;
  readonly name?: string | undefined;
}

type Names = 'queue' | 'prefix' | 'max_wait' | 'priority' | NativeNames;
type NativeNames =
  'base_score' | 'skills' | 'exit_keys' | 'language' | 'moh' | 'agent' | 'callback' | 'param' | 'export' | 'number' | 'name';

/** Each name with its channel variable. FreeSWITCH reads names in any letter case, so none may be that of a result. */
const variableOf: Readonly<Record<Names, string>> = {
  queue: 'tandem_queue',
  prefix: 'tandem_prefix',
  max_wait: 'tandem_max_wait',
  priority: 'tandem_priority',
  base_score: 'tandem_base_score',
  skills: 'tandem_skills',
  exit_keys: 'tandem_exit_keys',
  language: 'tandem_language',
  moh: 'tandem_moh',
  // TANDEM_AGENT is a result
  agent: 'tandem_personal_agent',
  callback: 'tandem_callback',
  param: 'tandem_param',
  export: 'tandem_export',
  number: 'tandem_number',
  name: 'tandem_name',
};

/** Names of all values, for the documentation's test. */
export const requestNames: readonly string[] = Object.entries(variableOf).flat();

const allNames = Object.keys(variableOf) as readonly Names[];
const fewNames: readonly Names[] = ['queue', 'prefix', 'max_wait', 'priority'];
const positions: readonly (Names | 'points')[] = ['queue', 'prefix', 'max_wait', 'points'];

type Texts = Partial<Record<Names | 'points', string>>;

/** `wide`: for Tandem's own queues. The switch's queues know four values, so only those variables are asked for. */
export async function readQueueRequest(call: Call, wide: boolean): Promise<QueueRequest> {
  const given = argumentTexts(call.args);
  for (const name of allNames) if (given[name] === undefined && call.query.has(name)) given[name] = call.query.get(name) ?? '';
  // refused before the channel is asked for anything
  if (given.queue !== undefined) requestOf(given);
  const missing = (wide ? allNames : fewNames).filter((name) => given[name] === undefined);
  const values = await readVariables(
    call,
    missing.map((name) => variableOf[name]),
  );
  for (const name of missing) {
    const value = values.get(variableOf[name]);
    if (value !== undefined) given[name] = value;
  }
  return requestOf(given);
}

function argumentTexts(args: readonly string[]): Texts {
  const texts: Texts = {};
  const plain: string[] = [];
  for (const text of args) {
    const [, written, value = ''] = /^\s*([A-Za-z][A-Za-z_-]*)=(.*)$/s.exec(text) ?? [];
    if (written === undefined) {
      plain.push(text);
      continue;
    }
    const name = written.toLowerCase().replaceAll('-', '_') as Names;
    if (!allNames.includes(name)) throw refused('argument', `there is none with the name ${written.slice(0, 40)}`);
    if (texts[name] !== undefined) throw refused(name, 'it is given twice');
    texts[name] = value;
  }
  if (plain.length > positions.length) throw refused('queue_entry', 'at most queue, prefix, max wait and priority without names');
  positions.forEach((name, at) => {
    const value = plain[at] ?? '';
    if (value === '') return;
    if (texts[name] !== undefined) throw refused(name, 'it is given twice');
    texts[name] = value;
  });
  return texts;
}

function requestOf(texts: Texts): QueueRequest {
  const some = <T>(name: keyof Texts, read: (text: string) => T): T | undefined => {
    const text = texts[name] ?? '';
    return text === '' ? undefined : read(text);
  };
  const whole = (name: keyof Texts, what: string, min: number, max: number) => some(name, (text) => checkInteger(what, text, min, max));
  return checkQueueRequest({
    queue: texts.queue ?? '',
    callerIdPrefix: some('prefix', String),
    maxWaitS: whole('max_wait', 'max wait', 0, maxWaitSMax),
    priority: whole('points', 'priority', 0, queuePriorityMax),
    queuePriority: whole('priority', 'priority', 0, namedPriorityMax),
    baseScoreS: whole('base_score', 'base score', -baseScoreSMax, baseScoreSMax),
    needs: some('skills', readSkills),
    // an empty one given takes the queue's keys away
    exitKeys: texts.exit_keys,
    language: some('language', String),
    music: some('moh', String),
    agent: some('agent', String),
    callbackOf: some('callback', String),
    param: some('param', String),
    exportNames: some('export', readNames),
    number: some('number', String),
    name: some('name', String),
  });
}

/** Everything that will reach the switch, or TDM_BAD_VALUE before anything is done. A wait of 0 is none given. */
export function checkQueueRequest(request: QueueRequest): QueueRequest {
  checkName('queue', request.queue);
  if (request.callerIdPrefix !== undefined) checkPrefix(request.callerIdPrefix);
  if (request.maxWaitS !== undefined) checkInteger('max wait', String(request.maxWaitS), 0, maxWaitSMax);
  if (request.priority !== undefined) checkInteger('priority', String(request.priority), 0, queuePriorityMax);
  if (request.exitKeys !== undefined) checkKeys(request.exitKeys);
  if (request.language !== undefined) checkLanguage(request.language);
  if (request.music !== undefined) checkText300('moh', request.music);
  if (request.agent !== undefined) checkLabel('agent', 'queue', request.agent);
  if (request.callbackOf !== undefined) checkLabel('callback', 'uuid', request.callbackOf);
  if (request.param !== undefined) checkText300('param', request.param, paramBytesMax);
  if (request.number !== undefined) checkNumber(request.number);
  if (request.name !== undefined) checkText300('name', request.name);
  return { ...request, maxWaitS: request.maxWaitS === 0 ? undefined : request.maxWaitS };
}

const refused = (what: string, why: string): TandemError => new TandemError('TDM_BAD_VALUE', [what, why]);
