/** Settings of a link to an Asterisk manager, with their defaults and the checks before the first connection. */
import { TandemError } from '../core/errors.js';
import { backoffDefaults } from './backoff.js';

export interface AmiLinkOptions {
  /** name of the switch, part of every channel identity and a label of the metrics */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly secret: string;
  readonly eventMask?: string;
  readonly loginMsMax?: number;
  readonly actionMs?: number;
  readonly pingEveryMs?: number;
  readonly pingMsMax?: number;
  /** actions that wait for an answer at the same time */
  readonly pendingMax?: number;
  /** longest wait between two attempts, ms */
  readonly backoffCapMs?: number;
  /** each list of the resynchronisation, and the `onUp` hook as well, ms */
  readonly resyncMsMax?: number;
  /** events kept back while a resynchronisation runs */
  readonly heldEventsMax?: number;
}

export const amiLinkDefaults = {
  eventMask: 'system,call,agent,user,dtmf,cdr',
  loginMsMax: 5_000,
  actionMs: 5_000,
  pingEveryMs: 10_000,
  pingMsMax: 5_000,
  pendingMax: 1_000,
  backoffCapMs: backoffDefaults.capMs,
  resyncMsMax: 10_000,
  heldEventsMax: 50_000,
} as const;

/** No setting may make the link wait longer than this (user-needs 10). */
export const backoffCapMsMax = 30_000;

/** A connection that lived this long counts as a good one: the next waiting time starts from the shortest again. */
export const stableMs = 10_000;

/** Throws TDM_BAD_SETTING. The library writes user and secret on the wire as they are, so they must be one line each (M7). */
export function checkAmiOptions(options: AmiLinkOptions): void {
  const bad = (what: string, why: string): never => {
    throw new TandemError('TDM_BAD_SETTING', [`manager link "${options.name}" ${what}`, why]);
  };
  for (const key of ['user', 'secret', 'eventMask'] as const) {
    const value = options[key];
    // eslint-disable-next-line no-control-regex -- no control character belongs into a login
    if (value !== undefined && (value === '' || /[\u0000-\u001f]/.test(value))) bad(key, 'empty or with control characters');
  }
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) bad('port', 'not from 1 to 65535');
  if ((options.backoffCapMs ?? backoffDefaults.capMs) > backoffCapMsMax) bad('backoffCapMs', `more than ${backoffCapMsMax} ms`);
}
