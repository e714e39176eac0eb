/**
 * A start after the clock was set back: what was stored lies in the future, and its deadlines would come too late by as
 * much. Then time goes on from the newest stored moment, that is, all stored moments are moved back together: no
 * deadline is further away than when it was set, and the order of callers and of agents is the old one. (A clock that
 * is set while we run is the business of `sidecar/timers.ts`.)
 */
import type { StoredAcd } from '../acd-ports.js';
import type { World } from './world.js';

/** Names of moments end like this; lengths of time, and agents' names, do not, or are smaller than any moment. */
const momentName = /^(?:.*(?:At|Since|Until)|at|until|since|deadline|lastOffered|lastBridgeStart|lastBridgeEnd)Ms$/;
/** 1973: what is smaller stands for never, or is no moment. */
const momentMsMin = 100_000_000_000;

/** The rows as they are to be taken; all of them are to be saved when they were moved. */
export function afterClockBack(w: World, stored: StoredAcd): StoredAcd {
  const byMs = newestMs(stored) - w.nowMs;
  if (byMs <= 0) return stored;
  const { members, agents, offers, queues } = stored;
  for (const { id } of members) w.changes.members.add(id);
  for (const { id } of agents) w.changes.agents.add(id);
  for (const { id } of offers) w.changes.offers.add(id);
  for (const { id } of queues) w.changes.queues.add(id);
  const back = <T>(rows: readonly T[]): readonly T[] => rows.map((row) => moved(row, byMs));
  return { ...stored, members: back(members), agents: back(agents), offers: back(offers), queues: back(queues) };
}

/** Of what had happened when it was stored; deadlines, and what others ask for, do not tell. */
function newestMs({ members, agents, offers, queues }: StoredAcd): number {
  let newest = 0;
  const see = (...moments: readonly number[]): void => {
    for (const ms of moments) if (ms > newest) newest = ms;
  };
  for (const { joinedAtMs, enteredAtMs, rejoinedAtMs, onHoldSinceMs } of members) see(joinedAtMs, enteredAtMs, rejoinedAtMs, onHoldSinceMs);
  for (const { statusSinceMs, deviceSinceMs, lastOfferedMs, lastBridgeStartMs, lastBridgeEndMs } of agents)
    see(statusSinceMs, deviceSinceMs, lastOfferedMs, lastBridgeStartMs, lastBridgeEndMs);
  for (const { startedAtMs, phase } of offers) {
    see(startedAtMs);
    if (phase.kind === 'talking') see(phase.connectedAtMs);
  }
  for (const { handled, emptySinceMs } of queues) see(emptySinceMs, ...handled.map(({ atMs }) => atMs));
  return newest;
}

/** A copy of plain data with each moment in it `byMs` earlier. */
function moved<T>(row: T, byMs: number): T {
  const isMoment = (key: string, value: unknown): value is number =>
    typeof value === 'number' && value >= momentMsMin && Number.isFinite(value) && momentName.test(key);
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, isMoment(key, part) ? part - byMs : copy(part)]));
  };
  return copy(row) as T;
}
