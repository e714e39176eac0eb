/** What is told of campaigns beside their calls: other states, and that nobody of a running one can be called (B25). */
import type { Campaign } from '../campaign.js';
import { emptyToldMs } from './bounds.js';
import type { DialerWorld } from './world.js';

/** `before`: the campaigns until now; undefined: the process has just started, and nothing has changed. */
export function tellStates(w: DialerWorld, before: ReadonlyMap<string, Campaign> | undefined): void {
  if (!before) return;
  for (const { id, state } of w.campaigns.values()) {
    const was = before.get(id)?.state ?? 'draft';
    if (was !== state) w.notice({ type: 'campaign-changed', campaign: id, state, before: was });
  }
  for (const { id, state } of before.values())
    if (!w.campaigns.has(id)) w.notice({ type: 'campaign-changed', campaign: id, state: 'removed', before: state });
}

/** After each tick. Told once, and again only after somebody could be called. */
export function tellEmpty(w: DialerWorld): void {
  const busy = new Set([...w.calls.values()].map(({ campaign }) => campaign.id));
  for (const { campaign } of w.claims.values()) busy.add(campaign.id);
  for (const { id } of w.campaigns.values()) {
    const tally = w.tally(id);
    const isEmpty = w.isRunning(id) && !busy.has(id) && (w.tick?.eligible.get(id)?.count ?? 0) === 0;
    if (!isEmpty) {
      tally.empty = undefined;
      continue;
    }
    tally.empty ??= { sinceMs: w.nowMs, isTold: false };
    if (tally.empty.isTold || w.nowMs - tally.empty.sinceMs < emptyToldMs) continue;
    tally.empty.isTold = true;
    w.notice({ type: 'campaign-empty', campaign: id });
  }
}
