/**
 * API login (vicidial-ccc 3.4): plain and hash mode, our own hashes, signed requests, lock-out
 * (W-9), address lists, second factor. Every refusal leaves the traces VICIdial's columns expect.
 */
import type { LoginRefusal } from '../cluster/lead-info.js';
import type { MinuteLimit, ReplayCache } from '../cluster/limits.js';
import type { LockRow } from '../cluster/expected-rows.js';
import type { Lockout } from '../cluster/lockout.js';
import { canonicalRequest, signatureInstant, type Digests, type SignedParts } from '../cluster/signature.js';
import type { ApiUser, Log, Meter, Settings, SystemSettings, Users } from '../ports.js';

/** Password arithmetic, done by the adapter. Comparisons take the same time for every wrong value. */
export interface Secrets {
  equal(a: string, b: string): boolean;
  /** Compare with one of our own hashes (`scrypt$...`); false for a malformed hash. Rejects TDM_BUSY when too many wait. */
  verifyOwn(secretHash: string, password: string): Promise<boolean>;
  /** The 31 characters VICIdial keeps in `pass_hash`; undefined when key or cost are unusable. Rejects TDM_BUSY. */
  vicidialHash(password: string, key: string, cost: number): Promise<string | undefined>;
  /** Take about as long as `verifyOwn`, so that an unknown user cannot be told by the time. */
  wasteTime(password: string): Promise<void>;
}

/** What is known about addresses beside VICIdial's lists. */
export interface AddressRules {
  /** addresses of peers and other friends: strangers cannot lock accounts out for them (W-9) */
  isTrusted(address: string): boolean;
  /** the address is one of these addresses and networks */
  isAmong(address: string, networks: readonly string[]): boolean;
}

export type Credentials =
  /** `isAsSent` is false when the filter of the `pass` parameter would change it: such a password fails (API-7) */
  | {
      readonly kind: 'password';
      readonly pass: string;
      readonly isAsSent: boolean;
      /** came by HTTP Basic at a compatible door, which knows it only of accounts that belong to a peer (3.1) */
      readonly isBasic?: true;
    }
  | { readonly kind: 'signed'; readonly sign: string; readonly parts: SignedParts };

export interface LoginAttempt {
  /** filtered user name */
  readonly user: string;
  readonly credentials: Credentials;
  readonly address: string;
  /** lowest user_level that may enter: 7 for the lead API, 1 for the agent API */
  readonly levelMin: number;
}

export type LoginResult = { readonly ok: true; readonly user: ApiUser } | { readonly ok: false; readonly refusal: LoginRefusal };

export const loginDefaults = {
  /** VICIdial's column lock: this many failures ... */
  failedLoginCountMax: 10,
  /** ... and a last login not older than this */
  databaseLockMs: 900_000,
  /** wrong logins per address and minute, all users together; trusted addresses are not limited */
  badLoginsPerMinuteMax: 300,
  /** peers whose accounts may not use passwords any more, only signed requests */
  signedOnlyPeers: [] as readonly string[],
};

export type LoginOptions = typeof loginDefaults;

export interface LoginDeps {
  readonly users: Users;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly digests: Digests;
  readonly addresses: AddressRules;
  readonly lockout: Lockout;
  readonly badLogins: MinuteLimit;
  readonly replays: ReplayCache;
  /** the HMAC key of an account; undefined when it has none. Usually the plain password. */
  signingSecret(user: ApiUser): Promise<string | undefined>;
  readonly meter: Meter;
  readonly log: Log;
  nowMs(): number;
}

export type Login = (attempt: LoginAttempt) => Promise<LoginResult>;

const secondFactorOff: readonly string[] = ['', '---DISABLED---'];

const isBasic = (credentials: Credentials): boolean => credentials.kind === 'password' && credentials.isBasic === true;

/** The address itself and its class-C form `a.b.c.x`, as VICIdial's lists know it. */
function listForms(address: string): readonly string[] {
  const lastDot = address.lastIndexOf('.');
  return lastDot < 0 ? [address] : [address, `${address.slice(0, lastDot)}.x`];
}

export function createLogin(deps: LoginDeps, options: LoginOptions = loginDefaults): Login {
  const refuse = (refusal: LoginRefusal): LoginResult => {
    deps.meter.count('tandem_api_logins_total', { result: refusal });
    return { ok: false, refusal };
  };

  /** Over the allowance of this address, or one more wrong login counted. */
  const isSpraying = (address: string): boolean =>
    deps.badLogins.count(address, deps.nowMs()) >= options.badLoginsPerMinuteMax && !deps.addresses.isTrusted(address);
  const countBad = (address: string) => void deps.badLogins.take(address, options.badLoginsPerMinuteMax, deps.nowMs());

  /** The columns say locked (3.4 step 3); last_login_date never set counts as long ago. */
  const isOverCount = (user: ApiUser) => user.failedLoginCount >= options.failedLoginCountMax;
  const isDatabaseLocked = (user: ApiUser, nowMs: number): boolean =>
    isOverCount(user) && user.lastLoginAtMs !== undefined && nowMs - user.lastLoginAtMs <= options.databaseLockMs;

  const lockRow = (user: ApiUser, nowMs: number): LockRow => {
    const { failedLoginCount, lastLoginAtMs } = user;
    return { failedLoginCount, lastLoginAtMs, isLoginOld: lastLoginAtMs === undefined || nowMs - lastLoginAtMs > options.databaseLockMs };
  };

  function isLocked(user: ApiUser, address: string, readAtMs: number): boolean {
    const nowMs = deps.nowMs();
    deps.lockout.heed(user.user, address, lockRow(user, nowMs), readAtMs);
    if (deps.lockout.isLocked(user.user, address, nowMs)) return true;
    if (!isDatabaseLocked(user, nowMs)) return false;
    // Take away what strangers added at this door: what is left is VICIdial's own count.
    const count = user.failedLoginCount - deps.lockout.addedByOthers(user.user, address, nowMs);
    return !deps.addresses.isTrusted(address) && count >= options.failedLoginCountMax;
  }

  /** Our own hash counts only while VICIdial's columns are empty: a password set there later is the newer one (DB-2). */
  const isOwnHashValid = (user: ApiUser, system: SystemSettings): boolean =>
    user.pass === '' && (!system.passHashEnabled || user.passHash === '');

  async function passwordFits(user: ApiUser, system: SystemSettings, pass: string): Promise<boolean> {
    if (user.account !== undefined && options.signedOnlyPeers.includes(user.account.peerId)) return false;
    if (user.secretHash !== undefined && isOwnHashValid(user, system)) return deps.secrets.verifyOwn(user.secretHash, pass);
    if (!system.passHashEnabled) return user.pass !== '' && deps.secrets.equal(user.pass, pass);
    const hash = await deps.secrets.vicidialHash(pass, system.passKey, system.passCost);
    return hash !== undefined && user.passHash !== '' && deps.secrets.equal(user.passHash, hash);
  }

  async function signatureFits(user: ApiUser, credentials: Extract<Credentials, { kind: 'signed' }>): Promise<boolean> {
    if (signatureInstant(credentials.parts.date, deps.nowMs()) === undefined) return false;
    const secret = await deps.signingSecret(user);
    if (secret === undefined || secret === '') return false;
    const expected = deps.digests.hmacSha256Hex(secret, canonicalRequest(deps.digests, credentials.parts));
    return deps.secrets.equal(expected, credentials.sign) && deps.replays.accept(`${user.user} ${credentials.sign}`, deps.nowMs());
  }

  /** The counters of 3.4 step 5. Only a password counts: a wrong clock must not lock a signing peer out. */
  async function wrong(user: ApiUser, attempt: LoginAttempt, readAtMs: number): Promise<LoginResult> {
    const nowMs = deps.nowMs();
    countBad(attempt.address);
    if (attempt.credentials.kind === 'signed') return refuse('BAD');
    deps.lockout.failed(user.user, attempt.address, nowMs);
    const kind = !isOverCount(user) ? 'bad' : isDatabaseLocked(user, nowMs) ? 'locked' : 'restart';
    if (kind === 'restart') deps.lockout.clear(user.user, nowMs);
    try {
      await deps.users.loginFailed(user.user, attempt.address, nowMs, kind);
    } finally {
      if (kind === 'restart') deps.lockout.clearStored(user.user, deps.nowMs());
    }
    if (kind === 'bad') deps.lockout.failureStored(user.user, attempt.address, lockRow(user, nowMs), readAtMs, deps.nowMs());
    return refuse('BAD');
  }

  async function locked(user: ApiUser, attempt: LoginAttempt): Promise<LoginResult> {
    countBad(attempt.address);
    await deps.users.loginFailed(user.user, attempt.address, deps.nowMs(), 'locked');
    return refuse('LOCK');
  }

  /** VICIdial's black list and the group's own list (3.4 step 6), and the peer's addresses (W-7). */
  async function addressMayEnter(user: ApiUser, system: SystemSettings, address: string): Promise<boolean> {
    const own = user.account?.addresses;
    if (own !== undefined && !deps.addresses.isAmong(address, own)) return false;
    if (!system.allowIpLists || user.ignoreIpList) return true;
    const forms = listForms(address);
    if (system.systemIpBlacklist !== '' && (await deps.settings.ipListHas(system.systemIpBlacklist, forms))) return false;
    return user.apiIpList === '' || deps.settings.ipListHas(user.apiIpList, forms);
  }

  async function secondFactorMissing(user: ApiUser, system: SystemSettings): Promise<boolean> {
    if (system.twoFactorAuthHours <= 0 || secondFactorOff.includes(system.twoFactorContainer)) return false;
    if (user.twoFactorOverride === 'DISABLED') return false;
    return !(await deps.settings.secondFactorValid(user.user, deps.nowMs()));
  }

  async function unknown(attempt: LoginAttempt): Promise<LoginResult> {
    countBad(attempt.address);
    if (attempt.credentials.kind === 'password') await deps.secrets.wasteTime(attempt.credentials.pass);
    return refuse('BAD');
  }

  function entered(user: ApiUser, attempt: LoginAttempt): LoginResult {
    deps.lockout.succeeded(user.user, attempt.address, deps.nowMs());
    deps.lockout.clear(user.user, deps.nowMs());
    // Bookkeeping: the answer does not wait for it, and a login does not fail because of it.
    void deps.users
      .loginSucceeded(user.user, attempt.address, deps.nowMs())
      .catch((e: unknown) => {
        deps.meter.count('tandem_api_login_record_failures_total');
        deps.log.warn({ err: e, user: user.user }, 'login not recorded');
      })
      .then(() => {
        deps.lockout.clearStored(user.user, deps.nowMs());
      });
    deps.meter.count('tandem_api_logins_total', { result: 'ok' });
    return { ok: true, user };
  }

  return async (attempt) => {
    const { credentials, address } = attempt;
    if (attempt.user === '' || (credentials.kind === 'password' && credentials.pass === '')) return refuse('BAD');
    if (isSpraying(address)) return refuse('RATE');
    const readAtMs = deps.nowMs();
    const [user, system] = await Promise.all([deps.users.find(attempt.user), deps.settings.system()]);
    if (!user || (user.account === undefined && isBasic(credentials))) return unknown(attempt);
    if (isLocked(user, address, readAtMs)) return locked(user, attempt);

    const fits =
      credentials.kind === 'signed'
        ? await signatureFits(user, credentials)
        : credentials.isAsSent && (await passwordFits(user, system, credentials.pass));
    // Guesses that ran side by side: those after the tenth wrong one must not learn that they were right.
    if (deps.lockout.isLocked(user.user, address, deps.nowMs())) return locked(user, attempt);
    if (!fits || !user.active || user.userLevel < attempt.levelMin) return wrong(user, attempt, readAtMs);

    if (!(await addressMayEnter(user, system, address))) {
      await deps.users.loginFailed(user.user, address, deps.nowMs(), 'ip-block');
      return refuse('IPBLOCK');
    }
    if (await secondFactorMissing(user, system)) return refuse('2FA');
    return entered(user, attempt);
  };
}
