/**
 * Who may use the own HTTP interface, beside VICIdial's columns: rights of users, API keys, browser sessions. Only
 * hashes of keys and sessions are ever stored. `sql/` implements these ports.
 */

/** What a user has beside its row of vicidial_users. */
export interface UserRights {
  /** ids of the queues that he may see and change, in lower case; undefined = all */
  readonly queues: readonly string[] | undefined;
  /** the agent of the provisioning that he is; undefined = none */
  readonly agent: string | undefined;
}

export interface UserRightsStore {
  /** Never older than one second; a user without a row has all queues and is no agent. */
  find(user: string): Promise<UserRights>;
  /** Of several users, by their name in lower case. */
  all(users: readonly string[]): Promise<ReadonlyMap<string, UserRights>>;
  put(user: string, rights: UserRights): Promise<void>;
}

export interface ApiKey {
  /** public name of the key, `k_...` */
  readonly id: string;
  readonly name: string;
  /** words of `tandem_...` */
  readonly functions: readonly string[];
  /** as in UserRights */
  readonly queues: readonly string[] | undefined;
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** undefined = never */
  readonly expiresAtMs: number | undefined;
  readonly isDisabled: boolean;
  /** to about a minute; undefined = never */
  readonly lastUsedAtMs: number | undefined;
  readonly lastAddress: string | undefined;
}

export type ApiKeyChange = Partial<Pick<ApiKey, 'name' | 'functions' | 'queues' | 'expiresAtMs' | 'isDisabled'>>;

export interface ApiKeyStore {
  /** By the hash of the secret; never older than one second. */
  find(hash: string): Promise<ApiKey | undefined>;
  get(id: string): Promise<ApiKey | undefined>;
  /** Of ids behind `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<readonly ApiKey[]>;
  count(): Promise<number>;
  create(key: ApiKey, hash: string): Promise<void>;
  /** False when there is no such key. */
  change(id: string, change: ApiKeyChange): Promise<boolean>;
  used(id: string, atMs: number, address: string): Promise<void>;
}

export interface StoredSession {
  readonly id: string;
  readonly user: string;
  /** digest of the user's stored secrets at login: a new password ends the session */
  readonly secretMark: string;
  readonly createdAtMs: number;
  /** last request, to about a minute */
  readonly seenAtMs: number;
  /** when the newest token was given out */
  readonly rotatedAtMs: number;
  /** when the newest token came back for the first time; undefined: the browser may not have it yet */
  readonly confirmedAtMs: number | undefined;
}

export interface SessionStore {
  /** By the hash of its newest or its last token; never older than one second. */
  find(hash: string): Promise<{ readonly session: StoredSession; readonly isNewest: boolean } | undefined>;
  /** Of one user at most `perUserMax`: the oldest go. */
  create(session: StoredSession, hash: string, perUserMax: number): Promise<void>;
  /** A new token in place of the newest one; the one that was shown stays known. False when another request did it already. */
  rotate(id: string, shown: string, hash: string, before: StoredSession, atMs: number): Promise<boolean>;
  /** Seen now; `confirmed`: with its newest token. */
  seen(id: string, atMs: number, confirmed: boolean): Promise<void>;
  end(id: string): Promise<void>;
  endOfUser(user: string): Promise<void>;
}

// ------------------------------------------------------------------ idempotency keys and audit

export type KeyBegun =
  | { readonly kind: 'new' }
  /** the same request was answered: its answer */
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'running' }
  /** the key belongs to another request */
  | { readonly kind: 'other' }
  /** more keys of this principal than are kept */
  | { readonly kind: 'full' };

export interface IdempotencyStore {
  /** The first request with this key gets `new`; it must `finish` or `release`. An unfinished one counts for a minute, an answer for a day. */
  begin(principal: string, key: string, requestHash: string, atMs: number): Promise<KeyBegun>;
  finish(principal: string, key: string, status: number, body: string): Promise<void>;
  release(principal: string, key: string): Promise<void>;
}

/** One request that changed something, or was to. Customers' data and secrets are left out. */
export interface AuditRow {
  /** grows with time */
  readonly id: string;
  readonly atMs: number;
  /** `user:anna`, `key:k_...` */
  readonly principal: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  /** what was asked, JSON */
  readonly request: string | undefined;
  /** what was there, and what is there now, JSON, where it is known cheaply */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly status: number;
  /** of a refusal */
  readonly code: string | undefined;
  readonly requestId: string;
}

export interface AuditWish {
  readonly principal?: string | undefined;
  readonly method?: string | undefined;
  /** beginning of the path */
  readonly path?: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** older than the row with this id */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface AuditStore {
  /** Resolves when stored, or after a short limit; never rejects. Bounded; what cannot be kept is counted. */
  write(row: AuditRow): Promise<void>;
  /** Newest first. */
  read(wish: AuditWish): Promise<readonly AuditRow[]>;
}

// ------------------------------------------------------------------ users, as administrators see them

/** A row of vicidial_users without its secrets. */
export interface ListedUser {
  readonly user: string;
  readonly fullName: string;
  readonly level: number;
  readonly group: string;
  readonly isActive: boolean;
  readonly functions: readonly string[];
  readonly viewReports: boolean;
  readonly agentApiAccess: boolean;
  readonly lastLoginAtMs: number | undefined;
}

export interface UserListWish {
  readonly group?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly function?: string | undefined;
  /** part of the name */
  readonly search?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface UserList {
  /** By name, behind `after`. */
  list(wish: UserListWish): Promise<readonly ListedUser[]>;
  get(user: string): Promise<ListedUser | undefined>;
}

/** Who gives a command at a door other than the own API: `/mi`, mod_callcenter's commands, the event socket. */
export interface CommandUser {
  readonly user: string;
  /** `user:anna`, `key:k_...`; undefined: nobody logged in, and the door with the address stands for him (`mi@10.0.0.5`) */
  readonly id?: string | undefined;
  readonly address?: string | undefined;
}

/** How a command ended that changes something. */
export interface CommandDone {
  readonly who: CommandUser;
  /** `callcenter_config agent set`, `mi cc_agent_login` */
  readonly command: string;
  /** its words or parameters; without customers' data */
  readonly request: unknown;
  /** as an answer over HTTP would have it */
  readonly status: number;
  readonly code?: string | undefined;
  /** what was answered, when that is short */
  readonly answer?: string | undefined;
}

/** Resolves when the row is stored, or after a short limit; never rejects. */
export type RecordCommand = (done: CommandDone) => Promise<void>;
