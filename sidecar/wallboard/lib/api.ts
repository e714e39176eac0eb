/** Requests to `/api/v1`, with the browser's session. */
import { signal } from '@preact/signals';
import { strings } from '../strings.ts';

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Who is logged in; undefined: nobody, or not known yet. */
export interface Session {
  readonly user: string;
  readonly functions: readonly string[];
  readonly queues?: readonly string[];
  readonly agent?: string;
}

export const session = signal<Session | 'unknown' | 'none'>('unknown');

export const may = (...functions: readonly string[]): boolean =>
  typeof session.value === 'object' && [...functions, 'tandem_admin'].some((name) => (session.value as Session).functions.includes(name));

export const mayControl = (): boolean => may('tandem_queue_control');
export const maySpy = (): boolean => may('tandem_queue_spy');
export const mayView = (): boolean => may('tandem_queue_view', 'tandem_queue_control');
export const ownAgent = (): string | undefined => (typeof session.value === 'object' ? session.value.agent : undefined);

const waitMsMax = 15_000;

/** Rejects ApiError; with 401 the login page comes. */
export async function ask<T = unknown>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: { Accept: 'application/json', 'X-Tandem-Request': '1', ...(body && { 'Content-Type': 'application/json' }) },
    signal: AbortSignal.timeout(waitMsMax),
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new ApiError(0, 'OFFLINE', strings.errors.offline);
  });
  const told = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  if (answer.ok) return told as T;
  if (answer.status === 401 && path !== '/session') session.value = 'none';
  throw new ApiError(answer.status, told.code ?? '', told.message ?? strings.errors.unknown);
}

export const get = <T>(path: string): Promise<T> => ask<T>('GET', path);

export async function loadSession(): Promise<void> {
  try {
    session.value = await get<Session>('/session');
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 401) throw e;
    session.value = 'none';
  }
}

export async function login(user: string, pass: string): Promise<void> {
  session.value = await ask<Session>('POST', '/session', { user, pass });
}

export async function logout(): Promise<void> {
  await ask('DELETE', '/session').catch(() => undefined);
  session.value = 'none';
}

/** What a person is told about a failure. */
export function problemText(e: unknown): string {
  if (!(e instanceof ApiError)) return strings.errors.unknown;
  if (e.code === 'TDM_UNAUTHENTICATED') return strings.errors.loginWrong;
  if (e.code === 'TDM_FORBIDDEN') return strings.errors.forbidden;
  if (e.code === 'TDM_STANDBY') return strings.errors.standby;
  if (e.code === 'TDM_TOO_MANY') return strings.errors.tooMany;
  return e.message;
}
