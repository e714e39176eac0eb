/** Settings of a link to a FreeSWITCH event socket, with their defaults and the checks before the first connection. */
import { TandemError } from '../core/errors.js';
import { backoffDefaults } from './backoff.js';

export interface EslLinkOptions {
  /** name of the switch, part of every channel identity and a label of the metrics */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** `USER@DOMAIN` of the directory for `userauth`; '' or absent: the socket's own password */
  readonly user?: string;
  /** from the connection attempt until logged in, ms */
  readonly loginMsMax?: number;
  /** the answer to one command, ms; a later one ends the connection, since the order of answers is lost */
  readonly replyMsMax?: number;
  /** the result of a background job, ms */
  readonly jobMsMax?: number;
  readonly pingEveryMs?: number;
  /** the switch sends a HEARTBEAT every 20 s by default; none for this long ends the connection, ms */
  readonly heartbeatMsMax?: number;
  /** longest wait between two attempts, ms */
  readonly backoffCapMs?: number;
  /** after a refused login, ms */
  readonly refusedPauseMs?: number;
  /** the `onUp` hook, ms */
  readonly resyncMsMax?: number;
  /** events kept back while it runs */
  readonly heldEventsMax?: number;
}

export const eslLinkDefaults = {
  user: '',
  loginMsMax: 3_000,
  replyMsMax: 5_000,
  jobMsMax: 60_000,
  pingEveryMs: 10_000,
  heartbeatMsMax: 45_000,
  backoffCapMs: backoffDefaults.capMs,
  refusedPauseMs: 5_000,
  resyncMsMax: 10_000,
  heldEventsMax: 50_000,
} as const;

/** Throws TDM_BAD_SETTING: user and password go on the wire as they are, so each must be one line. */
export function checkEslOptions(options: EslLinkOptions): void {
  const bad = (what: string, why: string): never => {
    throw new TandemError('TDM_BAD_SETTING', [`event socket link "${options.name}" ${what}`, why]);
  };
  if (options.password === '' || /[\r\n\0]/.test(options.password)) bad('password', 'empty or with a line break');
  if (/[\r\n\0:]/.test(options.user ?? '')) bad('user', 'with a colon or a line break');
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) bad('port', 'not from 1 to 65535');
}
