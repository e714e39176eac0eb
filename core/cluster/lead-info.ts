/**
 * The text side of `ccc_lead_info` and `version`: which codes are asked for, how a lead is written,
 * and the exact answers (vicidial-ccc 3.2, 3.3, 3.7, API-2, API-3). Every text ends in one line feed.
 */
import { leadFields, type LeadText } from '../leads/lead.js';
import { localTime, offsetMinutes, sqlDateTime } from '../time.js';

export const leadInfoFunction = 'ccc_lead_info';

/** Output forms; `json` and `csvq` are ours, the others VICIdial's. */
export type Stage = 'pipe' | 'csv' | 'tab' | 'newline' | 'json' | 'csvq';

const delimiters = { pipe: '|', csv: ',', tab: '\t', newline: '\n' } as const;
/** Line ends and tabs break a stock client's line, the delimiter shifts its columns (API-2). */
const unsafe = { pipe: /[\r\n\t|]/g, csv: /[\r\n\t,]/g, tab: /[\r\n\t]/g, newline: /[\r\n\t]/g } as const;
const contentTypes: Partial<Record<Stage, string>> = { json: 'application/json; charset=utf-8', csvq: 'text/csv; charset=utf-8' };

/** Case-sensitive; every unknown value means `pipe`. */
export function readStage(text: string): Stage {
  return Object.hasOwn(delimiters, text) || text === 'json' || text === 'csvq' ? (text as Stage) : 'pipe';
}

/** Content type of a lead in this form. */
export function stageContentType(stage: Stage): string {
  return contentTypes[stage] ?? 'text/html; charset=utf-8';
}

/** RFC 4180: quoted where needed, quotes doubled. */
function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The answer's body: optional header line, then the 30 fields in order. */
export function formatLead(lead: LeadText, stage: Stage, header: boolean): string {
  if (stage === 'json') return `${JSON.stringify(Object.fromEntries(leadFields.map((field) => [field, lead[field]])))}\n`;
  if (stage === 'csvq') {
    const names = header ? `${leadFields.join(',')}\r\n` : '';
    return `${names}${leadFields.map((field) => quoted(lead[field])).join(',')}\r\n`;
  }
  const delimiter = delimiters[stage];
  const names = header ? `${leadFields.join(delimiter)}\n` : '';
  return `${names}${leadFields.map((field) => lead[field].replace(unsafe[stage], ' ')).join(delimiter)}\n`;
}

/** Codes the API takes: 18 to 39 characters with a known prefix (2.2); a V prefix covers VH. */
export function isKnownCode(code: string): boolean {
  return code.length >= 18 && code.length <= 39 && /^(?:[YJVMS]|DC|LP|XL)/.test(code);
}

/** The log whose row proves a code (2.3). */
export function proofLogOf(code: string): 'extended' | 'dial' {
  return code.startsWith('DC') ? 'dial' : 'extended';
}

/** Why a login was refused, in the words of the answer. */
export type LoginRefusal = 'BAD' | 'LOCK' | 'IPBLOCK' | '2FA' | 'RATE';

/** `U` and `S` are filtered texts; a password is never repeated (API-3). */
export const leadInfoAnswers = {
  login(user: string, refusal: LoginRefusal, address: string): string {
    if (refusal === 'LOCK') return `ERROR: Too many login attempts, try again in 15 minutes: |${user}|LOCK|\n`;
    if (refusal === 'IPBLOCK') return `ERROR: Your IP Address is not allowed: ${address}: ||IPBLOCK|\n`;
    if (refusal === 'RATE') return `ERROR: Too many requests, try again later: |${user}|RATE|\n`;
    return `ERROR: Login incorrect, please try again: |${user}||${refusal}|\n`;
  },
  noFunction: () => 'ERROR: NO FUNCTION SPECIFIED\n',
  invalidSource: (source: string) => `ERROR: Invalid Source - ${source}\nERROR: Invalid Source: |${source}|\n`,
  functionNotAllowed: (user: string) => `ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |${user}|${leadInfoFunction}|\n`,
  noPermission: (user: string) => `ERROR: ${leadInfoFunction} USER DOES NOT HAVE PERMISSION TO GET LEAD INFO: |${user}|0|\n`,
  invalidParameters: (user: string, code: string) => `ERROR: ${leadInfoFunction} INVALID SEARCH PARAMETERS: ${user}|${code}\n`,
  callNotFound: (user: string, agent: string) => `ERROR: ${leadInfoFunction} CALL NOT FOUND: ${user}|${agent}\n`,
  leadNotFound: (user: string, agent: string) => `ERROR: ${leadInfoFunction} LEAD NOT FOUND: ${user}|${agent}\n`,
  leadRestricted: (user: string) => `ERROR: ${leadInfoFunction} LEAD NOT FOUND: |${user}|1|\n`,
} as const;

/** What `version` tells about us; `ccc` is the level by which two of our nodes recognise each other. */
export interface VersionFacts {
  readonly version: string;
  readonly build: string;
  readonly zone: string;
  /** local_gmt of the first active server row, e.g. `-5.00`; undefined without one: the zone's standard time counts */
  readonly localGmt: string | undefined;
}

export const cccLevel = 2;

/** Minutes that `zone` is ahead of UTC in its standard time, in the year of the instant. */
function standardMinutes(nowMs: number, zone: string): number {
  const { year } = localTime(nowMs, zone);
  return Math.min(offsetMinutes(Date.UTC(year, 0, 1), zone), offsetMinutes(Date.UTC(year, 6, 1), zone));
}

/** The one line of `version` without its line feed. */
export function versionText(facts: VersionFacts, nowMs: number): string {
  const standard = standardMinutes(nowMs, facts.zone);
  const isDst = offsetMinutes(nowMs, facts.zone) > standard;
  const gmt = facts.localGmt ?? (standard / 60).toFixed(2);
  const gmtNow = isDst ? String(Number(gmt) + 1) : gmt;
  const clock = `DATE: ${sqlDateTime(nowMs, facts.zone)}|EPOCH: ${Math.floor(nowMs / 1000)}|DST: ${isDst ? 1 : 0}`;
  return `VERSION: ${facts.version}|BUILD: ${facts.build}|${clock}|TZ: ${gmt}|TZNOW: ${gmtNow}|CCC: ${cccLevel}|`;
}

const coffeeFunctions: readonly string[] = ['coffee', 'start_coffee', 'make_coffee', 'brew_coffee'];

/** The reference's joke (3.7): the text for status 418, or undefined. */
export function coffeeText(name: string): string | undefined {
  return coffeeFunctions.includes(name) ? `Coffee: ${name}|Error 418 I'm a teapot\n` : undefined;
}
