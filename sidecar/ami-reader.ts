/**
 * Bytes of a manager connection to packets, however the network cut them. One reader per connection:
 * half a packet of the last one can never meet the greeting of the next (dependencies section 6, M3).
 * The time is linear in the bytes, the memory has a limit (M12).
 */
import { TandemError } from '../core/errors.js';
import { parsePacket, type AmiPacket } from './ami-packet.js';

/** An unfinished packet, or line, larger than this ends the connection. Bytes. */
export const packetBytesMax = 8 * 1024 * 1024;
const firstBytes = 16 * 1024;
const lineFeed = 10;
const carriageReturn = 13;
const follows = 'response: follows';
const endOfOutput = '--END COMMAND--';

export interface AmiReader {
  /** Packets completed by these bytes, in order. Throws TDM_PROTOCOL beyond a limit or when the peer is no manager. */
  push(chunk: Uint8Array): AmiPacket[];
  /** text after `Asterisk Call Manager/`; undefined before the greeting */
  readonly version: string | undefined;
}

export function createAmiReader(bytesMax = packetBytesMax): AmiReader {
  let held = Buffer.allocUnsafe(firstBytes);
  let used = 0;
  /** bytes of `held` looked at */
  let scanned = 0;
  let atLineStart = false;
  let version: string | undefined;

  function append(chunk: Uint8Array): void {
    if (used + chunk.length > held.length) {
      const larger = Buffer.allocUnsafe(Math.max(held.length * 2, used + chunk.length));
      held.copy(larger, 0, 0, used);
      held = larger;
    }
    held.set(chunk, used);
    used += chunk.length;
  }

  /** End of the line that `scanned` stands in; undefined when it is not complete. */
  function readGreeting(): number | undefined {
    const end = held.subarray(0, used).indexOf(lineFeed);
    if (end < 0) return undefined;
    const found = /Call Manager\/(\S+)/.exec(held.toString('utf8', 0, end));
    if (!found) throw new TandemError('TDM_PROTOCOL', ['Asterisk', 'the greeting is not of a manager']);
    version = found[1];
    scanned = end + 1;
    atLineStart = true;
    return scanned;
  }

  function readPackets(from: number): { packets: AmiPacket[]; rest: number } {
    const packets: AmiPacket[] = [];
    let start = from;
    for (; scanned < used; scanned++) {
      const byte = held[scanned];
      if (byte !== lineFeed) {
        if (byte !== carriageReturn) atLineStart = false;
      } else if (!atLineStart) {
        atLineStart = true;
      } else if (isBlank(held, start, scanned)) {
        start = scanned + 1; // Debian's TestEvent packets end with one line break too many
      } else if (isComplete(held, start, scanned)) {
        packets.push(parsePacket(held.toString('utf8', start, scanned)));
        start = scanned + 1;
      }
    }
    return { packets, rest: start };
  }

  return {
    get version() {
      return version;
    },
    push(chunk) {
      if (used > bytesMax) throw new TandemError('TDM_PROTOCOL', ['Asterisk', `packet larger than ${bytesMax} bytes`]);
      append(chunk);
      const from = version === undefined ? readGreeting() : 0;
      if (from === undefined) return [];
      const { packets, rest } = readPackets(from);
      held.copyWithin(0, rest, used);
      used -= rest;
      scanned -= rest;
      return packets;
    },
  };
}

/** Nothing but the break that ends an empty line. */
const isBlank = (bytes: Buffer, start: number, end: number) => end - start <= 1 && (end === start || bytes[start] === carriageReturn);

/** False for the answer of an old `Command` that holds an empty line of its own. */
function isComplete(bytes: Buffer, start: number, end: number): boolean {
  if (bytes.toString('latin1', start, start + follows.length).toLowerCase() !== follows) return true;
  return bytes.toString('latin1', Math.max(start, end - endOfOutput.length - 4), end).includes(endOfOutput);
}
