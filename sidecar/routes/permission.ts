/**
 * Who may use `/api/v1`: a user by HTTP Basic or with a browser's session, or an API key, whose functions name what is
 * asked for; ALL_FUNCTIONS alone is not enough (W-8). `tandem_admin` stands for all of them. A list of queues narrows
 * all of it: what is outside is not found by who reads (404) and refused to who changes (403). `tandem_agent` alone
 * allows the agent that the user is, and nobody else.
 */
import type { Request } from 'express';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { AgentId } from '../../core/acd/ids.js';
import { TandemError } from '../../core/errors.js';
import { canonical } from '../../core/provisioning/names.js';
import type { Login } from '../../core/services/login.js';
import { byPassword, type Access, type Identity } from '../access.js';

export const apiFunctions = {
  /** read queues, agents, callers; explanations */
  view: 'tandem_queue_view',
  /** change them: includes reading */
  control: 'tandem_queue_control',
  /** listen to, whisper into and join talks */
  spy: 'tandem_queue_spy',
  /** provisioning, users, keys, audit, reload; and all of the above */
  admin: 'tandem_admin',
  /** what the page of an agent needs, for the agent that the user is */
  agent: 'tandem_agent',
  /** read campaigns, contacts, calls of the dialer; numbers are masked */
  dialerView: 'tandem_dialer_read',
  /** start, stop, load, revise them: includes reading */
  dialerControl: 'tandem_dialer_control',
  /** campaigns' rules, settings, profiles, audit of the dialer; and the two above */
  dialerAdmin: 'tandem_dialer_admin',
  /** preview calls of the agent that the user is */
  dialerPreview: 'tandem_dialer_preview',
  /** sees customers' numbers whole; not included in the others but `tandem_admin` */
  dialerNumbers: 'tandem_dialer_numbers',
} as const;

export type ApiFunction = keyof typeof apiFunctions;
/** `own-...`: also those may come who have `tandem_agent` alone; the route asks `requireOwn` or `Principal.ownOnly` */
export type ApiNeed =
  'view' | 'control' | 'spy' | 'admin' | 'own-view' | 'own-control' | 'dialer-view' | 'dialer-control' | 'dialer-admin' | 'own-preview';

const stands: Readonly<Record<ApiNeed, readonly ApiFunction[]>> = {
  view: ['view', 'control', 'admin'],
  control: ['control', 'admin'],
  spy: ['spy', 'admin'],
  admin: ['admin'],
  'own-view': ['agent', 'view', 'control', 'admin'],
  'own-control': ['agent', 'control', 'admin'],
  'dialer-view': ['dialerView', 'dialerControl', 'dialerAdmin', 'admin'],
  'dialer-control': ['dialerControl', 'dialerAdmin', 'admin'],
  'dialer-admin': ['dialerAdmin', 'admin'],
  'own-preview': ['agent', 'dialerPreview', 'dialerControl', 'dialerAdmin', 'admin'],
};

/** What is named in a refusal. */
const named: Readonly<Record<ApiNeed, ApiFunction>> = {
  view: 'view',
  control: 'control',
  spy: 'spy',
  admin: 'admin',
  'own-view': 'view',
  'own-control': 'control',
  'dialer-view': 'dialerView',
  'dialer-control': 'dialerControl',
  'dialer-admin': 'dialerAdmin',
  'own-preview': 'dialerPreview',
};

export const functionOf = (need: ApiNeed): string => apiFunctions[named[need]];

/** These alone allow what is one's own, and nothing else. */
const ofOneself: ReadonlySet<ApiFunction> = new Set(['agent', 'dialerPreview']);

/** An administrator's user has at least this level in VICIdial's own terms. */
export const adminLevelMin = 8;

export interface PermissionDeps {
  readonly login: Login;
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
  /** keys, sessions and rights; without it HTTP Basic alone, and every user has all queues */
  readonly access?: Access | undefined;
}

/** Who asks. */
export interface Principal {
  readonly user: string;
  /** `user:anna`, `key:k_...`: for the audit */
  readonly id?: string;
  /** ids of the queues that he may see and change, in lower case; undefined = all */
  readonly queues: ReadonlySet<string> | undefined;
  /** the agent that he is, as provisioned for the user */
  readonly agent?: string | undefined;
  /** he has `tandem_agent` (or `tandem_dialer_preview`) alone for this need: only what is his own */
  readonly ownOnly?: boolean;
  /** sees customers' numbers whole where the dialer shows them */
  readonly seesNumbers?: boolean;
  /** a session of a browser ends by then at the latest, Unix ms; a stream must end with it */
  readonly endsAtMs?: number | undefined;
}

/** The one behind the request, who may do it. Rejects TDM_UNAUTHENTICATED and TDM_FORBIDDEN. */
export type Permit = (req: Request, need: ApiNeed) => Promise<Principal>;

export function createPermit(deps: PermissionDeps): Permit {
  return async (req, need) => principalOf(await identify(deps, req), need);
}

async function identify(deps: PermissionDeps, req: Request): Promise<Identity> {
  if (deps.access) return deps.access.identify(req);
  const { user, apiAllowedFunctions, userLevel: level } = await byPassword(deps, req);
  const rights = { queues: undefined, agent: undefined };
  return { kind: 'password', id: `user:${user}`, user, functions: apiAllowedFunctions.split(' '), level, rights, session: undefined };
}

/** Throws TDM_FORBIDDEN. */
export function principalOf(identity: Identity, need: ApiNeed): Principal {
  const { user, functions, rights, level } = identity;
  const has = (name: ApiFunction): boolean =>
    functions.includes(apiFunctions[name]) && (name !== 'admin' || level === undefined || level >= adminLevelMin);
  const given = stands[need].filter(has);
  if (given.length === 0) throw new TandemError('TDM_FORBIDDEN', [user, functionOf(need)]);
  const ownOnly = given.every((name) => ofOneself.has(name));
  if (ownOnly && rights.agent === undefined) throw new TandemError('TDM_FORBIDDEN', [user, functionOf(need)]);
  // What only an administrator may concerns the whole site.
  if (need === 'admin' && rights.queues !== undefined) throw new TandemError('TDM_FORBIDDEN', [user, functionOf(need)]);
  return {
    user,
    id: identity.id,
    queues: rights.queues && new Set(rights.queues.map(canonical)),
    agent: rights.agent,
    ownOnly,
    seesNumbers: has('dialerNumbers') || has('admin'),
    endsAtMs: identity.session?.endsAtMs,
  };
}

// ------------------------------------------------------------------ what is inside

export const seesQueue = ({ queues }: Pick<Principal, 'queues'>, queue: string): boolean =>
  queues === undefined || queues.has(canonical(queue));

/** An agent is inside when he serves a queue that is; for `tandem_agent` when he is the user's own. */
export function seesAgent(principal: Principal, state: AcdState, agent: AgentId): boolean {
  if (principal.ownOnly) return isOwn(principal, agent);
  return principal.queues === undefined || state.servicesOfAgent(agent).some(({ queue }) => seesQueue(principal, queue));
}

export const isOwn = ({ agent }: Principal, id: string): boolean =>
  agent !== undefined && [canonical(agent), `${canonical(agent)}@default`].includes(canonical(id));

export function refuse(principal: Principal, what: string): never {
  throw new TandemError('TDM_FORBIDDEN', [principal.user, what.replace(/\p{C}/gu, '?').slice(0, 100)]);
}
