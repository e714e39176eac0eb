/**
 * The guard against toll fraud (core/toll/guard.ts) before the ports that order calls (user-needs B4). What it stops is
 * counted each time, and at most once a minute for each cap and gateway written into the audit and told by the feed.
 */
import type { AuditStore } from '../access-ports.js';
import { maskNumber } from '../dialer/mask.js';
import type { NewsDesk } from '../feed-news.js';
import type { Log, Meter } from '../ports.js';
import { capsOf, prefixProblem } from '../toll/caps.js';
import type { TollRules } from '../toll/caps.js';
import { createTollGuard } from '../toll/guard.js';
import type { TollCall, TollDaysOfAll, TollList, TollStop } from '../toll/guard.js';

export interface TollGate {
  /** undefined: it may be placed, and counts. */
  ask(call: TollCall): TollStop | undefined;
  answered(id: string): void;
  over(id: string): void;
  listed(list: TollList): void;
  /** The prefixes of this gateway bar the number, whatever is under way. */
  readonly isBarred: (switchName: string, gateway: string, number: string, e164: readonly string[]) => boolean;
  /** what was counted within the day, to be shared with other processes */
  readonly days: TollDaysOfAll;
}

export interface TollGateDeps {
  readonly rules: TollRules;
  readonly audit: Pick<AuditStore, 'write'>;
  readonly newAuditId: (atMs: number) => string;
  readonly desk: NewsDesk;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export function createTollGate(deps: TollGateDeps): TollGate {
  const { nowMs, log, meter } = deps;
  const guard = createTollGuard(deps.rules);

  function tell(call: TollCall, stop: TollStop): void {
    const { origin, switch: at, gateway } = call;
    const { reason, text, untold: stopped } = stop;
    const number = maskNumber(call.number);
    log.warn({ origin, switch: at, gateway, number, reason, stopped }, `a call was stopped by a cap against toll fraud: ${text}`);
    if (!deps.desk.note({ type: 'toll-stopped', origin, switch: at, gateway, number, reason, stopped }))
      meter.count('tandem_feed_news_left_out_total', { type: 'toll-stopped' });
    const atMs = nowMs();
    const row = {
      ...{ id: deps.newAuditId(atMs), atMs, principal: `system:${origin}`, address: '', method: 'CALL', path: `${at} ${gateway}` },
      ...{ request: JSON.stringify({ number, stopped, text }), before: undefined, after: undefined },
      ...{ status: 403, code: reason, requestId: '' },
    };
    deps.audit.write(row).catch((error: unknown) => log.error({ error, reason }, 'a stopped call could not be written into the audit'));
  }

  return {
    ask(call) {
      const stop = guard.ask(call, nowMs());
      if (!stop) return undefined;
      meter.count('tandem_toll_stopped_total', { origin: call.origin, reason: stop.reason });
      if (stop.untold > 0) tell(call, stop);
      return stop;
    },
    answered: (id) => guard.answered(id, nowMs()),
    over: (id) => guard.over(id, nowMs()),
    listed: (list) => guard.listed(list, nowMs()),
    days: guard.days,
    isBarred: (switchName, gateway, number, e164) => prefixProblem(number, capsOf(deps.rules, switchName, gateway), e164) !== undefined,
  };
}
