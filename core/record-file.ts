/**
 * Name of a recording from a queue's template (`record-template` of mod_callcenter). Expanded are values of ours, listed
 * below, and nothing of the switch: a caller who calls himself `../../etc` records into a file with underscores.
 */
import { TandemError } from './errors.js';
import { localTime, pad2 } from './time.js';

/** Longest name, in characters, with its folders. */
export const recordFileLengthMax = 200;

/** What a template may name as `${name}`; mod_callcenter's usual names are among them. */
export interface RecordFileValues {
  readonly queue: string;
  readonly agent: string;
  readonly offer: string;
  readonly member: string;
  /** unique id of the caller's channel */
  readonly uuid: string;
  readonly caller_id_number: string;
  readonly caller_id_name: string;
  /** what the caller dialled, or '' */
  readonly destination_number: string;
}

export interface RecordClock {
  readonly nowMs: number;
  /** IANA zone of dates and hours */
  readonly zone: string;
}

const formats: Readonly<Record<string, string>> = { date: '%Y-%m-%d', time: '%H-%M-%S', strftime: '%Y-%m-%d-%H-%M-%S' };
/** Others are part of the name: a channel's id ends with `.20` */
const audioEnding = /\.(?:wav|wav49|gsm|ulaw|alaw|g722|sln|sln16|ogg|mp3|mp4|mkv)$/i;
const place = /\$?\$\{([a-z_]+)(?:\(([^)}]*)\))?\}/g;

/**
 * The file's name; one without a folder before it lies in the switch's folder for recordings. `.wav` is added when there
 * is no ending. Also `${date}`, `${time}`, `${epoch}`, `${strftime(%Y/%m)}`; `$${recordings_dir}/` stands for that folder.
 * Throws TDM_BAD_VALUE for a name of ours that does not exist, a step upwards, or a result that is too long.
 */
export function recordFile(template: string, values: RecordFileValues, clock: RecordClock): string {
  const named = new Map<string, string>(Object.entries(values));
  const expanded = template
    .trim()
    .replace(/^\$\$?\{(?:recordings_dir|base_dir)\}\/*/, '')
    .replace(place, (_, name: string, format: string | undefined) => {
      if (name === 'epoch') return String(Math.floor(clock.nowMs / 1_000));
      const pattern = name === 'strftime' ? (format ?? formats['strftime']) : formats[name];
      if (pattern !== undefined) return strftime(pattern, clock);
      return harmless(named.get(name) ?? refuse(`\${${name}} is no value of Tandem`));
    });
  return checked(audioEnding.test(expanded) ? expanded : `${expanded}.wav`);
}

/** Why a template cannot be used; undefined when it can. */
export function recordTemplateProblem(template: string): string | undefined {
  const blank = { queue: 'q', agent: 'a', offer: 'o', member: 'm', uuid: 'u', caller_id_number: '1', caller_id_name: 'n' };
  try {
    recordFile(template, { ...blank, destination_number: '1' }, { nowMs: 0, zone: 'UTC' });
    return undefined;
  } catch (error) {
    return error instanceof TandemError ? error.message : String(error);
  }
}

function checked(file: string): string {
  if (file.length > recordFileLengthMax) refuse(`the name is longer than ${recordFileLengthMax} characters`);
  if (!/^\/?[A-Za-z0-9_@+=.-]+(?:\/[A-Za-z0-9_@+=.-]+)*$/.test(file)) refuse('letters, digits, _ @ + = . - and folders only');
  if (file.split('/').some((part) => part.startsWith('.'))) refuse('no part of the name may begin with a dot');
  return file;
}

/** A value as a piece of one file's name: never a folder, never hidden, never empty. */
const harmless = (value: string): string =>
  value
    .replace(/[^A-Za-z0-9_@+=.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80) || 'none';

function strftime(format: string, { nowMs, zone }: RecordClock): string {
  const t = localTime(nowMs, zone);
  const parts: Readonly<Record<string, string>> = {
    Y: String(t.year),
    m: pad2(t.month),
    d: pad2(t.day),
    H: pad2(t.hour),
    M: pad2(t.minute),
    S: pad2(t.second),
  };
  return format.replace(/%(.)/g, (_, letter: string) => parts[letter] ?? refuse(`%${letter} of strftime: only %Y %m %d %H %M %S`));
}

function refuse(problem: string): never {
  throw new TandemError('TDM_BAD_VALUE', ['record template', problem]);
}
