/**
 * What the core needs from outside. Adapters implement these; the core never imports an adapter.
 *
 * Common rules. "Not found" is `undefined`, not an exception. A port that talks to the database
 * rejects with TDM_STORE_DOWN when it does not answer in time. Instants are Unix milliseconds;
 * columns that VICIdial keeps as local DATETIME are translated by the store with its zone.
 */
import type { LeadText } from './leads/lead.js';
import type { MenuDefinition } from './menu/definition.js';

/** Structured log, narrow on purpose (pino fits). Values named pass, secret, token, url are redacted by the sink. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Counters and timers. Names and labels are listed in `docs/metrics.md`; labels have few values, never call or lead ids. */
export interface Meter {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  set(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

// ------------------------------------------------------------------ users and permissions

/** A row of vicidial_users with its group and our own account limits (vicidial-ccc 3.4, W-7, W-8). */
export interface ApiUser {
  readonly user: string;
  /** plain password of VICIdial's plain mode; '' when the account has a hash of ours */
  readonly pass: string;
  /** 31 characters of VICIdial's hash mode */
  readonly passHash: string;
  /** our own hash (`scrypt$...`), for accounts made by `tandem user add`; undefined for VICIdial's own */
  readonly secretHash: string | undefined;
  readonly userLevel: number;
  readonly userGroup: string;
  readonly active: boolean;
  readonly viewReports: boolean;
  readonly agentApiAccess: boolean;
  readonly apiListRestrict: boolean;
  /** as stored: names with spaces around, or ` ALL_FUNCTIONS ` */
  readonly apiAllowedFunctions: string;
  readonly failedLoginCount: number;
  readonly lastLoginAtMs: number | undefined;
  readonly ignoreIpList: boolean;
  readonly twoFactorOverride: string;
  /** of the user's group; '' when there is no such group */
  readonly allowedCampaigns: string;
  readonly apiIpList: string;
  readonly account: AccountLimits | undefined;
}

/** Our limits for an API user that belongs to a peer cluster; undefined fields mean "no own limit". */
export interface AccountLimits {
  readonly peerId: string;
  /** seconds; only ever shorter than the system's window (API-6) */
  readonly windowS: number | undefined;
  /** a code is answered once per account (W-7) */
  readonly oneTime: boolean;
  readonly requestsPerMinute: number | undefined;
  /** list ids whose leads may be read; undefined = all */
  readonly lists: readonly number[] | undefined;
  /** addresses and networks it may come from; undefined = anywhere */
  readonly addresses: readonly string[] | undefined;
}

export interface Users {
  find(user: string): Promise<ApiUser | undefined>;
  /** The first user, by name, whose `custom_three` is this text (`alt_user` of the Agent API); stores without that column leave it out. */
  findByAlias?(alias: string): Promise<string | undefined>;
  /** last_login_date = now, last_ip, failed_login_count = 0. May be coalesced with others of the same user. */
  loginSucceeded(user: string, ip: string, atMs: number): Promise<void>;
  /** The counters of 3.4 step 5. `restart`: count is set to 1 and last_login_date to now; `locked`: only attempts, type aLOCK. */
  loginFailed(user: string, ip: string, atMs: number, kind: 'bad' | 'restart' | 'locked' | 'ip-block'): Promise<void>;
}

export interface SystemSettings {
  readonly useNonLatin: boolean;
  readonly passHashEnabled: boolean;
  readonly passKey: string;
  readonly passCost: number;
  readonly allowIpLists: boolean;
  readonly systemIpBlacklist: string;
  readonly twoFactorAuthHours: number;
  readonly twoFactorContainer: string;
  readonly agentApiActive: boolean;
  /** local_gmt of the first active server row, as text, e.g. `-5.00`; undefined without a row */
  readonly serverLocalGmt: string | undefined;
}

export interface Settings {
  /** never older than one second (DB-1 to DB-3) */
  system(): Promise<SystemSettings>;
  ipListHas(listId: string, addresses: readonly string[]): Promise<boolean>;
  /** an unexpired second-factor row with stage 1 */
  secondFactorValid(user: string, nowMs: number): Promise<boolean>;
}

// ------------------------------------------------------------------ origin side: proof and lead

export interface ProvenCall {
  readonly leadId: number;
  readonly callDateMs: number;
  /** undefined when vicidial_list has no such row */
  readonly lead: LeadText | undefined;
}

export interface CallProofs {
  /** Newest row of vicidial_log_extended or vicidial_dial_log with this code, strictly later than `afterMs`, joined with its lead. */
  find(log: 'extended' | 'dial', code: string, afterMs: number): Promise<ProvenCall | undefined>;
  /** Write a proof row for a code that we gave to a call of ours. */
  record(proof: {
    readonly log: 'extended' | 'dial';
    readonly code: string;
    readonly leadId: number;
    readonly uniqueId: string;
    readonly serverIp: string;
    readonly channel: string;
    readonly context: string;
    readonly extension: string;
    readonly atMs: number;
  }): Promise<void>;
  /**
   * First caller takes the code for this account; false when it was taken before (one-time use, W-7). The
   * taker's address may take it again for `retryMs`, at any node: a peer repeats a question whose answer was lost.
   */
  takeOnce(
    account: string,
    code: string,
    taker: { readonly address: string; readonly atMs: number; readonly retryMs: number },
  ): Promise<boolean>;
}

/** Leads by their id. */
export interface Leads {
  find(leadId: number): Promise<LeadText | undefined>;
}

export interface Lists {
  campaignOf(listId: string): Promise<string | undefined>;
}

export interface ApiLogEntry {
  readonly user: string;
  readonly atMs: number;
  readonly script: 'non-agent' | 'agent';
  readonly function: string;
  readonly agentUser: string;
  readonly value: string;
  readonly result: 'SUCCESS' | 'ERROR';
  readonly reason: string;
  readonly source: string;
  readonly data: string;
  readonly runSeconds: number;
  readonly webServer: string;
  readonly page: string;
  readonly remoteIp: string;
  /** full URL without any password (API-5) */
  readonly url: string;
}

export interface ApiLog {
  /** Resolves when stored, or after a short limit; never rejects (API-5). Bounded; what cannot be kept is counted. */
  write(entry: ApiLogEntry): Promise<void>;
}

// ------------------------------------------------------------------ destination side: hand-over

/** How to reach an origin: a stock settings container, our own peer profile, or both (same id). */
export interface Container {
  readonly id: string;
  /** text of vicidial_settings_containers.container_entry; '' when there is only a profile */
  readonly entry: string;
  readonly profile: PeerProfile | undefined;
}

export interface PeerProfile {
  readonly id: string;
  readonly kind: 'vicidial' | 'tandem';
  readonly active: boolean;
  /** `https://host[:port]`; undefined: use the container's URL */
  readonly baseUrl: string | undefined;
  readonly nonAgentPath: string;
  readonly agentPath: string;
  readonly user: string;
  /** a secret or a reference to one: `env:NAME`, `file:/path` (W-5); resolved by the client, never logged */
  readonly pass: string;
  readonly source: string;
  readonly stage: 'pipe' | 'csv' | 'tab' | 'newline' | 'json';
  /** how credentials travel: stock peers need `query`; ours take `header` or `signed` (HMAC) */
  readonly credentials: 'query' | 'header' | 'signed';
  /** false only by an operator's explicit word (W-6) */
  readonly verifyTls: boolean;
  readonly caFile: string | undefined;
  /** SHA-256 of the peer's certificate, hex */
  readonly pinSha256: string | undefined;
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  readonly connectMsMax: number | undefined;
  readonly requestMsMax: number | undefined;
  /** more than 30 fields are allowed and cut (4.4) */
  readonly allowExtraFields: boolean;
  /** channel-name prefixes of the trunks this peer may come in on, e.g. `IAX2/alpha`; empty = not checked (W-7, TRK-2) */
  readonly trunks: readonly string[];
}

export interface Containers {
  find(id: string): Promise<Container | undefined>;
  /** Profile of the peer that one of whose trunks this channel belongs to. */
  findByChannel(channel: string): Promise<PeerProfile | undefined>;
}

/** One HTTP exchange with a peer, as the wire gave it. */
export interface PeerAnswer {
  readonly status: number;
  /** decoded: UTF-8, else Windows-1252 */
  readonly body: string;
}

export interface PeerRequest {
  readonly container: Container;
  readonly function: 'ccc_lead_info' | 'force_fronter_leave_3way' | 'force_fronter_audio_stop' | 'version';
  readonly parameters: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly connectMsMax: number;
  readonly requestMsMax: number;
}

export interface PeerClient {
  /**
   * Ask a peer. Resolves for any HTTP status. Rejects TDM_REMOTE_SLOW at the deadline, TDM_REMOTE_FAILED
   * (refused, reset, DNS, TLS, redirect not allowed, body too long, bad container), TDM_BUSY when the deadline
   * came to a request that had to wait for a connection of ours, TDM_CALL_GONE when `signal` aborted. One retry on refused or reset before any byte (AGI-3).
   */
  ask(request: PeerRequest): Promise<PeerAnswer>;
  /** the URL of a request with the password replaced by `***`, for logs */
  describe(request: PeerRequest): string;
}

export type { HandoverRecord, Handovers } from './handover-ports.js';

export interface UrlLogEntry {
  readonly uniqueId: string;
  readonly atMs: number;
  readonly urlType: 'ccc_look' | 'start';
  /** without password */
  readonly url: string;
  readonly response: string;
  readonly responseSeconds: number;
}

export interface UrlLog {
  /** Never rejects; bounded (W-11: no personal data in `response`). */
  write(entry: UrlLogEntry): Promise<void>;
}

export type { LiveAgent, LiveAgents } from './fronter-ports.js';

// ------------------------------------------------------------------ call menus

export interface Menus {
  /** never older than one second */
  find(menuId: string): Promise<MenuDefinition | undefined>;
  all(): Promise<readonly MenuDefinition[]>;
}
