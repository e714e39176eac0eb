/**
 * Lookup and insert (vicidial-ccc section 4): fetch the lead of an arriving call from the cluster that handed it
 * over, make it ours, and give the call a caller code of ours. The order is the reference's (4.2): no code → D
 * before anything else, no container → C before any request, anything wrong with the origin or the insert → B.
 */
import { encodeCallerCode, parseCallerCode } from '../callercode.js';
import type { CallerCode } from '../callercode.js';
import { breakerDefaults, createBreakers } from '../cluster/breaker.js';
import type { BreakerSettings } from '../cluster/breaker.js';
import { isListId } from '../cluster/lookup-argument.js';
import { planRequest } from '../cluster/peer-request.js';
import type { AnswerFormat } from '../cluster/peer-request.js';
import { createRecentHandovers } from '../cluster/recent-handovers.js';
import { isOnTrunk } from '../cluster/trunk.js';
import { hasCode } from '../errors.js';
import type { LeadText } from '../leads/lead.js';
import type { Container, Containers, Handovers, Log, Meter, PeerClient, UrlLog } from '../ports.js';
import { createOriginQuestion } from './ask-origin.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import type { PeerLevels } from './peer-levels.js';
import { cleanCallerNumber, numberOfLead } from './lookup-number.js';

/** The four menu options of the reference. */
export type LookupExit = 'A' | 'B' | 'C' | 'D';

export interface LookupInsertSettings {
  /** TCP and TLS to the origin (AGI-3) */
  readonly connectMsMax: number;
  /** the whole lookup: container, request with retry and redirects, insert (AGI-3) */
  readonly requestMsMax: number;
  /** added to requestMsMax for an answer that came in the last moment */
  readonly graceMs: number;
  /** the same call within this time gets the same lead (AGI-5) */
  readonly windowMs: number;
  /** exit for a failure of our own, e.g. no database (AGI-4) */
  readonly internalErrorExit: LookupExit;
  /** exit for a code on a trunk of another peer (TRK-2) */
  readonly wrongTrunkExit: LookupExit;
  /** keep the origin's list id in entry_list_id when the lead goes to a list of ours (AGI-8) */
  readonly keepEntryListId: boolean;
  /** this switch as VICIdial names it (VARserver_ip) */
  readonly serverIp: string;
  /** hand-overs remembered in memory for repeats */
  readonly recentMax: number;
  readonly breaker: BreakerSettings;
}

export const lookupInsertDefaults: LookupInsertSettings = {
  connectMsMax: 2_000,
  requestMsMax: 5_000,
  graceMs: 50,
  windowMs: 36_000_000,
  internalErrorExit: 'B',
  wrongTrunkExit: 'D',
  keepEntryListId: true,
  serverIp: '127.0.0.1',
  recentMax: 10_000,
  breaker: breakerDefaults,
};

export interface LookupInsertDeps {
  readonly containers: Containers;
  readonly peers: PeerClient;
  readonly handovers: Handovers;
  /** fits a container to what its peer announced; without it each profile counts as written */
  readonly peerLevels?: PeerLevels;
  readonly urlLog: UrlLog;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
  readonly after: After;
  /** IANA zone of caller codes */
  readonly zone: string;
}

export interface LookupInsertRequest {
  /** names that may hold the code, best first; the later ones are asked for only when needed (TRK-3) */
  readonly callerIdName: string;
  readonly otherNames: () => Promise<readonly string[]>;
  readonly callerIdNumber: string;
  readonly containerId: string | undefined;
  readonly listId: string | undefined;
  readonly uniqueId: string;
  readonly channel: string;
  /** runs once the name is known to hold a code, outside the deadline (AGI-10) */
  readonly beforeLookup?: () => Promise<void>;
  readonly signal: AbortSignal;
}

export type LookupInsertResult =
  | {
      readonly exit: 'A';
      readonly reason: 'found';
      readonly leadId: number;
      readonly remoteLeadId: number;
      /** the new caller code, kind Y */
      readonly callerIdName: string;
      readonly callerIdNumber: string;
      readonly repeated: boolean;
    }
  | { readonly exit: LookupExit; readonly reason: string };

export interface LookupInsert {
  /** Resolves within the deadline with an exit, whatever happens. Rejects only when the call is gone or stopped. */
  (request: LookupInsertRequest): Promise<LookupInsertResult>;
}

const containerIdPattern = /^[^\p{C}]{1,40}$/u;

/** What is known once the container is found: everything the request and the insert need. */
interface Plan {
  readonly code: CallerCode;
  readonly container: Container;
  readonly peerId: string;
  readonly format: AnswerFormat;
}

export function createLookupInsert(deps: LookupInsertDeps, given: Partial<LookupInsertSettings> = {}): LookupInsert {
  const settings = { ...lookupInsertDefaults, ...given };
  const recent = createRecentHandovers(settings.recentMax, settings.windowMs);
  const askOrigin = createOriginQuestion(deps, createBreakers(settings.breaker), settings.connectMsMax);
  const refuse = (exit: LookupExit, reason: string): LookupInsertResult => ({ exit, reason });

  /** CODE-1, CODE-2: the stock script's cleaning first, then exactly 20 characters. */
  function readCode(name: string) {
    return parseCallerCode(name.replace(/['\\;]/g, ''));
  }

  async function findCode(request: LookupInsertRequest): Promise<CallerCode | string> {
    const first = readCode(request.callerIdName);
    if (first.ok) return first.code;
    for (const name of await request.otherNames()) {
      const other = readCode(name);
      if (other.ok) return other.code;
    }
    return first.problem;
  }

  /** TRK-2, CODE-4: a code counts only on a trunk of the peer that is asked for it. */
  async function isRightTrunk(container: Container, channel: string): Promise<boolean> {
    const trunks = container.profile?.trunks ?? [];
    if (trunks.length > 0) return isOnTrunk(channel, trunks);
    const owner = await deps.containers.findByChannel(channel);
    return owner === undefined || owner.id === (container.profile?.id ?? container.id);
  }

  async function plan(request: LookupInsertRequest, code: CallerCode): Promise<Plan | LookupInsertResult> {
    const { containerId } = request;
    if (containerId === undefined) return refuse('C', 'no-container');
    const found = containerIdPattern.test(containerId) ? await deps.containers.find(containerId) : undefined;
    if (!found) return refuse('C', 'container-unknown');
    const container = deps.peerLevels?.(found) ?? found;
    const planned = planRequest(container, 'ccc_lead_info', { call_id: code.code });
    if (!planned.ok) return refuse('C', planned.problem === 'peer-inactive' ? planned.problem : `container-${planned.problem}`);
    if (!(await isRightTrunk(container, request.channel))) return refuse(settings.wrongTrunkExit, 'wrong-trunk');
    if (request.listId !== undefined && !isListId(request.listId)) return refuse(settings.internalErrorExit, 'bad-list-id');
    return { code, container, peerId: container.profile?.id ?? container.id, format: planned.plan.format };
  }

  /** One transaction; a failure is B and no code is ever made for a row that is not there (4.5). */
  async function insert(request: LookupInsertRequest, { code, container, peerId }: Plan, lead: LeadText, startedAtMs: number) {
    const toOwnList = request.listId !== undefined;
    const stored = await deps.handovers.insert(
      {
        peerId,
        containerId: container.id,
        remoteCode: code.code,
        remoteLeadId: code.leadId,
        uniqueId: request.uniqueId,
        channel: request.channel,
        serverIp: settings.serverIp,
        lead: toOwnList ? { ...lead, list_id: request.listId } : lead,
        entryListId: toOwnList && settings.keepEntryListId ? lead.list_id : undefined,
        atMs: startedAtMs,
      },
      (leadId) => encodeCallerCode('Y', startedAtMs, deps.zone, leadId),
      settings.windowMs,
    );
    for (const field of stored.cut) deps.meter.count('tandem_handover_cut_fields_total', { field });
    return stored;
  }

  /** Memory first, then the store: after a restart, or on another node, the call still has its lead (AGI-5). */
  async function findBefore(key: string, request: LookupInsertRequest, p: Plan, nowMs: number) {
    const known = recent.get(key, nowMs);
    if (known) return known;
    const question = { peerId: p.peerId, remoteCode: p.code.code, uniqueId: request.uniqueId };
    return deps.handovers.find(question, nowMs - settings.windowMs);
  }

  async function fetchAndInsert(request: LookupInsertRequest, p: Plan, startedAtMs: number, msMax: number, signal: AbortSignal) {
    const key = [p.peerId, p.code.code, request.uniqueId].join('\n');
    const number = (phoneNumber: string) => numberOfLead(phoneNumber) || cleanCallerNumber(request.callerIdNumber);
    const found = { exit: 'A', reason: 'found', remoteLeadId: p.code.leadId } as const;
    const before = await findBefore(key, request, p, startedAtMs);
    if (before) {
      const { leadId, localCode, phoneNumber } = before;
      return { ...found, leadId, callerIdName: localCode, callerIdNumber: number(phoneNumber), repeated: true };
    }
    const asked = await askOrigin({ ...p, uniqueId: request.uniqueId, requestMsMax: msMax, signal });
    if (!asked.found) return refuse('B', asked.reason);
    let stored: Awaited<ReturnType<Handovers['insert']>>;
    try {
      stored = await insert(request, p, asked.lead, startedAtMs);
    } catch (e) {
      deps.log.error({ err: e, uniqueId: request.uniqueId, container: p.container.id }, 'lookup: lead not inserted');
      return refuse('B', hasCode(e, 'TDM_BAD_VALUE') ? 'insert-refused' : 'insert-failed');
    }
    const { leadId, localCode, repeated } = stored;
    recent.put(key, { leadId, localCode, phoneNumber: asked.lead.phone_number, atMs: startedAtMs });
    return { ...found, leadId, callerIdName: localCode, callerIdNumber: number(asked.lead.phone_number), repeated };
  }

  async function run(request: LookupInsertRequest, startedAtMs: number): Promise<LookupInsertResult> {
    const code = await findCode(request);
    if (typeof code === 'string') return refuse('D', `code-${code}`);
    await request.beforeLookup?.();

    const beganMs = deps.nowMs();
    const within = <T>(msMax: number, work: (signal: AbortSignal) => Promise<T>) => withDeadline(deps.after, msMax, request.signal, work);
    const planned = await within(settings.requestMsMax, () => plan(request, code));
    if ('exit' in planned) return planned;
    const msMax = planned.container.profile?.requestMsMax ?? settings.requestMsMax;
    // The clock may be set meanwhile: never more than the limit, never less than nothing.
    const spentMs = Math.min(Math.max(deps.nowMs() - beganMs, 0), msMax);
    return within(msMax - spentMs + settings.graceMs, (signal) =>
      fetchAndInsert(request, planned, startedAtMs, Math.max(msMax - spentMs, 1), signal),
    );
  }

  /** AGI-4: every failure becomes an exit, except that a call which is gone needs none. */
  function exitOfError(e: unknown, request: LookupInsertRequest): LookupInsertResult {
    if (hasCode(e, 'TDM_CALL_GONE') || request.signal.aborted) throw e;
    if (hasCode(e, 'TDM_DEADLINE')) return refuse('B', 'deadline');
    deps.log.error({ err: e, uniqueId: request.uniqueId, container: request.containerId }, 'lookup: internal error');
    return refuse(settings.internalErrorExit, hasCode(e, 'TDM_STORE_DOWN') ? 'store-down' : 'internal');
  }

  return async (request) => {
    const startedAtMs = deps.nowMs();
    const seconds = () => Math.max(deps.nowMs() - startedAtMs, 0) / 1000;
    let result: LookupInsertResult;
    try {
      result = await run(request, startedAtMs).catch((e: unknown) => exitOfError(e, request));
    } catch (e) {
      deps.meter.count('tandem_handovers_total', { exit: 'none', reason: hasCode(e, 'TDM_STOPPING') ? 'stopping' : 'caller-gone' });
      throw e;
    }
    const { exit, reason } = result;
    deps.meter.count('tandem_handovers_total', { exit, reason });
    deps.meter.observe('tandem_handover_seconds', seconds(), { exit });
    const leads = 'leadId' in result ? { leadId: result.leadId, remoteLeadId: result.remoteLeadId, repeated: result.repeated } : {};
    deps.log.info({ uniqueId: request.uniqueId, container: request.containerId, exit, reason, ...leads }, 'lookup: done');
    return result;
  };
}
