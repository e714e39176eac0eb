/**
 * Who asks at `/api/v1`: a user by HTTP Basic, an API key, or a browser's session; and how often he may ask. One for
 * the whole process, so that limits count over all routes.
 */
import type { Request } from 'express';
import { Recent } from '../core/acd/recent.js';
import type { ApiKey, ApiKeyStore, SessionStore, UserRights, UserRightsStore } from '../core/access-ports.js';
import { createMinuteLimit } from '../core/cluster/limits.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { ApiUser, Log, Users } from '../core/ports.js';
import type { Login } from '../core/services/login.js';
import { createBrowserSessions, digest, sessionDefaults, type BrowserSessions } from './browser-sessions.js';
import { createStreamShares, type StreamShares } from './stream-shares.js';
import { requireSameSite, sessionCookie, setSessionCookie } from './session-cookie.js';

export const accessDefaults = {
  session: sessionDefaults,
  /** requests of one principal in a minute: a wallboard, or the desktops behind one key */
  requestsPerMinuteMax: 6_000,
  /** wrong keys and sessions of one address in a minute; beyond it wrong ones are told so, and right ones are served */
  badPerMinuteMax: 300,
  /** event streams of one principal at once: a quarter of what one process serves by default */
  streamsPerUserMax: 250,
  /** "last used" of a key is written no more often */
  usedEveryMs: 60_000,
  /** origins of pages that may use sessions beside our own address, e.g. `https://board.example` behind a proxy */
  origins: [] as readonly string[],
  /** cookies for TLS alone; else they are when the page came by https */
  isSecure: false,
};

export type AccessOptions = typeof accessDefaults;

/** Somebody who has proved who he is. */
export interface Identity {
  readonly kind: 'password' | 'key' | 'session';
  /** `user:anna`, `key:k_...`: for limits, idempotency keys and the audit */
  readonly id: string;
  /** as shown in logs */
  readonly user: string;
  readonly functions: readonly string[];
  /** VICIdial's user level; a key has none */
  readonly level: number | undefined;
  readonly rights: UserRights;
  readonly session: { readonly id: string; readonly endsAtMs: number } | undefined;
}

export interface Access {
  /** Rejects TDM_UNAUTHENTICATED, TDM_TOO_MANY, TDM_CROSS_SITE. The same request is looked at once. */
  identify(req: Request): Promise<Identity>;
  /** A name for the session or key that a request shows, if it was right when it was last looked at; it may have ended since. */
  provenBy(req: Request): string | undefined;
  readonly streams: StreamShares;
  readonly sessions: BrowserSessions;
  readonly options: AccessOptions;
  /** a user who has just logged in, by whatever way */
  identityOf(user: ApiUser, kind: Identity['kind'], session?: Identity['session']): Promise<Identity>;
}

export interface AccessDeps {
  readonly login: Login;
  addressOf(req: Request): string;
  readonly users: Pick<Users, 'find'>;
  readonly rights: Pick<UserRightsStore, 'find'>;
  readonly keys: Pick<ApiKeyStore, 'find' | 'used'>;
  readonly sessions: SessionStore;
  nowMs(): number;
  readonly log: Log;
}

const keyPattern = /^tdm_[\w-]{43}$/;
/** Sessions and keys that are known to be right; one that is forgotten counts for its address again until it is looked at. */
const provenMax = 10_000;
/** Keys whose last use is remembered between two writes. */
const usedKeysMax = 10_000;

export function createAccess(deps: AccessDeps, options: AccessOptions = accessDefaults): Access {
  const nowMs = (): number => deps.nowMs();
  const proven = new Recent<string, boolean>(provenMax);
  const streams = createStreamShares(options.streamsPerUserMax);
  const sessions = provenWhenMade(createBrowserSessions(deps, options.session), (token) => proven.set(digest(token), true));
  const requests = createMinuteLimit();
  const bad = createMinuteLimit();
  const usedAtMs = new Map<string, number>();
  const known = new WeakMap<Request, Promise<Identity>>();

  const identityOf: Access['identityOf'] = async (user, kind, session) => ({
    kind,
    id: `user:${user.user.toLowerCase()}`,
    user: user.user,
    functions: user.apiAllowedFunctions.split(' ').filter(Boolean),
    level: user.userLevel,
    rights: await deps.rights.find(user.user),
    session,
  });

  /**
   * Counts the wrong ones of an address. They cannot be guessed, and others are behind the same address: so each is looked
   * at, a right one is served whatever came before it, and too many wrong ones hear that they are.
   */
  async function guarded(token: string, address: string, look: () => Promise<Identity>): Promise<Identity> {
    try {
      const identity = await look();
      proven.set(digest(token), true);
      return identity;
    } catch (e) {
      if (!hasCode(e, 'TDM_UNAUTHENTICATED')) throw e;
      if (proven.get(digest(token)) === true) {
        proven.set(digest(token), false); // it has ended: no guess, and its user must hear that he has to log in
        throw e;
      }
      if (!bad.take(address, options.badPerMinuteMax, nowMs())) throw new TandemError('TDM_TOO_MANY', ['wrong keys']);
      throw e;
    }
  }

  async function byKey(text: string, address: string): Promise<Identity> {
    const key = keyPattern.test(text) ? await deps.keys.find(digest(text)) : undefined;
    if (!key || key.isDisabled || (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs()))
      throw new TandemError('TDM_UNAUTHENTICATED', ['the key is unknown, expired or disabled']);
    noteUse(key, address);
    const rights = { queues: key.queues, agent: undefined };
    return { kind: 'key', id: `key:${key.id}`, user: key.id, functions: key.functions, level: undefined, rights, session: undefined };
  }

  /** Bookkeeping: the answer does not wait for it. */
  function noteUse({ id }: ApiKey, address: string): void {
    const now = nowMs();
    if (now - (usedAtMs.get(id) ?? 0) < options.usedEveryMs) return;
    if (usedAtMs.size >= usedKeysMax) usedAtMs.clear();
    usedAtMs.set(id, now);
    deps.keys.used(id, now, address).catch((e: unknown) => deps.log.warn({ err: e, key: id }, 'use of a key not recorded'));
  }

  async function bySession(req: Request, token: string): Promise<Identity> {
    requireSameSite(req, options.origins);
    const { id, user, endsAtMs, token: next } = await sessions.resume(token);
    if (next !== undefined) proven.set(digest(next), true);
    if (next !== undefined && req.res) setSessionCookie(req, req.res, next, endsAtMs - nowMs(), options.isSecure);
    return identityOf(user, 'session', { id, endsAtMs });
  }

  async function look(req: Request): Promise<Identity> {
    const address = deps.addressOf(req);
    const { bearer, token } = shownBy(req);
    if (bearer !== undefined) return guarded(bearer, address, () => byKey(bearer, address));
    if (token !== undefined) return guarded(token, address, () => bySession(req, token));
    return byPassword(deps, req).then((user) => identityOf(user, 'password'));
  }

  async function identify(req: Request): Promise<Identity> {
    const identity = await look(req);
    if (!requests.take(identity.id, options.requestsPerMinuteMax, nowMs()))
      throw new TandemError('TDM_TOO_MANY', [`${String(options.requestsPerMinuteMax)} a minute`]);
    return identity;
  }

  return {
    identify(req) {
      const before = known.get(req);
      if (before) return before;
      const now = identify(req);
      known.set(req, now);
      return now;
    },
    provenBy(req) {
      const { bearer, token = bearer } = shownBy(req);
      const mark = token === undefined ? undefined : digest(token);
      return mark !== undefined && proven.get(mark) === true ? mark : undefined;
    },
    streams,
    sessions,
    options,
    identityOf,
  };
}

/** A browser that shows a session is not asked for a password by what its user typed elsewhere. */
function shownBy(req: Request): { readonly bearer?: string | undefined; readonly token?: string | undefined } {
  const { authorization } = req.headers;
  if (authorization === undefined) return { token: sessionCookie(req) };
  return { bearer: /^Bearer (\S{1,200})$/i.exec(authorization)?.[1] };
}

/** Who has just logged in need not prove it again. */
const provenWhenMade = (sessions: BrowserSessions, prove: (token: string) => void): BrowserSessions => ({
  ...sessions,
  async open(user) {
    const session = await sessions.open(user);
    if (session.token !== undefined) prove(session.token);
    return session;
  },
});

/** HTTP Basic. Rejects TDM_UNAUTHENTICATED; wrong ones count as the login counts them. */
export async function byPassword({ login, addressOf }: Pick<AccessDeps, 'login' | 'addressOf'>, req: Request): Promise<ApiUser> {
  const given = basicCredentials(req.headers.authorization);
  if (!given) throw new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic, an API key or a session']);
  return checkPassword(login, given, addressOf(req));
}

/** Any active user; what he may is asked afterwards. */
export async function checkPassword(
  login: Login,
  given: { readonly user: string; readonly pass: string },
  address: string,
): Promise<ApiUser> {
  const result = await login({
    user: given.user,
    credentials: { kind: 'password', pass: given.pass, isAsSent: true },
    address,
    levelMin: 1,
  });
  if (!result.ok) throw new TandemError('TDM_UNAUTHENTICATED', [result.refusal]);
  return result.user;
}

function basicCredentials(header: string | undefined): { readonly user: string; readonly pass: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { user: text.slice(0, colon), pass: text.slice(colon + 1) };
}
