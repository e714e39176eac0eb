/**
 * bcrypt (variant 2a) for VICIdial's hash mode (vicidial-ccc 3.4): its default cost is 2, which common
 * packages refuse. Written from the algorithm's description (Provos and Mazières, 1999). The tables
 * are computed at first use. High costs give the event loop back every few milliseconds.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fractionalPiWords } from './pi.js';

export const saltBytes = 16;
export const costMin = 0;
/** Cost 14 takes about two seconds of processor time; VICIdial's own default is 2. */
export const costMax = 14;
const passwordBytesMax = 72;
const sliceMs = 8;

const roundKeys = 18;
const boxWords = 1024; // four boxes of 256

interface Cipher {
  readonly p: Uint32Array;
  readonly s: Uint32Array;
}

let initial: Cipher | undefined;

function initialCipher(): Cipher {
  if (!initial) {
    const words = fractionalPiWords(roundKeys + boxWords);
    initial = { p: words.slice(0, roundKeys), s: words.slice(roundKeys) };
  }
  return { p: initial.p.slice(), s: initial.s.slice() };
}

/** Encrypt one block of two words in place. */
function encrypt({ p, s }: Cipher, block: Uint32Array): void {
  let left = block[0] as number; // the arrays have fixed lengths and every index is in range
  let right = block[1] as number;
  for (let round = 0; round < 16; round += 1) {
    left ^= p[round] as number;
    const a = s[left >>> 24] as number;
    const b = s[256 + ((left >>> 16) & 0xff)] as number;
    const c = s[512 + ((left >>> 8) & 0xff)] as number;
    const d = s[768 + (left & 0xff)] as number;
    right ^= (((a + b) ^ c) + d) | 0;
    const swapped = left;
    left = right;
    right = swapped;
  }
  block[0] = right ^ (p[17] as number);
  block[1] = left ^ (p[16] as number);
}

/** The next big-endian word of `bytes` read in a circle from word `index`. */
function circularWord(bytes: Uint8Array, index: number): number {
  let word = 0;
  for (let i = 0; i < 4; i += 1) word = (word << 8) | (bytes[(index * 4 + i) % bytes.length] as number);
  return word;
}

/** Mix the key into the round keys, then replace all tables by the cipher's own output, salted. */
function expand(cipher: Cipher, key: Uint8Array, salt: Uint8Array | undefined): void {
  const { p, s } = cipher;
  for (let i = 0; i < roundKeys; i += 1) p[i] = (p[i] as number) ^ circularWord(key, i);
  const saltWords = salt ? Uint32Array.from({ length: 4 }, (_, i) => circularWord(salt, i)) : new Uint32Array(4);
  const block = new Uint32Array(2);
  for (let i = 0; i < roundKeys + boxWords; i += 2) {
    block[0] = (block[0] as number) ^ (saltWords[i & 2] as number);
    block[1] = (block[1] as number) ^ (saltWords[(i & 2) + 1] as number);
    encrypt(cipher, block);
    const table = i < roundKeys ? p : s;
    const at = i < roundKeys ? i : i - roundKeys;
    table[at] = block[0];
    table[at + 1] = block[1];
  }
}

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** bcrypt's own base 64, without padding. */
export function bcryptBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(4, Math.ceil(((bytes.length - i) * 8) / 6));
    for (let j = 0; j < characters; j += 1) text += alphabet.charAt((word >>> (18 - 6 * j)) & 63);
  }
  return text;
}

/** The 24 bytes "OrpheanBeholderScryDoubt" encrypted 64 times; the last byte is not part of the hash. */
function digest(cipher: Cipher): Uint8Array {
  const magic = Buffer.from('OrpheanBeholderScryDoubt');
  const out = Buffer.alloc(24);
  for (let at = 0; at < 24; at += 8) {
    const block = Uint32Array.of(magic.readUInt32BE(at), magic.readUInt32BE(at + 4));
    for (let i = 0; i < 64; i += 1) encrypt(cipher, block);
    out.writeUInt32BE(block[0] as number, at);
    out.writeUInt32BE(block[1] as number, at + 4);
  }
  return out.subarray(0, 23);
}

/**
 * The 31 hash characters of `$2a$<cost>$<salt>`. `salt` has 16 bytes. Throws RangeError for a cost or
 * salt out of range. Of the password the first 72 bytes count, a NUL at its end included.
 */
export async function bcryptHash(password: string, salt: Uint8Array, cost: number): Promise<string> {
  if (!Number.isInteger(cost) || cost < costMin || cost > costMax) throw new RangeError(`bcrypt cost ${String(cost)} is out of range`);
  if (salt.length !== saltBytes) throw new RangeError('a bcrypt salt has 16 bytes');
  const key = Buffer.from(`${password}\0`, 'utf8').subarray(0, passwordBytesMax);
  const cipher = initialCipher();
  expand(cipher, key, salt);
  let yieldAtMs = performance.now() + sliceMs;
  for (let left = 2 ** cost; left > 0; left -= 1) {
    expand(cipher, key, undefined);
    expand(cipher, salt, undefined);
    if (performance.now() < yieldAtMs) continue;
    await nextTurn();
    yieldAtMs = performance.now() + sliceMs;
  }
  return bcryptBase64(digest(cipher));
}
