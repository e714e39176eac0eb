/** One message from FreeSWITCH, read from a frame: a reply, an event or a notice (spec section 1). */
import esl from 'node-esl';
import type { Frame } from './frame.js';
import { decodeBytes, headerText, parseHeaderLines, parseJsonHeaders } from './text.js';
import type { Headers } from './text.js';

/** What a message is for: by its Content-Type. */
export type MessageKind = 'auth-request' | 'reply' | 'api-response' | 'event' | 'disconnect' | 'rejection' | 'log';

const kinds: Readonly<Record<string, MessageKind>> = {
  'auth/request': 'auth-request',
  'command/reply': 'reply',
  'api/response': 'api-response',
  'text/event-json': 'event',
  'text/event-plain': 'event',
  'text/disconnect-notice': 'disconnect',
  'text/rude-rejection': 'rejection',
  'log/data': 'log',
};

/** The Content-Type that the library expects beside a message of this kind. */
export const typeOfKind: Readonly<Record<MessageKind, string>> = {
  'auth-request': 'auth/request',
  reply: 'command/reply',
  'api-response': 'api/response',
  event: 'text/event-json',
  disconnect: 'text/disconnect-notice',
  rejection: 'text/rude-rejection',
  log: 'log/data',
};

const variablePrefix = 'variable_';

/**
 * A message with its headers as FreeSWITCH meant them. It is an event of the library, so that the
 * library's own code can read it, but it keeps the parsed record instead of copying it header by header.
 */
export class SwitchEvent extends esl.Event {
  readonly kind: MessageKind;
  readonly #headers: Headers;

  constructor(kind: MessageKind, headers: Headers, body: string) {
    super();
    this.kind = kind;
    this.#headers = headers;
    this.body = body;
    this.type = this.get('Event-Name') ?? '';
  }

  /** Event-Name, e.g. CHANNEL_ANSWER; '' when the message is no event. */
  get name(): string {
    return this.type;
  }

  /** One header's value; an array variable as FreeSWITCH writes it: `ARRAY::a|:b`. */
  get(name: string): string | undefined {
    return Object.hasOwn(this.#headers, name) ? headerText(this.#headers[name]) : undefined;
  }

  /** A channel variable; undefined when it is not set or empty. */
  variable(name: string): string | undefined {
    const value = this.get(variablePrefix + name);
    return value === '' ? undefined : value;
  }

  /** True for events that carry all variables of the channel; DTMF and the like carry none. */
  get hasVariables(): boolean {
    return this.get('variable_uuid') !== undefined;
  }

  /** Names of all headers, in order. */
  names(): string[] {
    return Object.keys(this.#headers);
  }

  override getHeader(name: string): string | null {
    return this.get(name) ?? null;
  }
}

/** Why a frame was left out; the label of the meter. */
export type SkipReason = 'bad-json' | 'xml' | 'unknown-type';

/** Read one frame. Frames that cannot be used are a reason, never an exception (E1, E9, E10). */
export function readFrame(frame: Frame): SwitchEvent | SkipReason {
  const body = frame.body;
  // The reply to `connect` is the channel's data: percent-coded, its Content-Type near the end (spec 1).
  const isChannelData = body === undefined && frame.head.startsWith('Event-Name: ');
  const headers = parseHeaderLines(frame.head, isChannelData);
  const type = headers['Content-Type'];
  if (type === 'text/event-xml') return 'xml';
  const kind = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) return 'unknown-type';
  if (kind !== 'event') return new SwitchEvent(kind, headers, body ? decodeBytes(body) : '');
  return type === 'text/event-json' ? jsonEvent(body) : plainEvent(body ?? Buffer.alloc(0));
}

function jsonEvent(body: Buffer | undefined): SwitchEvent | SkipReason {
  const headers = body && parseJsonHeaders(body);
  if (!headers) return 'bad-json';
  const inner = headers['_body'];
  return new SwitchEvent('event', headers, typeof inner === 'string' ? inner : '');
}

function plainEvent(body: Buffer): SwitchEvent {
  const headEnd = body.indexOf('\n\n');
  const headers = parseHeaderLines(decodeBytes(headEnd < 0 ? body : body.subarray(0, headEnd)), true);
  // Counted in bytes of the frame, not in characters of the text (E15).
  const length = Number(headers['Content-Length']);
  const start = headEnd + 2;
  const inner = headEnd >= 0 && Number.isInteger(length) && length > 0 ? decodeBytes(body.subarray(start, start + length)) : '';
  return new SwitchEvent('event', headers, inner);
}
