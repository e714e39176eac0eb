/**
 * Who may use `/api/v1`: HTTP Basic with a user of the store whose api_allowed_functions names the function;
 * ALL_FUNCTIONS alone is not enough (W-8). `tandem_admin` stands for all of them.
 */
import type { Request } from 'express';
import { TandemError } from '../../core/errors.js';
import type { ApiUser } from '../../core/ports.js';
import type { Login } from '../../core/services/login.js';

export const apiFunctions = {
  /** read queues, agents, callers; explanations */
  view: 'tandem_queue_view',
  /** change them: includes reading */
  control: 'tandem_queue_control',
  /** listen to, whisper into and join talks */
  spy: 'tandem_queue_spy',
  /** provisioning, reload; and all of the above */
  admin: 'tandem_admin',
} as const;

export type ApiNeed = keyof typeof apiFunctions;

const stands: Readonly<Record<ApiNeed, readonly ApiNeed[]>> = {
  view: ['view', 'control', 'admin'],
  control: ['control', 'admin'],
  spy: ['spy', 'admin'],
  admin: ['admin'],
};

/** An administrator's user has at least this level in VICIdial's own terms. */
const adminLevelMin = 8;
const otherLevelMin = 1;

export interface PermissionDeps {
  readonly login: Login;
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
}

/** Who asks. */
export interface Principal extends Pick<ApiUser, 'user'> {
  /** ids of the queues that he may see and change, canonical; undefined = all */
  readonly queues: ReadonlySet<string> | undefined;
}

/** The one behind the request, who may do it. Rejects TDM_UNAUTHENTICATED and TDM_FORBIDDEN. */
export type Permit = (req: Request, need: ApiNeed) => Promise<Principal>;

export function createPermit(deps: PermissionDeps): Permit {
  return async (req, need) => {
    const given = basicCredentials(req.headers.authorization);
    if (!given) throw new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic']);
    const result = await deps.login({
      user: given.user,
      credentials: { kind: 'password', pass: given.pass, isAsSent: true },
      address: deps.addressOf(req),
      levelMin: need === 'admin' ? adminLevelMin : otherLevelMin,
    });
    if (!result.ok) throw new TandemError('TDM_UNAUTHENTICATED', [result.refusal]);
    const isNamed = (function_: string) => ` ${result.user.apiAllowedFunctions} `.includes(` ${function_} `);
    if (!stands[need].some((other) => isNamed(apiFunctions[other])))
      throw new TandemError('TDM_FORBIDDEN', [result.user.user, apiFunctions[need]]);
    return { user: result.user.user, queues: undefined };
  };
}

function basicCredentials(header: string | undefined): { readonly user: string; readonly pass: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { user: text.slice(0, colon), pass: text.slice(colon + 1) };
}
