/** Ports of the lookup in memory, and containers to look things up with. */
import type { LookupInsertDeps } from '../../core/services/lookup-insert.js';
import type { Container, HandoverRecord, PeerAnswer, PeerProfile, PeerRequest, UrlLogEntry } from '../../core/ports.js';
import { stockLine } from './fake-origin.js';
import { recordingMeter, silentLog } from './observers.js';
import type { RecordingMeter } from './observers.js';

export const stockQuery = 'user=6666&pass=1234&source=test&function=ccc_lead_info&call_id=--A--call_id--B--';

/** A stock container for an origin at `base`. */
export function stockContainer(base = 'http://origin.example', extra = ''): Container {
  return { id: 'ccc_test', entry: `${base}/vicidial/non_agent_api.php?${stockQuery}${extra}\n`, profile: undefined };
}

export function peerProfile(given: Partial<PeerProfile> = {}): PeerProfile {
  return {
    id: 'alpha',
    kind: 'vicidial',
    active: true,
    baseUrl: 'https://origin.example',
    nonAgentPath: '/vicidial/non_agent_api.php',
    agentPath: '/agc/api.php',
    user: '6666',
    pass: '1234',
    source: 'tandem',
    stage: 'pipe',
    credentials: 'query',
    verifyTls: true,
    caFile: undefined,
    pinSha256: undefined,
    clientCertFile: undefined,
    clientKeyFile: undefined,
    connectMsMax: undefined,
    requestMsMax: undefined,
    allowExtraFields: false,
    trunks: [],
    ...given,
  };
}

export function profileContainer(given: Partial<PeerProfile> = {}, entry = ''): Container {
  const profile = peerProfile(given);
  return { id: profile.id, entry, profile };
}

export interface LookupWorld extends LookupInsertDeps {
  readonly meter: RecordingMeter;
  readonly asked: PeerRequest[];
  readonly inserted: HandoverRecord[];
  readonly urlLogged: UrlLogEntry[];
  /** what happened, in order: find, ask, url-log, insert */
  readonly steps: string[];
  answer: (request: PeerRequest) => Promise<PeerAnswer>;
  insertFails: Error | undefined;
  clockMs: number;
}

/** 21 November 2026 19:03:09 UTC: the code time `121190309`. */
export const worldClockMs = Date.UTC(2026, 10, 21, 19, 3, 9);

export function lookupWorld(containers: readonly Container[] = [stockContainer()], firstLeadId = 5_000_001): LookupWorld {
  const rows = new Map<string, { leadId: number; localCode: string; phoneNumber: string; atMs: number }>();
  const steps: string[] = [];
  const world: LookupWorld = {
    meter: recordingMeter(),
    log: silentLog,
    nowMs: () => world.clockMs,
    clockMs: worldClockMs,
    zone: 'UTC',
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    steps,
    asked: [],
    inserted: [],
    urlLogged: [],
    answer: () => Promise.resolve({ status: 200, body: stockLine }),
    insertFails: undefined,
    containers: {
      find: (id) => {
        steps.push('find');
        return Promise.resolve(containers.find((container) => container.id === id));
      },
      findByChannel: (channel) =>
        Promise.resolve(containers.map((c) => c.profile).find((p) => p?.trunks.some((trunk) => channel.startsWith(trunk)))),
    },
    peers: {
      ask: (request) => {
        steps.push('ask');
        world.asked.push(request);
        return world.answer(request);
      },
      describe: (request) => `url of ${request.container.id}`,
    },
    urlLog: {
      write: (entry) => {
        steps.push('url-log');
        world.urlLogged.push(entry);
        return Promise.resolve();
      },
    },
    handovers: {
      insert: (record, codeFor) => {
        steps.push('insert');
        if (world.insertFails) return Promise.reject(world.insertFails);
        const key = `${record.peerId} ${record.remoteCode} ${record.uniqueId}`;
        const before = rows.get(key);
        if (before) return Promise.resolve({ ...before, repeated: true, cut: [] });
        world.inserted.push(record);
        const leadId = firstLeadId + rows.size;
        const row = { leadId, localCode: codeFor(leadId), phoneNumber: record.lead.phone_number, atMs: record.atMs };
        rows.set(key, row);
        return Promise.resolve({ ...row, repeated: false, cut: [] });
      },
      find: ({ peerId, remoteCode, uniqueId }, notBeforeMs) => {
        const row = rows.get(`${peerId} ${remoteCode} ${uniqueId}`);
        return Promise.resolve(row && row.atMs >= notBeforeMs ? row : undefined);
      },
      isOwnCode: () => Promise.resolve(false),
      originOf: () => Promise.resolve(undefined),
    },
  };
  return world;
}
