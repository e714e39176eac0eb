/**
 * mod_callcenter's variables on a caller's channel (freeswitch-callcenter 11), for dialplans that set them already.
 * What an argument says wins. They are read as leniently as there: what cannot be used is left out with a warning,
 * and never costs the caller the place.
 */
import type { Call } from '../call.js';
import { displayName, nameProblem, prefixProblem, textProblem } from '../dial-string.js';
import type { Log } from '../ports.js';
import { baseScoreSMax } from './queue-request.js';
import type { QueueRequest } from './queue-request.js';
import { canTravel, exportNamesMax } from './queue-values.js';
import { readVariables } from './read-variables.js';

const announcementsMax = 10;
const playableBytesMax = 300;
/** Of one exported value, and of all together: they go through one command of the switch. */
const valueBytesMax = 1_000;
const valuesBytesMax = 4_000;

export interface CallerWishes {
  readonly baseScoreS: number;
  readonly music: string | undefined;
  readonly exitKeys: string | undefined;
  readonly callerIdPrefix: string | undefined;
  readonly agentAnnouncements: readonly string[] | undefined;
  /** undefined: the caller's own */
  readonly number: string | undefined;
  readonly name: string | undefined;
  readonly rootId: string | undefined;
  readonly exported: Readonly<Record<string, string>>;
}

const names = {
  baseScore: 'cc_base_score',
  music: 'cc_moh_override',
  exitKeys: 'cc_exit_keys',
  prefix: 'cc_outbound_cid_name_prefix',
  announce: 'cc_outbound_announce',
  number: 'effective_caller_id_number',
  name: 'effective_caller_id_name',
  exported: 'cc_export_vars',
  bridgeFailed: 'cc_bridge_failed_outbound_announce',
  rootId: 'TANDEM_ROOT_ID',
} as const;
type Key = keyof typeof names;

/** Rejects like getVariable, TDM_CALL_GONE above all. */
export async function readWishes(call: Call, request: QueueRequest, log: Log): Promise<CallerWishes> {
  const warn = (name: string, why: string) => log.warn({ call: call.uniqueId, name, why }, 'queue entry: variable left out');
  const given = await readGiven(call, request, warn);
  const text = (key: Key): string | undefined => {
    const value = given.get(key);
    if (value === undefined || value === '') return undefined;
    const problem = textProblem(value, playableBytesMax);
    if (problem === undefined) return value;
    warn(names[key], problem);
    return undefined;
  };
  const bridgeFailed = text('bridgeFailed');
  return {
    baseScoreS: request.baseScoreS ?? wholeNumber(text('baseScore')),
    music: request.music ?? text('music'),
    exitKeys: request.exitKeys ?? keysOf(text('exitKeys')),
    callerIdPrefix: request.callerIdPrefix ?? prefixOf(text('prefix'), warn),
    agentAnnouncements: announcementsOf(call, text('announce'), warn),
    number: request.number ?? text('number'),
    name: request.name ?? text('name'),
    rootId: plainId(text('rootId')),
    exported: {
      ...(await readExported(call, [...(request.exportNames ?? []), ...exportNamesOf(given.get('exported'), warn)], warn)),
      ...(bridgeFailed !== undefined && canTravel(names.bridgeFailed, bridgeFailed) && { [names.bridgeFailed]: bridgeFailed }),
    },
  };
}

/** Only what no argument says: each variable is a question to the switch. */
async function readGiven(call: Call, request: QueueRequest, warn: Warn): Promise<ReadonlyMap<Key, string | undefined>> {
  const said: Partial<Record<Key, unknown>> = {
    baseScore: request.baseScoreS,
    music: request.music,
    exitKeys: request.exitKeys,
    prefix: request.callerIdPrefix,
    number: request.number,
    name: request.name,
  };
  const keys = (Object.keys(names) as Key[]).filter((key) => said[key] === undefined);
  const values = await readVariables(
    call,
    keys.map((key) => names[key]),
    warn,
  );
  return new Map(keys.map((key) => [key, values.get(names[key])]));
}

type Warn = (name: string, why: string) => void;

/** As C's atoi reads it: the digits at the beginning, 0 without any. */
function wholeNumber(text: string | undefined): number {
  const digits = /^\s*([-+]?\d{1,10})/.exec(text ?? '')?.[1];
  return digits === undefined ? 0 : Math.max(-baseScoreSMax, Math.min(baseScoreSMax, Number(digits)));
}

/** undefined: the queue's keys. A letter among them can never be pressed. */
function keysOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : [...new Set(text.replace(/[^0-9*#]/g, ''))].join('');
}

function prefixOf(text: string | undefined, warn: Warn): string | undefined {
  if (text === undefined) return undefined;
  const problem = prefixProblem(text);
  if (problem === undefined) return text;
  warn(names.prefix, problem);
  return displayName(text)
    .replace(/[^\p{L}\p{N} _.-]/gu, '')
    .slice(0, 40);
}

/** One file, or `ARRAY::one::two`. */
function announcementsOf(call: Call, text: string | undefined, warn: Warn): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const files = text.startsWith('ARRAY::') ? text.slice('ARRAY::'.length).split('::') : [text];
  // Asterisk plays names only; FreeSWITCH also streams and tones
  const usable = files.filter((file) => file !== '' && (call.switchKind === 'freeswitch' || nameProblem('prompt', file) === undefined));
  if (usable.length < files.length) warn(names.announce, 'it has a file that cannot be played');
  return usable.length === 0 ? undefined : usable.slice(0, announcementsMax);
}

function plainId(text: string | undefined): string | undefined {
  return text !== undefined && nameProblem('uuid', text) === undefined ? text : undefined;
}

function exportNamesOf(list: string | undefined, warn: Warn): readonly string[] {
  const given = (list ?? '').split(',').map((name) => name.trim().replace(/^_{1,2}/, ''));
  const usable = given.filter((name) => nameProblem('variable', name) === undefined);
  if (list !== undefined && list !== '' && usable.length < given.length) warn(names.exported, 'it has something that is no variable');
  return usable;
}

async function readExported(call: Call, wanted: readonly string[], warn: Warn): Promise<Record<string, string>> {
  const list = [...new Set(wanted)].slice(0, exportNamesMax);
  const values = await readVariables(call, list, warn);
  const exported: Record<string, string> = {};
  let bytes = 0;
  values.forEach((value, name) => {
    bytes += value.length;
    if (textProblem(value, valueBytesMax) === undefined && canTravel(name, value) && bytes <= valuesBytesMax) exported[name] = value;
    else warn(name, 'its value cannot go to the agent');
  });
  return exported;
}
