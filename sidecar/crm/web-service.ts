/** vTiger's REST service, `webservice.php` (crm-vtiger 5): logs in when that is needed, once for all who ask. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { joinUrl } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import { TandemError } from '../../core/errors.js';
import { formBody, type CrmPost } from './post.js';

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
/** the module of calls; its rows are named by it */
export const callsModule = 'PBXManager';
/** what a module is called and has changes when somebody edits it in the CRM */
const describedMsMax = 3_600_000;
const describedMax = 100;
const sessionCodes = /SESSION|AUTHENTICATION_REQUIRED/i;
const loginCodes = /INVALID_USER|INVALID_AUTH_TOKEN|AUTHENTICATION|ACCESS_KEY/i;

export type WsReply =
  | { readonly kind: 'done'; readonly result: unknown }
  /** no login with this user and key */
  | { readonly kind: 'auth'; readonly problem: string }
  /** it did not reach the CRM, or came no further than the login */
  | { readonly kind: 'unsent'; readonly problem: string }
  /** the CRM had it, and nobody knows what it did */
  | { readonly kind: 'cut'; readonly problem: string }
  /** its own words: `MANDATORY_FIELDS_MISSING` */
  | { readonly kind: 'refused'; readonly code: string; readonly problem: string };

export type WsFields = readonly (readonly [string, string])[];

export interface ModuleDescription {
  /** `24` of `24x52` */
  readonly idPrefix: string;
  readonly fields: ReadonlySet<string>;
  readonly mandatory: readonly string[];
}

export interface WebService {
  /** One operation with its fields; `sessionName` is added. Never rejects. */
  ask(method: 'GET' | 'POST', operation: string, fields: WsFields): Promise<WsReply>;
  /** VTQL; values in it are of the alphabet of numbers and ids. Rejects with a WsError. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Rejects with a WsError. */
  describe(module: string): Promise<ModuleDescription>;
  /** Whose account it is: `19x1`. Rejects with a WsError. */
  ownUser(): Promise<string>;
  /** Clock of the CRM when a login began; undefined: it does not tell. Rejects with a WsError. */
  serverMs(): Promise<number | undefined>;
}

interface Session {
  readonly name: string;
  readonly user: string;
}

const answerSchema = z.object({
  success: z.boolean(),
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string().nullish() }).optional(),
});
const challengeSchema = z.object({ token: z.string(), serverTime: z.number().optional() });
const sessionSchema = z.object({ sessionName: z.string(), userId: z.string().default('') });
const describeSchema = z.object({
  idPrefix: z.union([z.string(), z.number()]).transform(String),
  fields: z.array(z.object({ name: z.string(), mandatory: z.boolean().default(false) })).default([]),
});

export type WsFailure = Exclude<WsReply, { kind: 'done' }>;

/** TDM_REMOTE_FAILED of the web service, with what is known of its fate. */
export class WsError extends TandemError {
  readonly reply: WsFailure;

  constructor(binding: string, reply: WsFailure) {
    super('TDM_REMOTE_FAILED', [binding, reply.problem]);
    this.reply = reply;
  }
}

/**
 * The login of one account, shared by all who ask in its name: vTiger keeps one challenge for a user, so that two who log
 * in side by side spoil each other's.
 */
export interface WebSession {
  /** Begun when there is none. Rejects with a WsError; nothing was done before a login. */
  current(): Promise<Session>;
  /** Of several who hear that it has ended, one begins a new one. */
  ended(which: Promise<Session>): void;
  /** Rejects with a WsError. */
  challenge(): Promise<Challenge>;
}

type Challenge = z.output<typeof challengeSchema>;

/** Somebody else, another process or the doctor, may have asked for a challenge meanwhile, and ours counts no more. */
const loginTriesMax = 2;

export function createWebSession(binding: CrmBinding, post: CrmPost): WebSession {
  const call = createCall(binding, post);
  let session: Promise<Session> | undefined;
  const failure = (reply: WsFailure): WsError => new WsError(binding.name, reply);
  const somethingElse = (): WsError => failure({ kind: 'unsent', problem: 'the login of the web service answers something else' });

  async function login(): Promise<Session> {
    for (let tries = 1; ; tries++) {
      const reply = await answered();
      if (tries < loginTriesMax && reply.kind === 'refused' && loginCodes.test(reply.code)) continue;
      const found = sessionSchema.safeParse(resultOf(reply));
      if (!found.success) throw somethingElse();
      return { name: found.data.sessionName, user: found.data.userId };
    }
  }

  async function answered(): Promise<WsReply> {
    const { ws } = binding;
    if (!ws) return { kind: 'auth', problem: 'no account for the web service' };
    const { token } = await challenge();
    // the protocol's own: MD5 of token and key
    const accessKey = createHash('md5')
      .update(token + ws.access_key)
      .digest('hex');
    return call('POST', [
      ['operation', 'login'],
      ['username', ws.user],
      ['accessKey', accessKey],
    ]);
  }

  async function challenge(): Promise<Challenge> {
    const reply = await call('GET', [
      ['operation', 'getchallenge'],
      ['username', binding.ws?.user ?? ''],
    ]);
    const found = challengeSchema.safeParse(resultOf(reply));
    if (!found.success) throw somethingElse();
    return found.data;
  }

  /** Nothing was done before a login. Throws WsError. */
  function resultOf(reply: WsReply): unknown {
    if (reply.kind === 'done') return reply.result;
    if (reply.kind === 'auth' || (reply.kind === 'refused' && loginCodes.test(reply.code)))
      throw failure({ kind: 'auth', problem: reply.problem });
    throw failure({ kind: 'unsent', problem: reply.problem });
  }

  function ended(which: Promise<Session>): void {
    if (session === which) session = undefined;
  }

  return {
    current() {
      if (session) return session;
      const begun = login();
      session = begun;
      begun.catch(() => ended(begun));
      return begun;
    },
    ended,
    challenge,
  };
}

type Call = (method: 'GET' | 'POST', fields: WsFields) => Promise<WsReply>;

/** One request, whoever asks. Never rejects. */
function createCall(binding: CrmBinding, post: CrmPost): Call {
  const url = joinUrl(binding.crm_url ?? '', 'webservice.php');
  return async (method, fields) => {
    const text = formBody(fields);
    const reply = await post(
      method === 'GET' ? { url: `${url}?${text}`, method, headers: {}, body: '' } : { url, method, headers: form, body: text },
    );
    if (reply.kind !== 'answer') return { kind: reply.kind, problem: reply.problem };
    const answer = answerSchema.safeParse(jsonOf(reply.body));
    if (!answer.success) {
      const problem = `status ${String(reply.status)} without an answer of the web service`;
      return reply.status >= 500 ? { kind: 'cut', problem } : { kind: 'refused', code: '', problem };
    }
    if (answer.data.success) return { kind: 'done', result: answer.data.result };
    const code = answer.data.error?.code ?? '';
    const problem = `the web service refuses: ${code} ${answer.data.error?.message ?? ''}`;
    return { kind: 'refused', code, problem: problem.trim().slice(0, 300) };
  };
}

/** `session`: of those who ask in the name of the same account. */
export function createWebService(
  binding: CrmBinding,
  post: CrmPost,
  nowMs: () => number = Date.now,
  session = createWebSession(binding, post),
): WebService {
  const call = createCall(binding, post);
  const described = new Map<string, { readonly atMs: number; readonly module: ModuleDescription }>();
  const failure = (reply: WsFailure): WsError => new WsError(binding.name, reply);

  async function ask(method: 'GET' | 'POST', operation: string, fields: WsFields): Promise<WsReply> {
    for (let tries = 1; ; tries++) {
      const used = session.current();
      let name: string;
      try {
        ({ name } = await used);
      } catch (error) {
        return error instanceof WsError ? error.reply : { kind: 'unsent', problem: String(error) };
      }
      const reply = await call(method, [['operation', operation], ['sessionName', name], ...fields]);
      if (reply.kind !== 'refused' || !sessionCodes.test(reply.code) || tries > 1) return reply;
      session.ended(used); // it has expired; once more with a new one
    }
  }

  const asked = async (method: 'GET' | 'POST', operation: string, fields: WsFields): Promise<unknown> => {
    const reply = await ask(method, operation, fields);
    if (reply.kind === 'done') return reply.result;
    throw failure(reply);
  };

  return {
    ask,
    async query(text) {
      const rows = z.array(z.record(z.string(), z.unknown())).safeParse(await asked('GET', 'query', [['query', text]]));
      if (!rows.success) throw failure({ kind: 'refused', code: '', problem: 'the web service answers something else' });
      return rows.data;
    },
    async describe(module) {
      const known = described.get(module);
      if (known && nowMs() - known.atMs < describedMsMax) return known.module;
      const found = describeSchema.safeParse(await asked('GET', 'describe', [['elementType', module]]));
      if (!found.success) throw failure({ kind: 'refused', code: '', problem: `the web service does not describe ${module}` });
      const { idPrefix, fields } = found.data;
      const mandatory = fields.filter((field) => field.mandatory).map(({ name }) => name);
      const description = { idPrefix, fields: new Set(fields.map(({ name }) => name)), mandatory };
      if (described.size >= describedMax) described.clear();
      described.set(module, { atMs: nowMs(), module: description });
      return description;
    },
    ownUser: async () => (await session.current()).user,
    serverMs: async () => {
      const { serverTime } = await session.challenge();
      return serverTime === undefined ? undefined : serverTime * 1000;
    },
  };
}

/** White space may stand before the document. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.trim()) as unknown;
  } catch {
    return undefined;
  }
}
