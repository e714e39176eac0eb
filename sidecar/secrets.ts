/**
 * Passwords and signatures: our own hashes (scrypt), VICIdial's (bcrypt), comparisons that tell nothing
 * by their time, and a bounded memory of what was verified lately, so that a busy peer does not pay
 * for a slow hash with each request (vicidial-ccc 3.4, user need 3).
 */
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Digests } from '../core/cluster/signature.js';
import { TandemError } from '../core/errors.js';
import type { Secrets } from '../core/services/login.js';
import { bcryptHash, costMax, costMin, saltBytes } from './bcrypt.js';

export const secretsDefaults = {
  /** verified passwords and computed hashes remembered */
  cacheMax: 1_000,
  /** ... for this long */
  cacheMs: 300_000,
  /** slow hashes at work at once, and waiting */
  runningMax: 2,
  waitingMax: 64,
  /** scrypt: N = 2^log2n, r, p; 32 MB and about 60 ms each */
  log2n: 15,
  r: 8,
  p: 1,
};

export type SecretsOptions = typeof secretsDefaults;

const keyBytes = 32;
/** What a stored hash may ask for: 2^17 with r = 8 takes 128 MB. */
const scryptMemoryMax = 160 * 1024 * 1024;

export const nodeDigests: Digests = {
  sha256Hex: (data) => createHash('sha256').update(data).digest('hex'),
  hmacSha256Hex: (secret, text) => createHmac('sha256', secret).update(text).digest('hex'),
};

const scratchBytes = 1_024;
const left = Buffer.alloc(scratchBytes);
const right = Buffer.alloc(scratchBytes);

/**
 * Equality in a time that does not depend on where two texts differ, nor on their lengths: both are
 * laid into buffers of one size. Texts of more than 1,024 bytes equal nothing.
 */
export function equalSecrets(a: string, b: string): boolean {
  const [lengthA, lengthB] = [Buffer.byteLength(a), Buffer.byteLength(b)];
  left.write(a);
  right.write(b);
  const isSame = timingSafeEqual(left, right);
  left.fill(0);
  right.fill(0);
  return isSame && lengthA === lengthB && lengthA <= scratchBytes;
}

interface OwnHash {
  readonly log2n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, salt and key in base64url. */
function parseOwnHash(text: string): OwnHash | undefined {
  const found = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,86})\$([\w-]{43})$/.exec(text);
  if (!found) return undefined;
  const [log2n = 0, r = 0, p = 0] = found.slice(1, 4).map(Number);
  const isUsable = log2n >= 1 && r >= 1 && p >= 1 && 128 * 2 ** log2n * r + 128 * r * p <= scryptMemoryMax;
  return isUsable
    ? { log2n, r, p, salt: Buffer.from(found[4] ?? '', 'base64url'), key: Buffer.from(found[5] ?? '', 'base64url') }
    : undefined;
}

function derive(password: string, hash: Omit<OwnHash, 'key'>): Promise<Buffer> {
  const options = { N: 2 ** hash.log2n, r: hash.r, p: hash.p, maxmem: scryptMemoryMax + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password, hash.salt, keyBytes, options, (e, key) => {
      if (e) reject(e);
      else resolve(key);
    });
  });
}

/** A new hash of ours for `tandem user add`. */
export async function hashSecret(password: string, options: SecretsOptions = secretsDefaults): Promise<string> {
  const { log2n, r, p } = options;
  const salt = randomBytes(16);
  const key = await derive(password, { log2n, r, p, salt });
  return ['scrypt', log2n, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** At most `runningMax` tasks at once, in order; beyond `waitingMax` waiting ones TDM_BUSY. */
function createGate(runningMax: number, waitingMax: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (running >= runningMax) {
      if (waiting.length >= waitingMax) throw new TandemError('TDM_BUSY', ['password checks']);
      await new Promise<void>((resolve) => waiting.push(resolve)); // its turn comes when a task ends, and tasks always end
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

export function createSecrets(nowMs: () => number, options: SecretsOptions = secretsDefaults): Secrets {
  const gate = createGate(options.runningMax, options.waitingMax);
  // Keys are HMACs under a key of this process: the cache holds no password.
  const cacheKey = randomBytes(32);
  const cache = new Map<string, { readonly value: string; readonly untilMs: number }>();
  const keyOf = (...parts: readonly string[]) => createHmac('sha256', cacheKey).update(JSON.stringify(parts)).digest('base64');
  let decoy: string | undefined; // a hash nobody knows the password of

  function remember(key: string, value: string): void {
    cache.set(key, { value, untilMs: nowMs() + options.cacheMs });
    if (cache.size <= options.cacheMax) return;
    for (const oldest of cache.keys()) return void cache.delete(oldest);
  }

  function remembered(key: string): string | undefined {
    const entry = cache.get(key);
    if (entry && entry.untilMs > nowMs()) return entry.value;
    cache.delete(key);
    return undefined;
  }

  /** Hashes at work. Requests that come together with the same password share one: a burst must not pay for each. */
  const working = new Map<string, Promise<string>>();
  function shared(key: string, hash: () => Promise<string>): Promise<string> {
    const running = working.get(key);
    if (running) return running;
    const started = gate(hash).finally(() => working.delete(key));
    working.set(key, started);
    return started;
  }

  async function verifyOwn(secretHash: string, password: string): Promise<boolean> {
    const hash = parseOwnHash(secretHash);
    if (!hash) return false;
    const key = keyOf(secretHash, password);
    if (remembered(key) !== undefined) return true;
    const derived = await shared(key, async () => (await derive(password, hash)).toString('base64'));
    const fits = timingSafeEqual(Buffer.from(derived, 'base64'), hash.key);
    if (fits) remember(key, ''); // only good ones: guesses must not push them out
    return fits;
  }

  async function vicidialHash(password: string, systemKey: string, cost: number): Promise<string | undefined> {
    const salt = Buffer.from(systemKey, 'utf8');
    if (salt.length !== saltBytes || !Number.isInteger(cost) || cost < costMin || cost > costMax) return undefined;
    const key = keyOf(systemKey, String(cost), password);
    const known = remembered(key);
    if (known !== undefined) return known;
    const hash = await shared(key, () => bcryptHash(password, salt, cost));
    remember(key, hash);
    return hash;
  }

  return {
    equal: equalSecrets,
    verifyOwn,
    vicidialHash,
    async wasteTime(password) {
      decoy ??= await hashSecret(randomBytes(16).toString('hex'), options);
      await verifyOwn(decoy, password);
    },
  };
}
