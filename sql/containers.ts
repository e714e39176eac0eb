import { isOnTrunk } from '../core/cluster/trunk.js';
import type { Container, Containers, Log, PeerProfile } from '../core/ports.js';
import { createCache } from './cache.js';
import { integer, text } from './db.js';
import type { Db, Row } from './db.js';
import { causedBy } from './failure.js';
import { createJsonLists } from './json-list.js';
import type { JsonLists } from './json-list.js';
import { provisionedTables } from './provisioning-tables.js';

export interface ContainersOptions {
  readonly own: string;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
  readonly log: Log;
}

const cachedMax = 1_000;
const peersMax = 10_000;
const peerColumns = provisionedTables.tandem_peers.columns;

/** vicidial_settings_containers and our peer profiles, by one id; at most one second old. */
export function createContainers(db: Db, { own, nowMs, cacheMsMax, log }: ContainersOptions): Containers & { forget(): void } {
  const lists = createJsonLists(log);
  // Both sides of the join are looked up by the bound id: either may be absent, and their collations may differ.
  const findSql = `
    SELECT c.container_id, c.container_entry, ${peerColumns.map((name) => `p.${name}`).join(', ')}
      FROM (SELECT 1 AS one) o
      LEFT JOIN vicidial_settings_containers c ON c.container_id = ?
      LEFT JOIN ${own}tandem_peers p ON p.peer_id = ?`;
  const peersSql = `SELECT ${peerColumns.join(', ')} FROM ${own}tandem_peers ORDER BY peer_id LIMIT ${peersMax}`;

  const found = createCache<Container | undefined>({
    maxAgeMs: cacheMsMax,
    entriesMax: cachedMax,
    nowMs,
    load: async (id) => {
      try {
        const [row] = await db.all(findSql, [id, id]);
        return row && container(row, lists);
      } catch (e) {
        if (causedBy(e, 'unlike')) return undefined;
        throw e;
      }
    },
    keep: (value) => value !== undefined,
  });
  const trunks = createCache<readonly Trunk[]>({
    maxAgeMs: cacheMsMax,
    entriesMax: 1,
    nowMs,
    load: async () => trunksOf((await db.all(peersSql)).map((row) => peerProfile(row, lists))),
    keep: () => true,
  });

  return {
    find: (id) => found.get(id),
    async findByChannel(channel) {
      return (await trunks.get('')).find((trunk) => isOnTrunk(channel, [trunk.name]))?.profile;
    },
    forget() {
      found.forget();
      trunks.forget();
    },
  };
}

interface Trunk {
  readonly name: string;
  readonly profile: PeerProfile;
}

/** Of active peers, the longest name first: `IAX2/alpha-two` before `IAX2/alpha`. */
function trunksOf(profiles: readonly PeerProfile[]): readonly Trunk[] {
  return profiles
    .filter((profile) => profile.active)
    .flatMap((profile) => profile.trunks.map((name) => ({ name, profile })))
    .sort((a, b) => b.name.length - a.name.length || (a.name < b.name ? -1 : 1));
}

function container(row: Row, lists: JsonLists): Container | undefined {
  const stock = row['container_id'];
  const peerId = row['peer_id'];
  if (typeof stock !== 'string' && typeof peerId !== 'string') return undefined;
  return {
    id: text(stock ?? peerId),
    entry: text(row['container_entry']),
    profile: typeof peerId === 'string' ? peerProfile(row, lists) : undefined,
  };
}

function peerProfile(row: Row, lists: JsonLists): PeerProfile {
  return {
    id: text(row['peer_id']),
    kind: row['kind'] === 'tandem' ? 'tandem' : 'vicidial',
    active: Number(row['active']) === 1,
    baseUrl: optional(row['base_url']),
    nonAgentPath: text(row['non_agent_path']),
    agentPath: text(row['agent_path']),
    user: text(row['user']),
    pass: text(row['pass']),
    source: text(row['source']),
    stage: oneOf(['pipe', 'csv', 'tab', 'newline', 'json'] as const, row['stage'], 'pipe'),
    credentials: oneOf(['query', 'header', 'signed'] as const, row['credentials'], 'query'),
    // Only an explicit 0 switches the check off (W-6).
    verifyTls: row['verify_tls'] !== 0,
    caFile: optional(row['ca_file']),
    pinSha256: optional(row['pin_sha256']),
    clientCertFile: optional(row['client_cert_file']),
    clientKeyFile: optional(row['client_key_file']),
    connectMsMax: integer(row['connect_ms_max']),
    requestMsMax: integer(row['request_ms_max']),
    allowExtraFields: Number(row['allow_extra_fields']) === 1,
    trunks: names(row, lists),
  };
}

type Cell = string | number | null | undefined;

const optional = (value: Cell): string | undefined => (value === null || value === undefined || value === '' ? undefined : String(value));

function oneOf<T extends string>(allowed: readonly T[], value: Cell, otherwise: T): T {
  return allowed.find((word) => word === value) ?? otherwise;
}

/** A trunk list that cannot be read binds no trunk: one bad row must not stop the calls of all peers. */
function names(row: Row, lists: JsonLists): readonly string[] {
  const stored = row['trunks'];
  if (stored === null || stored === undefined || stored === '') return [];
  return (lists('tandem_peers.trunks', text(row['peer_id']), stored) ?? []).filter((name) => typeof name === 'string');
}
