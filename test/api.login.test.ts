/** Login of both doors (vicidial-ccc 3.4, W-5, W-7, W-8, W-9, X-27), rule by rule, over memory ports and a hand-set clock. */
import assert from 'node:assert/strict';
import { createLockout, lockAddress, lockoutDefaults } from '../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../core/cluster/limits.js';
import { signRequest, type SignedParts } from '../core/cluster/signature.js';
import { createLogin, loginDefaults, type LoginAttempt, type LoginOptions, type LoginResult } from '../core/services/login.js';
import { createAddressRules } from '../sidecar/addresses.js';
import { createSecrets, hashSecret, nodeDigests } from '../sidecar/secrets.js';
import { testSecrets } from './support/api-server.js';
import { createMemoryStore, plainUser, type UserRow } from './support/memory-ports.js';
import { recordingMeter, silentLog } from './support/observers.js';

const peerAddress = '10.1.1.1';
const stranger = '192.0.2.66';
const account = {
  peerId: 'alpha',
  windowS: undefined,
  oneTime: false,
  requestsPerMinute: undefined,
  lists: undefined,
  addresses: undefined,
};

function setup(row: Partial<UserRow> = {}, options: Partial<LoginOptions> & { trusted?: string[]; clockStepMs?: number } = {}) {
  const clock = { nowMs: Date.parse('2026-11-21T19:03:09.000Z') };
  const nowMs = () => (clock.nowMs += options.clockStepMs ?? 0);
  const store = createMemoryStore(nowMs);
  store.tables.users = [{ ...plainUser, ...row }];
  const meter = recordingMeter();
  const deps = {
    ...store,
    nowMs,
    meter,
    log: silentLog,
    secrets: createSecrets(nowMs, testSecrets),
    digests: nodeDigests,
    addresses: createAddressRules(options.trusted ?? []),
    lockout: createLockout(),
    badLogins: createMinuteLimit(),
    replays: createReplayCache(240_000),
    signingSecret: (user: { pass: string }) => Promise.resolve(user.pass),
  };
  const login = createLogin(deps, { ...loginDefaults, ...options });
  const attempt = (pass: string, address = peerAddress, more: Partial<LoginAttempt> = {}) =>
    login({ user: '6666', credentials: { kind: 'password', pass, isAsSent: true }, address, levelMin: 7, ...more });
  const user = () => store.tables.users[0] ?? plainUser;
  const times = async (n: number, pass: string, address?: string) => {
    const results: string[] = [];
    for (let i = 0; i < n; i += 1) results.push(word(await attempt(pass, address)));
    return results;
  };
  return { clock, store, meter, login, attempt, user, times };
}

const word = (result: LoginResult): string => (result.ok ? 'ok' : result.refusal);

describe('api login: who may enter', () => {
  it('3.4: the right password enters, and last_login_date, last_ip and the count are set', async () => {
    const t = setup({ failedLoginCount: 4 });
    assert.equal(word(await t.attempt('1234')), 'ok');
    assert.deepEqual([t.user().lastLoginAtMs, t.user().lastIp, t.user().failedLoginCount], [t.clock.nowMs, peerAddress, 0]);
    assert.deepEqual(t.meter.counted('tandem_api_logins_total'), [{ result: 'ok' }]);
  });

  it('API-7: letter case of the password counts', async () => {
    const t = setup({ pass: 'Secret' });
    assert.equal(word(await t.attempt('secret')), 'BAD');
    assert.equal(word(await t.attempt('Secret')), 'ok');
  });

  it('API-7: a password that the filter would change fails, even when the rest is right', async () => {
    const t = setup();
    const credentials = { kind: 'password', pass: '12 34', isAsSent: false } as const;
    assert.equal(word(await t.attempt('', peerAddress, { credentials })), 'BAD');
    const exact = { kind: 'password', pass: '1234', isAsSent: false } as const;
    assert.equal(word(await t.attempt('', peerAddress, { credentials: exact })), 'BAD');
  });

  for (const [what, row, pass] of [
    ['inactive', { active: false }, '1234'],
    ['level 6', { userLevel: 6 }, '1234'],
    ['an empty password in the table', { pass: '' }, 'x'],
  ] as const)
    it(`3.4: ${what} is BAD`, async () => {
      const t = setup(row);
      assert.equal(word(await t.attempt(pass)), 'BAD');
      assert.equal(t.user().failedLoginCount, 1);
    });

  it('3.4: no user, no password, unknown user: BAD without a trace', async () => {
    const t = setup();
    assert.equal(word(await t.attempt('1234', peerAddress, { user: '' })), 'BAD');
    assert.equal(word(await t.attempt('')), 'BAD');
    assert.equal(word(await t.attempt('1234', peerAddress, { user: 'nobody' })), 'BAD');
    assert.equal(t.user().failedLoginCount, 0);
  });

  it('section 7: level 1 is enough where the door says so', async () => {
    const t = setup({ userLevel: 1 });
    assert.equal(word(await t.attempt('1234', peerAddress, { levelMin: 1 })), 'ok');
  });

  it('3.4: hash mode with cost 2', async () => {
    const t = setup({ pass: '', passHash: 'SnSsep0tnpHBwkHBeopuzEVW7FNkbmC' });
    t.store.tables.system = { ...t.store.tables.system, passHashEnabled: true, passKey: 'ayB8k2LmQ9xZ4pTr', passCost: 2 };
    assert.equal(word(await t.attempt('1234')), 'ok');
    assert.equal(word(await t.attempt('1235')), 'BAD');
  });

  it('3.4: in hash mode the plain column does not count', async () => {
    const t = setup({ pass: '1234', passHash: '' });
    t.store.tables.system = { ...t.store.tables.system, passHashEnabled: true, passKey: 'ayB8k2LmQ9xZ4pTr', passCost: 2 };
    assert.equal(word(await t.attempt('1234')), 'BAD');
  });

  it('DB-2: a hash of ours counts while the plain column is empty; a password set there by another program wins', async () => {
    const t = setup({ pass: '', secretHash: await hashSecret('better', testSecrets) });
    assert.equal(word(await t.attempt('better')), 'ok');
    t.store.change('6666', () => ({ pass: 'changed' }));
    assert.equal(word(await t.attempt('better')), 'BAD');
    assert.equal(word(await t.attempt('changed')), 'ok');
  });

  it('DB-2: in hash mode a pass_hash set by another program wins over ours', async () => {
    const t = setup({ pass: '', secretHash: await hashSecret('better', testSecrets) });
    t.store.tables.system = { ...t.store.tables.system, passHashEnabled: true, passKey: 'ayB8k2LmQ9xZ4pTr', passCost: 2 };
    assert.equal(word(await t.attempt('better')), 'ok');
    t.store.change('6666', () => ({ passHash: 'SnSsep0tnpHBwkHBeopuzEVW7FNkbmC' }));
    assert.equal(word(await t.attempt('better')), 'BAD');
    assert.equal(word(await t.attempt('1234')), 'ok');
  });

  it('an update that fails does not fail the login', async () => {
    const t = setup();
    t.store.users.loginSucceeded = () => Promise.reject(new Error('away'));
    assert.equal(word(await t.attempt('1234')), 'ok');
    await Promise.resolve();
    assert.equal(t.meter.counted('tandem_api_login_record_failures_total').length, 1);
  });
});

describe('api login: lock-out', () => {
  it('3.4: ten wrong passwords are BAD and counted, the eleventh is LOCK, and so is the right one', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:00:00Z') });
    assert.deepEqual(await t.times(10, 'wrong'), Array(10).fill('BAD'));
    assert.deepEqual([t.user().failedLoginCount, t.user().failedLoginCountToday, t.user().failedLoginAttemptsToday], [10, 10, 10]);
    assert.equal(t.user().failedLastTypeToday, 'aBAD');
    assert.equal(t.user().failedLastIpToday, peerAddress);
    assert.deepEqual(await t.times(1, 'wrong'), ['LOCK']);
    assert.deepEqual(await t.times(1, '1234'), ['LOCK']);
    assert.deepEqual([t.user().failedLoginCount, t.user().failedLoginAttemptsToday, t.user().failedLastTypeToday], [10, 12, 'aLOCK']);
  });

  it('3.4: the columns lock: count 10, last login under 15 minutes ago', async () => {
    const t = setup({ failedLoginCount: 10, lastLoginAtMs: Date.parse('2026-11-21T18:50:00Z') });
    assert.equal(word(await t.attempt('1234')), 'LOCK');
    assert.equal(t.user().failedLastTypeToday, 'aLOCK');
  });

  it('3.4: the ninth failure stands in the columns, the tenth comes from this address: locked', async () => {
    const t = setup({ failedLoginCount: 9, lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') });
    assert.deepEqual(await t.times(2, 'wrong'), ['BAD', 'LOCK']);
    assert.equal(word(await t.attempt('1234')), 'LOCK');
  });

  it('3.4: after 15 minutes the right password enters', async () => {
    const t = setup({ failedLoginCount: 10, lastLoginAtMs: Date.parse('2026-11-21T18:48:08Z') });
    assert.equal(word(await t.attempt('1234')), 'ok');
    assert.equal(t.user().failedLoginCount, 0);
  });

  it('3.4: after 15 minutes a wrong one starts the count again at 1', async () => {
    const t = setup({ failedLoginCount: 10, lastLoginAtMs: Date.parse('2026-11-21T18:40:00Z') });
    assert.equal(word(await t.attempt('wrong')), 'BAD');
    assert.deepEqual([t.user().failedLoginCount, t.user().lastLoginAtMs], [1, t.clock.nowMs]);
  });

  it("W-9: a stranger's guesses lock the stranger, not the peer", async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') });
    assert.deepEqual((await t.times(12, 'wrong', stranger)).slice(9), ['BAD', 'LOCK', 'LOCK']);
    assert.equal(t.user().failedLoginCount, 10);
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    assert.equal(word(await t.attempt('1234', stranger)), 'LOCK');
  });

  it('W-9: guesses from many addresses do not lock the peer out either', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') });
    for (let i = 0; i < 30; i += 1) await t.attempt('wrong', `192.0.2.${String(i)}`);
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
  });

  it("W-9: VICIdial's own lock holds although this door saw failures before", async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') });
    await t.times(3, 'wrong', stranger);
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    t.clock.nowMs += 5_000;
    t.store.change('6666', () => ({ failedLoginCount: 10 }));
    assert.equal(word(await t.attempt('1234', peerAddress)), 'LOCK');
  });

  it("W-9: VICIdial's own lock does not bind an allow-listed address", async () => {
    const locked = { failedLoginCount: 10, lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') };
    assert.equal(word(await setup(locked, { trusted: ['10.1.1.0/24'] }).attempt('1234', peerAddress)), 'ok');
    assert.equal(word(await setup(locked, { trusted: ['10.1.2.0/24'] }).attempt('1234', peerAddress)), 'LOCK');
  });

  it('W-9: a lock ends, the next one is twice as long, up to a limit', async () => {
    const t = setup();
    await t.times(10, 'wrong', stranger);
    t.clock.nowMs += lockoutDefaults.lockMs + 1;
    assert.equal(word(await t.attempt('wrong', stranger)), 'BAD');
    t.clock.nowMs += lockoutDefaults.lockMs + 1;
    assert.equal(word(await t.attempt('1234', stranger)), 'LOCK');
    t.clock.nowMs += lockoutDefaults.lockMs;
    assert.equal(word(await t.attempt('1234', stranger)), 'ok');
  });

  it('DB-2: a count set back by another program unlocks, locked or not', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') }, { clockStepMs: 1 });
    await t.times(10, 'wrong');
    assert.equal(word(await t.attempt('1234')), 'LOCK');
    t.store.change('6666', () => ({ failedLoginCount: 0 }));
    assert.equal(word(await t.attempt('1234')), 'ok');
    await t.times(6, 'wrong');
    t.store.change('6666', () => ({ failedLoginCount: 1 }));
    assert.deepEqual(await t.times(9, 'wrong'), Array(9).fill('BAD'));
    assert.equal(word(await t.attempt('1234')), 'LOCK');
  });

  it('DB-2: a login date put back by another program unlocks: the right password enters', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') }, { clockStepMs: 1 });
    await t.times(11, 'wrong');
    t.store.change('6666', () => ({ lastLoginAtMs: Date.parse('2026-11-21T18:48:00Z') }));
    assert.equal(word(await t.attempt('1234')), 'ok');
    assert.equal(t.user().failedLoginCount, 0);
  });

  it('DB-2: after a login date put back a wrong password is BAD and counts as the first', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') }, { clockStepMs: 1 });
    await t.times(11, 'wrong');
    t.store.change('6666', () => ({ lastLoginAtMs: Date.parse('2026-11-21T18:48:00Z') }));
    assert.deepEqual(await t.times(1, 'wrong'), ['BAD']);
    assert.equal(t.user().failedLoginCount, 1);
    assert.deepEqual(await t.times(9, 'wrong'), Array(9).fill('BAD'));
    assert.deepEqual(await t.times(1, 'wrong'), ['LOCK']);
  });

  it("W-9: the peer's own success sets the count back and unlocks no guesser", async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') }, { clockStepMs: 1 });
    await t.times(10, 'wrong', stranger);
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    t.clock.nowMs += 5_000;
    assert.equal(t.user().failedLoginCount, 0);
    assert.equal(word(await t.attempt('1234', stranger)), 'LOCK');
  });

  it('W-9: successes between the guesses unlock no guesser, also when they are stored late', async () => {
    const t = setup({ lastLoginAtMs: Date.parse('2026-11-21T19:03:00Z') }, { clockStepMs: 1 });
    const store = t.store.users.loginSucceeded.bind(t.store.users);
    const late: (() => Promise<void>)[] = [];
    t.store.users.loginSucceeded = (...given) => new Promise((resolve) => late.push(() => store(...given).then(resolve)));
    for (let i = 0; i < 10; i += 1) {
      await t.attempt('wrong', stranger);
      await t.attempt('1234', peerAddress);
      if (i % 2) for (const write of late.splice(0)) await write();
    }
    for (const write of late.splice(0)) await write();
    t.clock.nowMs += 5_000;
    assert.equal(word(await t.attempt('1234', stranger)), 'LOCK');
  });

  it('W-9: guesses side by side get no more than ten tries', async () => {
    const t = setup({ pass: '', passHash: 'SnSsep0tnpHBwkHBeopuzEVW7FNkbmC' });
    t.store.tables.system = { ...t.store.tables.system, passHashEnabled: true, passKey: 'ayB8k2LmQ9xZ4pTr', passCost: 2 };
    const guesses = [...Array.from({ length: 14 }, (_, i) => `guess${String(i)}`), '1234'];
    const results = await Promise.all(guesses.map((pass) => t.attempt(pass, stranger)));
    assert.equal(word(results.at(-1) ?? { ok: false, refusal: 'BAD' }), 'LOCK');
    assert.equal(results.filter((result) => word(result) === 'BAD').length, 10);
  });

  it('many users tried from one address: refused after the limit, others go on', async () => {
    const t = setup({}, { badLoginsPerMinuteMax: 5 });
    for (let i = 0; i < 5; i += 1) await t.attempt('wrong', stranger, { user: `nobody${String(i)}` });
    assert.equal(word(await t.attempt('1234', stranger)), 'RATE');
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    t.clock.nowMs += 60_000;
    assert.equal(word(await t.attempt('1234', stranger)), 'ok');
  });

  it('the memory of failures is bounded, an IPv6 network counts as one address', () => {
    const lockout = createLockout({ ...lockoutDefaults, entriesMax: 3 });
    for (let i = 0; i < 10; i += 1) lockout.failed('u', `192.0.2.${String(i)}`, 0);
    assert.equal(lockout.addedByOthers('u', '192.0.2.9', 1), 0);
    assert.equal(lockout.addedByOthers('u', '192.0.2.1', 1), 10);
    assert.equal(lockAddress('2001:db8::1'), lockAddress('2001:db8::2'));
    assert.equal(lockAddress('2001:db8:0:0:9:9:9:9'), lockAddress('2001:db8::1'));
    assert.notEqual(lockAddress('2001:db8:1::1'), lockAddress('2001:db8:2::1'));
  });
});

describe('api login: addresses and second factor', () => {
  const lists = { allowIpLists: true, systemIpBlacklist: 'BLACK' };

  it('3.4: an address of the black list is blocked, as is its class-C form', async () => {
    const t = setup();
    t.store.tables.system = { ...t.store.tables.system, ...lists };
    for (const [entry, expected] of [
      ['192.0.2.66', 'IPBLOCK'],
      ['192.0.2.x', 'IPBLOCK'],
      ['192.0.2.67', 'ok'],
    ] as const) {
      t.store.tables.ipLists.set('BLACK', [entry]);
      assert.equal(word(await t.attempt('1234', stranger)), expected, entry);
    }
    assert.equal(t.user().failedLastTypeToday, 'aIPBLOCK');
  });

  it("3.4: an address outside the group's list is blocked", async () => {
    const t = setup({ apiIpList: 'OFFICE' });
    t.store.tables.system = { ...t.store.tables.system, ...lists };
    t.store.tables.ipLists.set('OFFICE', ['10.1.1.x']);
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    assert.equal(word(await t.attempt('1234', stranger)), 'IPBLOCK');
  });

  it('3.4: lists count only when switched on, and not for users that ignore them', async () => {
    const off = setup({ apiIpList: 'OFFICE' });
    assert.equal(word(await off.attempt('1234')), 'ok');
    const ignoring = setup({ apiIpList: 'OFFICE', ignoreIpList: true });
    ignoring.store.tables.system = { ...ignoring.store.tables.system, ...lists };
    assert.equal(word(await ignoring.attempt('1234')), 'ok');
  });

  it('3.4: a wrong password is told before the address', async () => {
    const t = setup({ apiIpList: 'OFFICE' });
    t.store.tables.system = { ...t.store.tables.system, ...lists };
    assert.equal(word(await t.attempt('wrong', stranger)), 'BAD');
  });

  it('3.4: the second factor is missing, present, or not asked for', async () => {
    const t = setup();
    t.store.tables.system = { ...t.store.tables.system, twoFactorAuthHours: 24, twoFactorContainer: 'TWOFA' };
    assert.equal(word(await t.attempt('1234')), '2FA');
    t.store.tables.secondFactors.add('6666');
    assert.equal(word(await t.attempt('1234')), 'ok');
    t.store.tables.secondFactors.clear();
    t.store.change('6666', () => ({ twoFactorOverride: 'DISABLED' }));
    assert.equal(word(await t.attempt('1234')), 'ok');
    t.store.change('6666', () => ({ twoFactorOverride: 'NOT_ACTIVE' }));
    t.store.tables.system = { ...t.store.tables.system, twoFactorContainer: '---DISABLED---' };
    assert.equal(word(await t.attempt('1234')), 'ok');
  });

  it("W-7: a peer's account works from the peer's addresses only", async () => {
    const t = setup({ account: { ...account, addresses: ['10.1.1.0/24'] } });
    assert.equal(word(await t.attempt('1234', peerAddress)), 'ok');
    assert.equal(word(await t.attempt('1234', stranger)), 'IPBLOCK');
  });
});

describe('api login: signed requests', () => {
  const parameters = { call_id: 'V1211200000001000123', function: 'ccc_lead_info' };
  const parts: SignedParts = {
    method: 'GET',
    path: '/vicidial/non_agent_api.php',
    parameters,
    body: '',
    date: '2026-11-21T19:03:09.000Z',
  };
  const sign = (changed: Partial<SignedParts> = {}, secret = '1234') => signRequest(nodeDigests, secret, { ...parts, ...changed });
  const signed = (signature: string, changed: Partial<SignedParts> = {}) => ({
    credentials: { kind: 'signed', sign: signature, parts: { ...parts, ...changed } } as const,
  });

  it('X-27: a good signature enters once', async () => {
    const t = setup();
    assert.equal(word(await t.attempt('', peerAddress, signed(sign()))), 'ok');
    assert.equal(word(await t.attempt('', peerAddress, signed(sign()))), 'BAD');
  });

  for (const [what, changed] of [
    ['another path', { path: '/x' }],
    ['another parameter', { parameters: { ...parameters, call_id: 'V1211200000001000124' } }],
    ['a parameter more', { parameters: { ...parameters, user: '7001' } }],
    ['another method', { method: 'POST' }],
    ['another body', { body: 'x' }],
    ['another date', { date: '2026-11-21T19:03:10.000Z' }],
  ] as const)
    it(`X-27: ${what} under the same signature is BAD`, async () => {
      assert.equal(word(await setup().attempt('', peerAddress, signed(sign(), changed))), 'BAD');
    });

  it('X-27: two minutes of difference are taken, more are not, in both directions', async () => {
    for (const [date, expected] of [
      ['2026-11-21T19:01:09.000Z', 'ok'],
      ['2026-11-21T19:05:09.000Z', 'ok'],
      ['2026-11-21T19:01:08.999Z', 'BAD'],
      ['2026-11-21T19:05:09.001Z', 'BAD'],
      ['yesterday', 'BAD'],
      ['2026-13-41T99:99:99.000Z', 'BAD'],
    ] as const)
      assert.equal(word(await setup().attempt('', peerAddress, signed(sign({ date }), { date }))), expected, date);
  });

  it('X-27: the wrong secret is BAD, and a wrong signature locks nobody', async () => {
    const t = setup();
    for (let i = 0; i < 12; i += 1) assert.equal(word(await t.attempt('', stranger, signed(sign({}, `guess${String(i)}`)))), 'BAD');
    assert.equal(t.user().failedLoginCount, 0);
    assert.equal(word(await t.attempt('', stranger, signed(sign()))), 'ok');
  });

  it('X-27: an account without a secret signs nothing', async () => {
    assert.equal(word(await setup({ pass: '' }).attempt('', peerAddress, signed(sign({}, '')))), 'BAD');
  });

  it('X-27: the password can be switched off for a peer', async () => {
    const t = setup({ account }, { signedOnlyPeers: ['alpha'] });
    assert.equal(word(await t.attempt('1234')), 'BAD');
    assert.equal(word(await t.attempt('', peerAddress, signed(sign()))), 'ok');
  });

  it('X-27: the replay memory refuses rather than forgets', () => {
    const replays = createReplayCache(1_000, 2);
    assert.deepEqual(
      [replays.accept('a', 0), replays.accept('a', 1), replays.accept('b', 2), replays.accept('c', 3)],
      [true, false, true, false],
    );
    assert.equal(replays.accept('c', 1_000), true);
    assert.equal(replays.accept('b', 1_001), false);
  });
});
