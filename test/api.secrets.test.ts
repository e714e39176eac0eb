/** Password hashes: VICIdial's (vicidial-ccc 3.4) and our own, and comparisons. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { hasCode } from '../core/errors.js';
import { bcryptBase64, bcryptHash, costMax } from '../sidecar/bcrypt.js';
import { fractionalPiWords } from '../sidecar/pi.js';
import { createSecrets, equalSecrets, hashSecret, nodeDigests } from '../sidecar/secrets.js';
import { testSecrets } from './support/api-server.js';

const now = () => 0;
const vicidialKey = 'ayB8k2LmQ9xZ4pTr';
/** Undo bcrypt's base 64 for the 16 bytes of a salt. */
function saltOf(text: string): Buffer {
  const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const bits = text
    .split('')
    .map((c) => alphabet.indexOf(c).toString(2).padStart(6, '0'))
    .join('');
  return Buffer.from(Array.from({ length: 16 }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2)));
}

describe('bcrypt', () => {
  it('computes the tables from pi', () => {
    const words = fractionalPiWords(1042);
    assert.equal(words[0], 0x243f6a88);
    assert.equal(words[1], 0x85a308d3);
    assert.equal(words[1041], 0x3ac372e6);
  });

  for (const [cost, expected] of [
    [2, 'SnSsep0tnpHBwkHBeopuzEVW7FNkbmC'],
    [4, 'dD02sGFjjIN0vs9j0bZXi3fNtSqwQO2'],
    [8, 'hPYq1yTKJ0w1vflS3qjDxZPvmdS2csa'],
  ] as const)
    it(`3.4: the reference's value at cost ${cost}`, async () =>
      assert.equal(await bcryptHash('1234', Buffer.from(vicidialKey), cost), expected));

  // Computed with the C library's crypt(3), and the widely published values for cost 6.
  for (const [password, cost, salt, expected] of [
    ['1234', 5, 'abcdefghijklmnopqrstuu', 'V2lmZSlg12FQgc5cJlKcm9nBvnWgizO'],
    ['', 6, 'DCq7YPn5Rq63x1Lad4cll.', 'TV4S6ytwfsfvkgY8jIucDrjc8deX1s.'],
    ['a', 6, 'm0CrhHm10qJ3lXRY.5zDGO', '3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
  ] as const)
    it(`agrees with other implementations for "${password}" at cost ${cost}`, async () => {
      const bytes = saltOf(salt);
      assert.equal(bcryptBase64(bytes), salt);
      assert.ok(`${salt}${await bcryptHash(password, bytes, cost)}`.endsWith(expected));
    });

  it('counts 72 bytes of a password', async () => {
    const salt = Buffer.from(vicidialKey);
    assert.equal(await bcryptHash('x'.repeat(72), salt, 2), await bcryptHash(`${'x'.repeat(72)}y`, salt, 2));
    assert.notEqual(await bcryptHash('x'.repeat(71), salt, 2), await bcryptHash('x'.repeat(72), salt, 2));
  });

  it('refuses a cost or salt out of range', async () => {
    await assert.rejects(bcryptHash('x', Buffer.alloc(16), costMax + 1), RangeError);
    await assert.rejects(bcryptHash('x', Buffer.alloc(16), 2.5), RangeError);
    await assert.rejects(bcryptHash('x', Buffer.alloc(15), 2), RangeError);
  });

  it('gives the event loop back while a high cost runs', async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    const startedMs = performance.now();
    await bcryptHash('1234', Buffer.from(vicidialKey), 10);
    clearInterval(count);
    assert.ok(turns >= 2, `${String(turns)} turns in ${String(performance.now() - startedMs)} ms`);
  });
});

describe('secrets', () => {
  it('verifies a hash of our own, and only with its password', async () => {
    const secrets = createSecrets(now, testSecrets);
    const hash = await hashSecret('Größe & mehr', testSecrets);
    assert.match(hash, /^scrypt\$10\$8\$1\$/);
    assert.equal(await secrets.verifyOwn(hash, 'Größe & mehr'), true);
    assert.equal(await secrets.verifyOwn(hash, 'größe & mehr'), false);
    assert.equal(await secrets.verifyOwn(hash, ''), false);
  });

  it('two hashes of one password differ', async () =>
    assert.notEqual(await hashSecret('x', testSecrets), await hashSecret('x', testSecrets)));

  for (const bad of [
    '',
    'scrypt$',
    'scrypt$99$8$1$AAAAAAAAAAAAAAAA$' + 'A'.repeat(43),
    'scrypt$20$30$1$AAAAAAAAAAAAAAAA$' + 'A'.repeat(43),
    '$2a$10$abc',
  ])
    it(`a malformed or absurd hash "${bad.slice(0, 14)}" fits nothing`, async () =>
      assert.equal(await createSecrets(now, testSecrets).verifyOwn(bad, 'x'), false));

  it('remembers a verified password for a while, so that a busy peer does not pay each time', async () => {
    let clock = 0;
    const secrets = createSecrets(() => clock, { ...testSecrets, runningMax: 1, waitingMax: 0 });
    const hash = await hashSecret('x', testSecrets);
    assert.equal(await secrets.verifyOwn(hash, 'x'), true);

    /** While a slow hash is at work, only what is remembered can be verified. */
    const whileBusy = async () => {
      const slow = secrets.verifyOwn(hash, 'guess');
      const [result] = await Promise.allSettled([secrets.verifyOwn(hash, 'x')]);
      assert.equal(await slow, false);
      return result.status === 'fulfilled' ? result.value : 'busy';
    };
    assert.equal(await whileBusy(), true);
    clock = testSecrets.cacheMs + 1;
    assert.equal(await whileBusy(), 'busy');
  });

  it('refuses more slow hashes than may wait, with a code', async () => {
    const secrets = createSecrets(now, { ...testSecrets, runningMax: 1, waitingMax: 1 });
    const hash = await hashSecret('x', testSecrets);
    const results = await Promise.allSettled(['a', 'b', 'c'].map((password) => secrets.verifyOwn(hash, password)));
    const refused = results.filter((result) => result.status === 'rejected');
    assert.equal(refused.length, 1);
    assert.ok(hasCode(refused[0]?.reason, 'TDM_BUSY'));
    assert.equal(await secrets.verifyOwn(hash, 'x'), true);
  });

  it('a burst with one password shares one slow hash', async () => {
    const secrets = createSecrets(now, { ...testSecrets, runningMax: 1, waitingMax: 0 });
    const hash = await hashSecret('x', testSecrets);
    const results = await Promise.all(Array.from({ length: 50 }, () => secrets.verifyOwn(hash, 'x')));
    assert.ok(results.every(Boolean)); // each for itself, 49 of them would have been refused TDM_BUSY
    const wrong = await Promise.all(Array.from({ length: 50 }, () => secrets.verifyOwn(hash, 'y')));
    assert.ok(!wrong.some(Boolean));
  });

  it("VICIdial's hash needs a key of 16 bytes and a sane cost", async () => {
    const secrets = createSecrets(now, testSecrets);
    assert.equal(await secrets.vicidialHash('1234', vicidialKey, 2), 'SnSsep0tnpHBwkHBeopuzEVW7FNkbmC');
    assert.equal(await secrets.vicidialHash('1234', 'short', 2), undefined);
    assert.equal(await secrets.vicidialHash('1234', vicidialKey, 31), undefined);
  });

  it('compares texts of any length', () => {
    assert.equal(equalSecrets('abc', 'abc'), true);
    assert.equal(equalSecrets('abc', 'abd'), false);
    assert.equal(equalSecrets('abc', 'abcd'), false);
    assert.equal(equalSecrets('', ''), true);
  });

  it('digests are those of the standards', () => {
    assert.equal(nodeDigests.sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const expected = 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8';
    assert.equal(nodeDigests.hmacSha256Hex('key', 'The quick brown fox jumps over the lazy dog'), expected);
  });
});
