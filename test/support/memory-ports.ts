/** The store's ports in memory, with every table open to the test. Each port stands in full, so a new method is missed by the compiler. */
import { leadFields, type LeadText } from '../../core/leads/lead.js';
import type {
  ApiLogEntry,
  ApiUser,
  Container,
  HandoverRecord,
  LiveAgent,
  PeerAnswer,
  PeerRequest,
  SystemSettings,
  UrlLogEntry,
} from '../../core/ports.js';
import type {
  ApiLog,
  CallProofs,
  Containers,
  Handovers,
  Lists,
  LiveAgents,
  PeerClient,
  Settings,
  UrlLog,
  Users,
} from '../../core/ports.js';

export interface UserRow extends ApiUser {
  readonly failedLoginCountToday: number;
  readonly failedLoginAttemptsToday: number;
  readonly failedLastIpToday: string;
  readonly failedLastTypeToday: string;
  readonly lastIp: string;
  readonly alias: string;
}

export interface ProofRow {
  readonly log: 'extended' | 'dial';
  readonly code: string;
  readonly leadId: number;
  readonly atMs: number;
}

export const systemDefaults: SystemSettings = {
  useNonLatin: false,
  passHashEnabled: false,
  passKey: '',
  passCost: 2,
  allowIpLists: false,
  systemIpBlacklist: '',
  twoFactorAuthHours: 0,
  twoFactorContainer: '',
  agentApiActive: true,
  serverLocalGmt: '-5.00',
};

export const plainUser: UserRow = {
  user: '6666',
  pass: '1234',
  passHash: '',
  secretHash: undefined,
  userLevel: 8,
  userGroup: 'ADMIN',
  active: true,
  viewReports: true,
  agentApiAccess: true,
  apiListRestrict: false,
  apiAllowedFunctions: ' ALL_FUNCTIONS ',
  failedLoginCount: 0,
  lastLoginAtMs: undefined,
  ignoreIpList: false,
  twoFactorOverride: 'NOT_ACTIVE',
  allowedCampaigns: ' -ALL-CAMPAIGNS- - -',
  apiIpList: '',
  account: undefined,
  failedLoginCountToday: 0,
  failedLoginAttemptsToday: 0,
  failedLastIpToday: '',
  failedLastTypeToday: '',
  lastIp: '',
  alias: '',
};

export const emptyLead = Object.fromEntries(leadFields.map((field) => [field, ''])) as LeadText;

const failedTypes = { bad: 'aBAD', locked: 'aLOCK', 'ip-block': 'aIPBLOCK' } as const;

export function createMemoryStore(nowMs: () => number) {
  const tables = {
    users: [] as UserRow[],
    system: systemDefaults,
    ipLists: new Map<string, readonly string[]>(),
    secondFactors: new Set<string>(),
    proofs: [] as ProofRow[],
    leads: new Map<number, LeadText>(),
    lists: new Map<string, string>(),
    taken: new Map<string, { address: string; atMs: number }>(),
    apiLog: [] as ApiLogEntry[],
    urlLog: [] as UrlLogEntry[],
    agents: [] as LiveAgent[],
    recent: [] as LiveAgent[],
    leaveOrders: [] as string[],
    playing: new Map<string, readonly string[]>(),
    hangups: [] as string[],
    origins: new Map<number, { containerId: string; remoteLeadId: number }>(),
    containers: new Map<string, Container>(),
    peerRequests: [] as PeerRequest[],
  };

  const at = (user: string) => tables.users.findIndex((row) => row.user.toLowerCase() === user.toLowerCase());
  const change = (user: string, patch: (row: UserRow) => Partial<UserRow>) => {
    const i = at(user);
    const row = tables.users[i];
    if (row) tables.users[i] = { ...row, ...patch(row) };
  };
  const tick = () => Promise.resolve();

  const users: Users = {
    find: (user) => tick().then(() => tables.users[at(user)]),
    findByAlias: (alias) => tick().then(() => tables.users.find((row) => row.alias === alias)?.user),
    loginSucceeded: (user, ip, atMs) => {
      change(user, () => ({ lastLoginAtMs: atMs, lastIp: ip, failedLoginCount: 0 }));
      return tick();
    },
    loginFailed: (user, ip, atMs, kind) => {
      change(user, (row) => {
        if (kind === 'restart') return { failedLoginCount: 1, lastLoginAtMs: atMs };
        const attempts = { failedLoginAttemptsToday: row.failedLoginAttemptsToday + 1, failedLastIpToday: ip };
        const counts = { failedLoginCount: row.failedLoginCount + 1, failedLoginCountToday: row.failedLoginCountToday + 1 };
        return { ...attempts, failedLastTypeToday: failedTypes[kind], ...(kind === 'bad' ? counts : {}) };
      });
      return tick();
    },
  };

  const settings: Settings = {
    system: () => Promise.resolve(tables.system),
    ipListHas: (id, addresses) => Promise.resolve(addresses.some((address) => tables.ipLists.get(id)?.includes(address) ?? false)),
    secondFactorValid: (user) => Promise.resolve(tables.secondFactors.has(user)),
  };

  const proofs: CallProofs = {
    find: (log, code, afterMs) => {
      const rows = tables.proofs.filter((row) => row.log === log && row.code === code && Math.floor(row.atMs / 1000) * 1000 > afterMs);
      const newest = rows.sort((a, b) => b.atMs - a.atMs)[0];
      return tick().then(() => newest && { leadId: newest.leadId, callDateMs: newest.atMs, lead: tables.leads.get(newest.leadId) });
    },
    record: ({ log, code, leadId, atMs }) => tick().then(() => void tables.proofs.push({ log, code, leadId, atMs })),
    takeOnce: (account, code, { address, atMs, retryMs }) => {
      const key = `${account} ${code}`;
      const taken = tables.taken.get(key);
      if (!taken) tables.taken.set(key, { address, atMs });
      return Promise.resolve(!taken || (taken.address === address && atMs - taken.atMs < retryMs));
    },
  };

  const lists: Lists = { campaignOf: (listId) => Promise.resolve(tables.lists.get(listId)) };
  const apiLog: ApiLog = { write: (entry) => tick().then(() => void tables.apiLog.push(entry)) };
  const urlLog: UrlLog = { write: (entry) => tick().then(() => void tables.urlLog.push(entry)) };

  const agents: LiveAgents = {
    find: (user) => Promise.resolve(tables.agents.find((agent) => agent.user === user)),
    otherWithLead: (leadId, user) => {
      const others = tables.agents.filter((agent) => agent.leadId === leadId && agent.user !== user);
      return Promise.resolve(others.sort((a, b) => (a.lastCallAtMs ?? 0) - (b.lastCallAtMs ?? 0))[0]);
    },
    recentSession: (leadId, user, sinceMs) =>
      Promise.resolve(tables.recent.find((s) => s.leadId === leadId && s.user !== user && (s.lastCallAtMs ?? 0) > sinceMs)),
    orderLeaveThreeWay: (user) => tick().then(() => void tables.leaveOrders.push(user)),
    playingChannels: (confExten, serverIp) => Promise.resolve(tables.playing.get(`${confExten}@${serverIp}`) ?? []),
    orderHangup: (channel) => tick().then(() => void tables.hangups.push(channel)),
  };

  const handovers: Handovers = {
    insert: (record: HandoverRecord) => Promise.reject(new Error(`no hand-over is stored here (${record.remoteCode})`)),
    find: () => Promise.resolve(undefined),
    isOwnCode: () => Promise.resolve(false),
    originOf: (leadId) => Promise.resolve(tables.origins.get(leadId)),
  };
  const containers: Containers = {
    find: (id) => Promise.resolve(tables.containers.get(id)),
    findByChannel: () => Promise.resolve(undefined),
  };

  /** What the peer answers; a test sets it. */
  const peer = { answer: (): Promise<PeerAnswer> => Promise.resolve({ status: 200, body: '' }) };
  const peers: PeerClient = {
    ask: (request) => {
      tables.peerRequests.push(request);
      return peer.answer();
    },
    describe: (request) => `http://origin.example/?function=${request.function}&pass=***`,
  };

  return { tables, change, users, settings, proofs, lists, apiLog, urlLog, agents, handovers, containers, peers, peer, nowMs };
}

export type MemoryStore = ReturnType<typeof createMemoryStore>;
