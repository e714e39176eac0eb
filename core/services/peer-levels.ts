/** Learns in the background what each peer of kind `tandem` is, by its answer to `version`. No lookup waits for it. */
import { cccLevelOf, fitToLevel, peerMismatch } from '../cluster/peer-level.js';
import type { Container, Log, PeerClient } from '../ports.js';

export interface PeerLevelsSettings {
  /** how long an answer counts */
  readonly knownMs: number;
  /** how long after a question without an answer the next one waits */
  readonly retryMs: number;
  readonly connectMsMax: number;
  readonly requestMsMax: number;
  /** peers remembered; the oldest is forgotten first */
  readonly peersMax: number;
}

export const peerLevelsDefaults: PeerLevelsSettings = {
  knownMs: 600_000,
  retryMs: 60_000,
  connectMsMax: 2_000,
  requestMsMax: 5_000,
  peersMax: 1_000,
};

export interface PeerLevelsDeps {
  readonly peers: PeerClient;
  readonly log: Log;
  readonly nowMs: () => number;
}

interface Known {
  readonly level: number | undefined;
  readonly askedAtMs: number;
}

/** The container as its peer is best asked, by what is known now; until something is known, as it is written. */
export type PeerLevels = (container: Container) => Container;

export function createPeerLevels(deps: PeerLevelsDeps, given: Partial<PeerLevelsSettings> = {}): PeerLevels {
  const settings = { ...peerLevelsDefaults, ...given };
  const known = new Map<string, Known>();

  function keep(id: string, entry: Known): void {
    known.delete(id);
    known.set(id, entry);
    const oldest = known.size > settings.peersMax ? known.keys().next() : undefined;
    if (oldest && !oldest.done) known.delete(oldest.value);
  }

  async function learn(container: Container, id: string, askedAtMs: number): Promise<void> {
    const { connectMsMax, requestMsMax } = settings;
    const signal = new AbortController().signal; // the request has its own deadline
    const answer = await deps.peers.ask({ container, function: 'version', parameters: {}, signal, connectMsMax, requestMsMax });
    const level = cccLevelOf(answer.body);
    if (level === undefined) return;
    keep(id, { level, askedAtMs });
    const mismatch = peerMismatch(container.profile, level);
    if (mismatch) deps.log.warn({ peer: id, level }, mismatch.text);
  }

  return (container) => {
    const { profile } = container;
    if (profile?.kind !== 'tandem' || !profile.active) return container;
    const entry = known.get(profile.id);
    const nowMs = deps.nowMs();
    const maxMs = entry?.level === undefined ? settings.retryMs : settings.knownMs;
    if (!entry || Math.abs(nowMs - entry.askedAtMs) >= maxMs) {
      keep(profile.id, { level: entry?.level, askedAtMs: nowMs }); // before the answer, so that a burst asks once
      learn(container, profile.id, nowMs).catch((e: unknown) => {
        deps.log.debug({ err: e, peer: profile.id }, 'peer did not answer "version"');
      });
    }
    return entry?.level === undefined ? container : fitToLevel(container, entry.level);
  };
}
