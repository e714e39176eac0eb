/** Values of a list's cells: read strictly, or a problem with a code. Nothing is repaired that could mean something else. */
import { instantOf, isZone } from '../time.js';
import { dayStart } from '../reports/calendar.js';

/** What is wrong with a line. Stable: they stand in files of rejected lines. */
export const listProblems = {
  'line-too-long': 'the line is longer than allowed',
  encoding: 'it is not UTF-8; say encoding=latin1 when the file is in Latin-1',
  quote: 'a quote is not closed, or stands inside of a value',
  json: 'it is no JSON object',
  columns: 'there are more values than columns',
  type: 'text, number or truth value expected',
  missing: 'it is empty',
  characters: 'it holds characters that may not occur here',
  length: 'it is too long',
  'scientific-notation': 'a spreadsheet has turned the number into 1.23E+11 and lost digits; format the column as text',
  decimal: 'a spreadsheet has turned the number into a decimal; format the column as text',
  'lost-prefix': 'it is neither international (+ or 00) nor national (with its leading 0): a spreadsheet may have cut it off',
  extension: 'a number with an extension cannot be dialled; put the extension into a column of its own',
  'not-a-number': 'no telephone number of its country has this length',
  'too-many-numbers': 'too many numbers in one contact',
  country: 'it is no country of two letters',
  'time-zone': 'it is no IANA time zone',
  region: 'it is no region such as FL or US-FL',
  priority: 'it is no whole number from 1 to 10',
  time: 'it is no time such as 2026-11-30T09:00, 2026-11-30T09:00:00Z, 2026-11-30, or Unix milliseconds',
  'time-order': 'the end is not after the begin',
  truth: 'neither yes nor no',
  'data-too-large': 'the further columns of the line are more than 4 KiB',
  'id-too-long': 'the id is longer than 100 characters',
  'blocked-dnc': 'the number is on a list of numbers that must not be called',
} as const;
export type ListProblem = keyof typeof listProblems;

export interface Wrong {
  readonly wrong: ListProblem;
}
export const wrong = (code: ListProblem): Wrong => ({ wrong: code });
export const isWrong = (value: unknown): value is Wrong => typeof value === 'object' && value !== null && 'wrong' in value;

/** Spreadsheets show a text as such by an apostrophe before it; our own exports do so too. */
export const withoutApostrophe = (text: string): string => (/^'[=+\-@\t\r\n]/.test(text) ? text.slice(1) : text);

// ------------------------------------------------------------------ words

const yes = new Set(['yes', 'y', 'true', '1', 'ja', 'j', 'oui', 'si', 'x']);
const no = new Set(['no', 'n', 'false', '0', 'nein', 'non']);

export function truthOf(text: string): boolean | Wrong {
  const word = text.toLowerCase();
  if (yes.has(word)) return true;
  return no.has(word) ? false : wrong('truth');
}

export function priorityOf(text: string): number | Wrong {
  return /^(?:[1-9]|10)$/.test(text) ? Number(text) : wrong('priority');
}

export const countryOf = (text: string): string | Wrong => (/^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : wrong('country'));

const zones = new Map<string, boolean>();
const zonesMax = 1_000;

export function zoneOf(text: string): string | Wrong {
  let isKnown = zones.get(text);
  if (isKnown === undefined) {
    if (zones.size >= zonesMax) zones.clear();
    // an offset is no zone: it knows no change of the clock
    zones.set(text, (isKnown = text.length <= 40 && !/^[+-]/.test(text) && isZone(text)));
  }
  return isKnown ? text : wrong('time-zone');
}

/** ISO 3166-2; what stands behind the hyphen alone belongs to `country`. */
export function regionOf(text: string, country: string): string | Wrong {
  const word = text.toUpperCase();
  if (/^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(word)) return word;
  if (!/^[A-Z0-9]{1,3}$/.test(word)) return wrong('region');
  return country === '' ? wrong('region') : `${country}-${word}`;
}

/** As `checkText` of A2: at most `max` characters of `pattern`. */
export function wordOf(text: string, max: number, pattern: RegExp): string | Wrong {
  if (text.length > max) return wrong('length');
  return pattern.test(text) ? text : wrong('characters');
}

// ------------------------------------------------------------------ times

const withZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)$/;
const local = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?$/;
const dateOnly = /^\d{4}-\d\d-\d\d$/;
const dayMs = 86_400_000;

/** Unix ms. Without an offset it is a time of `zone`; a date alone is its begin, or as an `end` its end. */
export function timeOf(text: string, zone: string, edge: 'start' | 'end'): number | Wrong {
  if (/^\d{13}$/.test(text)) return Number(text);
  if (withZone.test(text)) return finite(Date.parse(text.replace(' ', 'T')));
  const found = local.exec(text);
  if (found) return wall(`${found[1] ?? ''} ${found[2] ?? ''}${found[3] ?? ':00'}`, zone);
  if (!dateOnly.test(text)) return wrong('time');
  const noon = wall(`${text} 12:00:00`, zone);
  if (isWrong(noon)) return noon;
  return edge === 'start' ? dayStart(noon, zone) : dayStart(noon + dayMs, zone);
}

/** The 30th of February is none. */
function wall(text: string, zone: string): number | Wrong {
  const asUtc = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 10) !== text.slice(0, 10)) return wrong('time');
  return finite(instantOf(text, zone) ?? NaN);
}

const finite = (ms: number): number | Wrong => (Number.isFinite(ms) ? ms : wrong('time'));
