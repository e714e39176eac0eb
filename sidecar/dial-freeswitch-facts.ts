/** What FreeSWITCH's events and answers say of calls to customers; seen on FreeSWITCH 1.10.12 (`test/fixtures/dialer/`). */
import type { DialSwitchEvent } from '../core/dialer/engine-words.js';
import type { GatewayState } from '../core/dialer/words.js';
import { TandemError } from '../core/errors.js';
import type { SwitchEvent } from '../esl-outbound/event.js';

type Ended = Extract<DialSwitchEvent, { readonly type: 'call-ended' }>;

/** Microseconds as FreeSWITCH writes them, as Unix ms; 0 and what is no number are none. */
export function msOfMicros(text: string | undefined): number | undefined {
  const micros = /^\d{13,17}$/.test(text ?? '') ? Number(text) : 0;
  return micros > 0 ? Math.floor(micros / 1_000) : undefined;
}

/** The switch's moment of an event, else `nowMs`. */
export const momentOf = (event: SwitchEvent, nowMs: number): number => msOfMicros(event.get('Event-Date-Timestamp')) ?? nowMs;

const numberOf = (text: string | undefined): number | undefined => (/^\d{1,3}$/.test(text ?? '') ? Number(text) : undefined);

/** What is known of the call besides the event. */
export interface Before {
  readonly hadProgress: boolean;
  /** we have hung it up: what the far end says to our CANCEL is no news */
  readonly isOurs: boolean;
}

/** A11, from CHANNEL_HANGUP_COMPLETE. */
export function endOf(event: SwitchEvent, callId: string, before: Before, nowMs: number): Ended {
  const answeredAtMs = msOfMicros(event.variable('answer_uepoch'));
  const heard = [event.variable('progress_uepoch'), event.variable('progress_media_uepoch')].some((text) => msOfMicros(text) !== undefined);
  const disposition = event.variable('sip_hangup_disposition');
  // 487 answers our own CANCEL, also the one that FreeSWITCH sends when its time to ring is over
  const refused = before.isOurs || disposition === 'send_cancel' ? undefined : event.variable('sip_invite_failure_status');
  return {
    type: 'call-ended',
    callId,
    atMs: momentOf(event, nowMs),
    cause: event.get('Hangup-Cause') ?? event.variable('hangup_cause') ?? 'NORMAL_UNSPECIFIED',
    q850: numberOf(event.variable('hangup_cause_q850')),
    sip: numberOf(event.variable('sip_term_status') ?? refused),
    hadProgress: before.hadProgress || heard || answeredAtMs !== undefined,
    answeredAtMs,
    bridgedAtMs: msOfMicros(event.variable('bridge_uepoch')),
    endedBy: before.isOurs ? 'us' : endedBy(disposition),
    recording: event.variable('tandem_recording'),
  };
}

/** `recv_bye`, `send_bye`, ...: seen from the switch, whose other side is the carrier. */
function endedBy(disposition: string | undefined): Ended['endedBy'] {
  if (disposition?.startsWith('recv_')) return 'customer';
  return disposition?.startsWith('send_') ? 'us' : 'unknown';
}

/** The word behind `-ERR`, e.g. `USER_BUSY`; a sentence is none. */
export function causeOf(refusal: string): string {
  const word = refusal.trim();
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(word) ? word : 'INVALID_URL';
}

/** A8: `sofia status gateway <id>`. Throws TDM_PROTOCOL for what is neither. */
export function gatewayStateOf(output: string): GatewayState {
  if (output.includes('Invalid Gateway!')) return 'invalid';
  const status = /^Status\s+(\S+)/m.exec(output)?.[1] ?? '';
  if (status.startsWith('UP')) return 'up';
  if (status.startsWith('DOWN')) return 'down';
  throw new TandemError('TDM_PROTOCOL', ['FreeSWITCH', `state of a gateway: ${JSON.stringify(output.slice(0, 80))}`]);
}

/** `fsctl sps` */
export function callsPerSecondOf(output: string): number | undefined {
  const found = /sessions per second: (\d{1,7})/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Extensions that only prepare a call for the next one: they take every number and lead nowhere. */
const goesOn = /<extension\b[^>]*\bcontinue="true"[^>]*>[\s\S]*?<\/extension>/g;

/**
 * True when an extension of this context takes the number, by its conditions on `destination_number`. undefined: an
 * expression that cannot be read here may be the one.
 */
export function dialplanTakes(xml: string, extension: string): boolean | undefined {
  if (!/^\s*<context/.test(xml)) return false;
  let isUnsure = false;
  for (const [condition] of xml.replace(goesOn, '').matchAll(/<condition\b[^>]*>/g)) {
    if (!/\bfield="(?:\$\{)?destination_number\}?"/.test(condition)) continue;
    const expression = /\bexpression="([^"]*)"/.exec(condition)?.[1];
    const takes = expression === undefined ? undefined : matches(unescaped(expression), extension);
    if (takes === true) return true;
    isUnsure ||= takes === undefined;
  }
  return isUnsure ? undefined : false;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (text: string): string => text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '');

/** Longer ones, and those that JavaScript reads in another way than FreeSWITCH, are not tried. */
const expressionLengthMax = 200;

function matches(expression: string, text: string): boolean | undefined {
  if (expression.length > expressionLengthMax || /\(\?[^:]|\\[QEAzZK]|\$\{/.test(expression)) return undefined;
  try {
    return new RegExp(expression).test(text);
  } catch {
    return undefined;
  }
}
