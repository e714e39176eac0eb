/**
 * One packet of the Asterisk manager protocol: the lines between two empty ones
 * (asterisk-behaviour section 5). Names and values come from outside and are kept in a Map, so that a
 * field called `constructor` or `__proto__` is a field like any other.
 */
import { TandemError } from '../core/errors.js';

/** More lines than this in one packet end the connection. */
export const packetLinesMax = 100_000;
/** Asterisk's word for "no value" */
const none = '<unknown>';
const endOfOutput = '--END COMMAND--';

export class AmiPacket {
  readonly #first = new Map<string, string>();
  #repeated: Map<string, string[]> | undefined;

  /** Value of a field, of its first line when it came more than once; the name in any case. */
  get(name: string): string | undefined {
    return this.#first.get(name.toLowerCase());
  }

  /** The same, with `<unknown>` and the empty text taken as no value. */
  known(name: string): string | undefined {
    const value = this.get(name);
    return value === '' || value === none ? undefined : value;
  }

  /** All values of a field that may repeat: `Output`, `ChanVariable`. */
  all(name: string): readonly string[] {
    const key = name.toLowerCase();
    const first = this.#first.get(key);
    return first === undefined ? [] : [first, ...(this.#repeated?.get(key) ?? [])];
  }

  /** Event name as Asterisk spells it; '' for a response. */
  get event(): string {
    return this.#first.get('event') ?? '';
  }

  get actionId(): string {
    return this.#first.get('actionid') ?? '';
  }

  /** Names in lower case with all their values, in order of arrival. */
  entries(): readonly (readonly [string, readonly string[]])[] {
    return [...this.#first.keys()].map((key) => [key, this.all(key)] as const);
  }

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    if (!this.#first.has(key)) {
      this.#first.set(key, value);
      return;
    }
    this.#repeated ??= new Map<string, string[]>();
    const more = this.#repeated.get(key);
    if (more) more.push(value);
    else this.#repeated.set(key, [value]);
  }
}

/**
 * Read the text of one packet. A line without a colon says nothing and is left out. The old form
 * `Response: Follows` ... `--END COMMAND--` gives the same `Output` values as the new one.
 */
export function parsePacket(text: string): AmiPacket {
  const packet = new AmiPacket();
  // Here only these three names head the output; in any other packet every line is a field.
  const outputHead = /^response: follows/i.test(text) ? /^(?:response|actionid|privilege|message):/i : undefined;
  let lines = 0;
  let inOutput = false;
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start);
    const next = lineEnd < 0 ? text.length : lineEnd;
    const line = text.slice(start, next > start && text.charCodeAt(next - 1) === 13 ? next - 1 : next);
    start = next + 1;
    if (++lines > packetLinesMax) throw new TandemError('TDM_PROTOCOL', ['Asterisk', `packet of more than ${packetLinesMax} lines`]);
    inOutput ||= outputHead?.test(line) === false;
    if (!inOutput) addField(packet, line);
    else if (!line.endsWith(endOfOutput)) packet.add('output', line);
    else {
      if (line !== endOfOutput) packet.add('output', line.slice(0, -endOfOutput.length));
      break;
    }
  }
  return packet;
}

function addField(packet: AmiPacket, line: string): void {
  const colon = line.indexOf(':');
  if (colon < 0) return;
  packet.add(line.slice(0, colon), line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1));
}
