/**
 * What an origin's answer to ccc_lead_info means (vicidial-ccc 4.4, right-hand column). Found only when
 * exactly one lead can be read from it; whatever is doubtful is not found, with a reason, because shifted
 * columns in a lead are worse than no lead.
 */
import { leadFields, leadFromFields } from '../leads/lead.js';
import type { LeadText } from '../leads/lead.js';
import type { PeerAnswer } from '../ports.js';
import { parseCsv } from './csv.js';
import type { AnswerFormat } from './peer-request.js';

export interface AnswerOptions {
  /** the format the request asked for; others are not guessed */
  readonly format: AnswerFormat;
  /** more than 30 fields are allowed and cut */
  readonly allowExtraFields: boolean;
}

/** Why an answer holds no lead. */
export type NoLeadReason =
  /** no call with this code in the window, or its lead is gone */
  | 'not-found'
  /** login, permission, address, lock-out */
  | 'auth'
  /** another ERROR line */
  | 'origin-error'
  | 'http-status'
  | 'empty'
  | 'too-short'
  | 'html'
  /** not exactly 30 fields, or values that cannot belong to their columns */
  | 'malformed';

/** Accepted, but somebody should look at the origin. */
export type AnswerWarning = 'status-5xx' | 'extra-lines' | 'extra-fields' | 'header-line' | 'not-json';

export type Answer =
  | { readonly found: true; readonly lead: LeadText; readonly warnings: readonly AnswerWarning[] }
  | { readonly found: false; readonly reason: NoLeadReason };

const bodyCharactersMin = 30; // the reference's own limit (S8)
const separators = { pipe: '|', csv: ',', tab: '\t' } as const;
const none = (reason: NoLeadReason): Answer => ({ found: false, reason });

const authTexts =
  /^ERROR: (?:Login incorrect|Too many login|Your IP Address|auth USER|ccc_lead_info USER DOES NOT HAVE PERMISSION|Invalid Username\/Password)/i;
const notFoundTexts = /^ERROR: ccc_lead_info (?:CALL|LEAD) NOT FOUND/i;

function errorReason(body: string): NoLeadReason | undefined {
  if (/^Login incorrect/i.test(body)) return 'auth';
  // With the blank: `ERROR:` alone may be the status of a lead.
  if (!/^ERROR: /i.test(body)) return undefined;
  if (authTexts.test(body)) return 'auth';
  return notFoundTexts.test(body) ? 'not-found' : 'origin-error';
}

const isHeader = (fields: readonly string[]): boolean => leadFields.every((name, i) => fields[i]?.trim().toLowerCase() === name);

const numeric = /^\s*[-+]?\d*(?:\.\d*)?\s*$/;
const numericFields = ['gmt_offset_now', 'called_count', 'rank'] as const;

/** Field 5 is a list id of at least 2 digits (S8), and number columns hold numbers: else columns are shifted. */
function isSane(lead: LeadText): boolean {
  return /^\d{2,20}$/.test(lead.list_id.trim()) && numericFields.every((field) => numeric.test(lead[field]));
}

interface Lines {
  readonly fields: readonly string[];
  readonly warnings: readonly AnswerWarning[];
}

/** One line per lead: header skipped wherever it stands first, then the first line counts. */
function readLines(body: string, separator: string): Lines | undefined {
  const lines = body.replace(/^[\r\n]+/, '').split(/\r?\n/);
  const warnings: AnswerWarning[] = [];
  let [first = '', ...rest] = lines;
  if (isHeader(first.split(separator))) {
    warnings.push('header-line');
    [first = '', ...rest] = rest;
  }
  if (first === '') return undefined;
  if (rest.some((line) => line.trim() !== '')) warnings.push('extra-lines');
  return { fields: first.split(separator), warnings };
}

/** One line per field; the last line feed ends the last field. */
function readFieldLines(body: string): Lines {
  const fields = body.replace(/\r?\n$/, '').split(/\r?\n/);
  return isHeader(fields) ? { fields: fields.slice(leadFields.length), warnings: ['header-line'] } : { fields, warnings: [] };
}

/** Quoted CSV: one record, line feeds inside its fields are data. */
function readRecords(body: string): Lines | undefined {
  const [first, ...rest] = parseCsv(body) ?? [];
  if (!first) return undefined;
  const [fields, others] = isHeader(first) ? [rest[0] ?? [], rest.slice(1)] : [first, rest];
  const warnings: AnswerWarning[] = isHeader(first) ? ['header-line'] : [];
  return { fields, warnings: others.length > 0 ? [...warnings, 'extra-lines'] : warnings };
}

/** The fields of the first lead in the body; undefined when there is none. */
function readFields(body: string, format: Exclude<AnswerFormat, 'json'>): Lines | undefined {
  if (format === 'newline') return readFieldLines(body);
  return format === 'csvq' ? readRecords(body) : readLines(body, separators[format]);
}

function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

/** `{"status":"NEW",...}`, also inside `lead` or `data`: all 30 names, values text, number or null. */
function leadFromJson(body: string): LeadText | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const outer = isRecord(value) ? value : {};
  const record = [outer['lead'], outer['data'], outer].find(isRecord) ?? {};
  const texts: string[] = [];
  for (const field of leadFields) {
    const x = record[field];
    if (x === null) texts.push('');
    else if (typeof x === 'string' || typeof x === 'number') texts.push(String(x));
    else return undefined;
  }
  return leadFromFields(texts);
}

/** The reason of a JSON refusal: `{"error":"..."}` with the text of the plain answers. */
function jsonError(body: string): NoLeadReason {
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value)) return 'malformed';
    const texts = [value['error'], value['message'], value['code']].filter((x) => typeof x === 'string');
    if (texts.length === 0) return 'malformed';
    const known = texts.map((text) => errorReason(text.startsWith('ERROR') ? text : `ERROR: ${text}`));
    return known.find((reason) => reason !== 'origin-error') ?? 'origin-error';
  } catch {
    return 'malformed';
  }
}

function readJson(body: string): Answer {
  const lead = leadFromJson(body);
  if (!lead) return none(jsonError(body));
  return isSane(lead) ? { found: true, lead, warnings: [] } : none('malformed');
}

function readText(body: string, options: AnswerOptions): Answer {
  const read = readFields(body, options.format === 'json' ? 'pipe' : options.format);
  if (!read) return none('malformed');
  const extra = read.fields.length - leadFields.length;
  if (extra < 0 || (extra > 0 && !options.allowExtraFields)) return none('malformed');
  const lead = leadFromFields(read.fields);
  if (!isSane(lead)) return none('malformed');
  return { found: true, lead, warnings: extra > 0 ? [...read.warnings, 'extra-fields'] : read.warnings };
}

function readBody(text: string, options: AnswerOptions): Answer {
  const body = text.replace(/^\uFEFF/, '');
  const trimmed = body.trim();
  if (trimmed === '') return none('empty');
  // Only the start of the body tells an error: a lead may hold any text (4.4).
  const error = errorReason(trimmed);
  if (error) return none(error);
  if (trimmed.startsWith('<')) return none('html');
  if (options.format === 'json' && /^[[{]/.test(trimmed)) return readJson(trimmed);
  if (trimmed.length < bodyCharactersMin) return none('too-short');
  const answer = readText(body, options);
  // A peer that does not know the format answers with pipes; the count of 30 still guards it.
  return answer.found && options.format === 'json' ? { ...answer, warnings: [...answer.warnings, 'not-json'] } : answer;
}

/** Classify one answer. `found: false` is exit B in every case; the reason is for metrics and logs. */
export function classify(answer: PeerAnswer, options: AnswerOptions): Answer {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return readBody(body, options);
  if (status === 401 || status === 403) return none('auth');
  if (status < 500) return none('http-status');
  // PHP 8.1 and newer answer 500 with the good line when only their log insert failed (3.6).
  const read = readBody(body, options);
  const isClean = read.found && !read.warnings.includes('extra-lines');
  return isClean ? { ...read, warnings: [...read.warnings, 'status-5xx'] } : none('http-status');
}
