/**
 * Sessions of browsers: a random token in a cookie, only its hash stored. They end after a time without requests, at
 * an absolute age, when the user is switched off, and when his password changes. Tokens are exchanged as they age; the
 * one before stays good until the new one has come back and a minute longer, so that parallel requests and lost
 * answers throw nobody out.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { SessionStore, StoredSession } from '../core/access-ports.js';
import { TandemError } from '../core/errors.js';
import type { ApiUser, Users } from '../core/ports.js';

export const sessionDefaults = {
  idleMs: 8 * 3_600_000,
  ageMsMax: 24 * 3_600_000,
  /** a token older than this is exchanged */
  rotateMs: 15 * 60_000,
  /** how long the token before counts after the new one was seen */
  graceMs: 60_000,
  /** "last seen" is written no more often */
  seenEveryMs: 60_000,
  perUserMax: 20,
};

export type SessionOptions = typeof sessionDefaults;

export interface OpenSession {
  readonly id: string;
  readonly user: ApiUser;
  /** no later than this, Unix ms */
  readonly endsAtMs: number;
  /** a new token for the browser; undefined: it keeps its own */
  readonly token: string | undefined;
}

export interface BrowserSessions {
  /** for a user who has just logged in */
  open(user: ApiUser): Promise<OpenSession>;
  /** Rejects TDM_UNAUTHENTICATED: unknown, too old, idle too long, user switched off or with another password. */
  resume(token: string): Promise<OpenSession>;
  end(id: string): Promise<void>;
}

export interface BrowserSessionsDeps {
  readonly sessions: SessionStore;
  readonly users: Pick<Users, 'find'>;
  nowMs(): number;
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const newToken = (): string => randomBytes(32).toString('base64url');
export const tokenPattern = /^[\w-]{43}$/;

const secretMarkOf = ({ pass, passHash, secretHash }: ApiUser): string => digest(JSON.stringify([pass, passHash, secretHash ?? '']));

export function createBrowserSessions(deps: BrowserSessionsDeps, options: SessionOptions = sessionDefaults): BrowserSessions {
  const { sessions } = deps;
  const nowMs = (): number => deps.nowMs();
  const endOf = (session: StoredSession): number => session.createdAtMs + options.ageMsMax;

  function isOver({ seenAtMs, createdAtMs }: StoredSession, now: number): boolean {
    return now - seenAtMs >= options.idleMs || now - createdAtMs >= options.ageMsMax;
  }

  async function ended(id: string): Promise<never> {
    await sessions.end(id);
    throw new TandemError('TDM_UNAUTHENTICATED', ['the session has ended']);
  }

  /** A new token for the browser when its own has become old, or when it never got the last one. */
  async function rotated(session: StoredSession, isNewest: boolean, hash: string, now: number): Promise<string | undefined> {
    const ageMs = now - session.rotatedAtMs;
    const isDue = isNewest ? ageMs >= options.rotateMs : session.confirmedAtMs === undefined && ageMs >= options.graceMs;
    if (!isDue) return undefined;
    const token = newToken();
    return (await sessions.rotate(session.id, hash, digest(token), session, now)) ? token : undefined;
  }

  return {
    async open(user) {
      const now = nowMs();
      const token = newToken();
      const session: StoredSession = {
        id: randomBytes(15).toString('base64url'),
        user: user.user,
        secretMark: secretMarkOf(user),
        createdAtMs: now,
        seenAtMs: now,
        rotatedAtMs: now,
        confirmedAtMs: now,
      };
      await sessions.create(session, digest(token), options.perUserMax);
      return { id: session.id, user, endsAtMs: endOf(session), token };
    },
    async resume(token) {
      const hash = tokenPattern.test(token) ? digest(token) : undefined;
      const found = hash === undefined ? undefined : await sessions.find(hash);
      if (hash === undefined || !found) throw new TandemError('TDM_UNAUTHENTICATED', ['the session has ended']);
      const { session, isNewest } = found;
      const now = nowMs();
      if (isOver(session, now)) return ended(session.id);
      if (!isNewest && session.confirmedAtMs !== undefined && now - session.confirmedAtMs >= options.graceMs)
        throw new TandemError('TDM_UNAUTHENTICATED', ['the session has another token']);
      const user = await deps.users.find(session.user);
      if (!user?.active || secretMarkOf(user) !== session.secretMark) return ended(session.id);
      const next = await rotated(session, isNewest, hash, now);
      const isNews = isNewest && session.confirmedAtMs === undefined;
      if (next === undefined && (isNews || now - session.seenAtMs >= options.seenEveryMs)) await sessions.seen(session.id, now, isNewest);
      return { id: session.id, user, endsAtMs: endOf(session), token: next };
    },
    end: (id) => sessions.end(id),
  };
}
