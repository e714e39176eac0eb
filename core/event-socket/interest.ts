/** Which events a client wants, and its filters (esl-outbound 6.3, 10). */
import { eventFormats } from './event.js';
import type { EventFormat, SocketEvent } from './event.js';

/** Events that FreeSWITCH knows by name. Ours are few; a client may ask for all of them and just gets those that there are. */
const knownEvents = new Set(
  `CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP
  CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE
  CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE
  CHANNEL_UUID API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD
  MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC
  BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE
  RE_SCHEDULE RELOADXML NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS CHANNEL_DATA
  GENERAL COMMAND SESSION_HEARTBEAT CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE
  CALL_SECURE NAT RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START
  MEDIA_BUG_STOP CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT ALL`.split(/\s+/),
);

/** `message` → `MESSAGE`; undefined: there is no such event. */
export function eventNamed(word: string): string | undefined {
  const name = word.toUpperCase();
  return knownEvents.has(name) && name !== 'ALL' ? name : undefined;
}

export const interestLimits = { subclassesMax: 200, filtersMax: 100 };

interface Filter {
  readonly name: string;
  readonly value: string;
  readonly isExcluding: boolean;
  matches(value: string): boolean;
}

export class Interest {
  format: EventFormat = 'plain';
  isListening = false;
  readonly #names = new Set<string>();
  readonly #subclasses = new Set<string>();
  #filters: Filter[] = [];

  /** `plain CUSTOM callcenter::info`; false: no event of these words is known. */
  listen(words: readonly string[]): boolean {
    const [first = '', ...rest] = words;
    const format = eventFormats.find((one) => one === first.toLowerCase());
    const { names, subclasses } = read(format ? rest : words);
    if (names.length === 0) return false;
    for (const name of names) this.#names.add(name);
    for (const subclass of subclasses) if (this.#subclasses.size < interestLimits.subclassesMax) this.#subclasses.add(subclass);
    this.format = format ?? 'plain';
    this.isListening = true;
    return true;
  }

  /** False: no event of these words is known. */
  nix(words: readonly string[]): boolean {
    const { names, subclasses } = read(words);
    if (names.length === 0) return false;
    for (const name of names) if (name !== 'CUSTOM' || subclasses.length === 0) this.#names.delete(name);
    if (names.includes('ALL')) this.#names.clear();
    for (const subclass of subclasses) this.#subclasses.delete(subclass);
    return true;
  }

  /** False: it did not listen. */
  stop(): boolean {
    if (!this.isListening) return false;
    this.isListening = false;
    this.#names.clear();
    this.#subclasses.clear();
    return true;
  }

  /** False: one too many. */
  addFilter(name: string, text: string): boolean {
    if (this.#filters.length >= interestLimits.filtersMax) return false;
    const isExcluding = text.startsWith('-');
    const value = isExcluding ? text.slice(1) : text;
    this.#filters.push({ name, value: text, isExcluding, matches: matcher(value) });
    return true;
  }

  /** By name, and by value when one is given; `all` takes every one. */
  deleteFilter(name: string, value: string): void {
    this.#filters =
      name.toLowerCase() === 'all'
        ? []
        : this.#filters.filter((one) => one.name.toLowerCase() !== name.toLowerCase() || (value !== '' && one.value !== value));
  }

  wants(event: SocketEvent): boolean {
    return this.isListening && this.#isNamed(event) && this.#passes(event);
  }

  #isNamed({ name, subclass }: SocketEvent): boolean {
    if (this.#names.has('ALL')) return true;
    if (!this.#names.has(name)) return false;
    return name !== 'CUSTOM' || this.#subclasses.size === 0 || subclass === undefined || this.#subclasses.has(subclass);
  }

  #passes({ headers }: SocketEvent): boolean {
    if (this.#filters.length === 0) return true;
    const isHit = (filter: Filter): boolean =>
      headers.some(([name, value]) => name.toLowerCase() === filter.name.toLowerCase() && filter.matches(value));
    if (this.#filters.some((filter) => filter.isExcluding && isHit(filter))) return false;
    const wanted = this.#filters.filter(({ isExcluding }) => !isExcluding);
    return wanted.length === 0 || wanted.some(isHit);
  }
}

/** After CUSTOM every word is a subclass. Unknown words are left out. */
function read(words: readonly string[]): { readonly names: readonly string[]; readonly subclasses: readonly string[] } {
  const custom = words.findIndex((word) => word.toUpperCase() === 'CUSTOM');
  const before = custom < 0 ? words : words.slice(0, custom + 1);
  const names = before.map((word) => word.toUpperCase()).filter((name) => knownEvents.has(name));
  return { names, subclasses: custom < 0 ? [] : words.slice(custom + 1) };
}

/** Longest value that a pattern is tried on, and longest pattern. */
const patternCharsMax = 200;

/** `/text/` is looked for within the value, `*` standing for anything; a pattern of a client must not stop the process. */
function matcher(value: string): (text: string) => boolean {
  const pattern = /^\/(.*)\/$/s.exec(value)?.[1];
  if (pattern === undefined || pattern.length > patternCharsMax) return (text) => text === value;
  const parts = pattern.replace(/^\^|\$$/g, '').split(/\.\*|\*/);
  const [isStart, isEnd] = [pattern.startsWith('^'), pattern.endsWith('$')];
  return (text) => hasParts(text.slice(0, 10 * patternCharsMax), parts, isStart, isEnd);
}

function hasParts(text: string, parts: readonly string[], isStart: boolean, isEnd: boolean): boolean {
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === 0 && isStart ? (text.startsWith(part) ? 0 : -1) : text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return !isEnd || text.endsWith(parts.at(-1) ?? '');
}
