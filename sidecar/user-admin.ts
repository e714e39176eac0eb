/**
 * Users made and changed over the own API: the same rows, checks and plan as `tandem user add` and `tandem apply`, so
 * that VICIdial's pages show them; queues and agent of a user stand in a table of ours.
 */
import type { ListedUser, SessionStore, UserList, UserRights, UserRightsStore } from '../core/access-ports.js';
import { TandemError } from '../core/errors.js';
import { canonical } from '../core/provisioning/names.js';
import type { CurrentRows, Row } from '../core/provisioning/plan.js';
import type { SchemaProblem } from '../core/provisioning/schema.js';
import { applyValue, type PasswordHasher, type ProvisioningStore } from './provision.js';
import { adminLevelMin, apiFunctions } from './routes/permission.js';

/** What a request says of a user; what is not said stays, or takes its default for a new one. */
export interface UserWish {
  readonly pass?: string | undefined;
  readonly fullName?: string | undefined;
  readonly level?: number | undefined;
  readonly group?: string | undefined;
  readonly active?: boolean | undefined;
  readonly functions?: readonly string[] | undefined;
  readonly viewReports?: boolean | undefined;
  readonly agentApiAccess?: boolean | undefined;
  /** null = all */
  readonly queues?: readonly string[] | null | undefined;
  /** null = none */
  readonly agent?: string | null | undefined;
}

export type SeenUser = ListedUser & UserRights;

export interface UserAdmin {
  find(user: string): Promise<SeenUser | undefined>;
  /** Rejects TDM_STORE_CONFLICT when he exists, TDM_BAD_REQUEST with every problem. */
  create(user: string, wish: UserWish): Promise<SeenUser>;
  /** Rejects TDM_NOT_FOUND. `by`: who asks; nobody takes his own rights away. */
  change(user: string, wish: UserWish, by: string): Promise<SeenUser>;
}

export interface UserAdminDeps {
  readonly store: ProvisioningStore;
  readonly users: UserList;
  readonly rights: Pick<UserRightsStore, 'all'>;
  readonly sessions: Pick<SessionStore, 'endOfUser'>;
  readonly hasher: PasswordHasher;
  nowMs(): number;
  readonly zone: string;
}

/** Changes that wait for their turn, and problems named in one answer. */
const waitingMax = 100;
const problemsMax = 20;
const namesMax = 100;

export function createUserAdmin(deps: UserAdminDeps): UserAdmin {
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= waitingMax) return Promise.reject(new TandemError('TDM_BUSY', [`${String(waitingMax)} changes of users`]));
    waiting++;
    const done = turn.then(work, work).finally(() => waiting--);
    turn = done.catch(() => undefined);
    return done;
  }

  async function find(user: string): Promise<SeenUser | undefined> {
    const found = await deps.users.get(user);
    return found && { ...found, ...((await deps.rights.all([found.user])).get(canonical(found.user)) ?? noRights) };
  }

  async function save(name: string, wish: UserWish, before: SeenUser | undefined): Promise<SeenUser> {
    const rows = await deps.store.read({ leadIds: [], callerCodes: [] });
    const entry = { ...entryOf(name, wish, before, rows), ...rightsOf(wish, rows) };
    refuseBad(entry, wish.queues === undefined ? before?.queues !== undefined : wish.queues !== null);
    const options = { hasher: deps.hasher, nowMs: deps.nowMs(), zone: deps.zone, dryRun: false, allowDefaultSecrets: false, env: {} };
    await applyValue({ users: [entry] }, { ...options, store: deps.store }, refusedBy);
    if (wish.pass !== undefined || wish.active === false) await deps.sessions.endOfUser(before?.user ?? name);
    const after = await find(name);
    if (!after) throw new TandemError('TDM_NOT_FOUND', ['User', name]);
    return after;
  }

  return {
    find,
    create: (user, wish) =>
      inTurn(async () => {
        if (await find(user)) throw new TandemError('TDM_STORE_CONFLICT', [`user ${user}`]);
        if (wish.pass === undefined) throw new TandemError('TDM_BAD_REQUEST', ['pass: is needed for a new user']);
        return save(user, wish, undefined);
      }),
    change: (user, wish, by) =>
      inTurn(async () => {
        const before = await find(user);
        if (!before) throw new TandemError('TDM_NOT_FOUND', ['User', user]);
        if (canonical(by) === canonical(user)) refuseOwnEnd(wish, before);
        return save(before.user, wish, before);
      }),
  };
}

const noRights: UserRights = { queues: undefined, agent: undefined };

/** The entry of a provisioning file that says the same; what the row has beside it stays as it is. */
function entryOf(name: string, wish: UserWish, before: SeenUser | undefined, rows: CurrentRows) {
  const row = (rows.vicidial_users ?? []).find((one) => canonical(one['user']) === canonical(name));
  const is = (column: string): boolean => row?.[column] !== undefined && String(row[column]) === '1';
  const fullName = wish.fullName ?? before?.fullName;
  return {
    user: name,
    ...(wish.pass === undefined ? {} : { pass: wish.pass }),
    ...(fullName === undefined ? {} : { full_name: fullName }),
    user_level: wish.level ?? before?.level ?? 1,
    user_group: wish.group ?? before?.group ?? 'ADMIN',
    active: wish.active ?? before?.isActive ?? true,
    view_reports: wish.viewReports ?? before?.viewReports ?? false,
    agent_api_access: wish.agentApiAccess ?? before?.agentApiAccess ?? false,
    api_list_restrict: is('api_list_restrict'),
    ignore_ip_list: is('ignore_ip_list'),
    functions: [...(wish.functions ?? before?.functions ?? [])],
  };
}

/** The part of the entry about queues and agent; what the request does not say stays. */
function rightsOf({ queues, agent }: UserWish, rows: CurrentRows) {
  return {
    ...(queues === undefined ? {} : { queues: queues === null ? 'all' : knownIds(queues, rows) }),
    ...(agent === undefined ? {} : { agent: agent === null ? '' : knownAgent(agent, rows) }),
  };
}

const idOf = (table: readonly Row[] | undefined, column: string, name: string): string | undefined => {
  const wanted = [canonical(name), `${canonical(name)}@default`];
  const found = (table ?? []).map((row) => String(row[column])).filter((id) => wanted.includes(canonical(id)));
  return found.sort((a, b) => a.length - b.length)[0];
};

function knownIds(names: readonly string[], rows: CurrentRows): string[] {
  return [...new Set(names)].map((name) => {
    const id = idOf(rows.tandem_queues, 'queue_id', name);
    if (id === undefined) throw new TandemError('TDM_BAD_REQUEST', [`queues: "${shown(name)}" is unknown`]);
    return canonical(id);
  });
}

function knownAgent(name: string, rows: CurrentRows): string {
  const id = idOf(rows.tandem_agents, 'agent_id', name);
  if (id === undefined) throw new TandemError('TDM_BAD_REQUEST', [`agent: "${shown(name)}" is unknown`]);
  return id;
}

function refuseBad(entry: ReturnType<typeof entryOf>, isNarrowed: boolean): void {
  const problems: string[] = [];
  const isAdmin = entry.functions.includes(apiFunctions.admin);
  if (isAdmin && entry.user_level < adminLevelMin) problems.push(`level: ${apiFunctions.admin} needs ${String(adminLevelMin)} or more`);
  if (isAdmin && isNarrowed) problems.push(`queues: ${apiFunctions.admin} is for all queues`);
  // In a provisioning file such a text is a reference to a file or variable of this machine.
  if (/^(env|file):/.test(entry.pass ?? '')) problems.push('pass: may not begin with env: or file:');
  if (problems.length > 0) throw new TandemError('TDM_BAD_REQUEST', [problems.join('; ')]);
}

function refuseOwnEnd(wish: UserWish, before: SeenUser): void {
  const functions = wish.functions ?? before.functions;
  const level = wish.level ?? before.level;
  if (wish.active === false || !functions.includes(apiFunctions.admin) || level < adminLevelMin)
    throw new TandemError('TDM_CONFLICT', ['nobody takes his own administration away']);
}

function refusedBy(problems: readonly SchemaProblem[]): never {
  const texts = problems.slice(0, problemsMax).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
  throw new TandemError('TDM_BAD_REQUEST', [shown(texts.join('; '), 2_000)]);
}

const shown = (text: string, max = namesMax): string => text.replace(/\p{C}/gu, '?').slice(0, max);
