/** What the dialer looks after now and then: contacts past their end, campaigns past theirs, contacts nobody follows, gateways that are down. */
import type { Campaign } from '../dialer/campaign.js';
import type { Contact } from '../dialer/contact.js';
import type { DialerAuditEntry, DialerEvent, OutboxMessage } from '../dialer/engine-words.js';
import type { DialerEngineView } from '../dialer/engine/engine-types.js';
import type { CampaignState } from '../dialer/words.js';
import type { DialerStore } from '../dialer-ports.js';
import type { Log, Meter } from '../ports.js';

export const dialerSweepLimits = {
  expireEveryMs: 30_000,
  expirePage: 1_000,
  /** pages of one sweep */
  expirePagesMax: 20,
  /** A15; at the start the engine looks at all of them */
  stuckEveryMs: 600_000,
  gatewayEveryMs: 5_000,
  /** campaigns looked at in one reconciliation */
  reconcilePartsMax: 10_000,
};

export interface DialerSweepsDeps {
  readonly store: Pick<DialerStore, 'expire' | 'active' | 'setState' | 'reconcile'>;
  readonly fence: number;
  readonly campaigns: () => readonly Campaign[];
  /** what the voice connector is told of a contact past its end; undefined: nothing */
  readonly expiredMessage: (contact: Contact, nowMs: number) => OutboxMessage | undefined;
  readonly view: () => DialerEngineView;
  readonly feed: (event: DialerEvent) => void;
  /** longest stay in `dialed` and `agent_pending` */
  readonly callMsMax: () => number;
  readonly checkGateway: (switchId: string, gateway: string) => void;
  /** campaigns have changed */
  readonly reload: () => Promise<void>;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerSweeps {
  /** What is due. Rejects TDM_STORE_DOWN. */
  run(nowMs: number): Promise<void>;
}

export function createDialerSweeps(deps: DialerSweepsDeps, limits = dialerSweepLimits): DialerSweeps {
  const { store, view } = deps;
  const last = new Map<string, number>();

  function isDue(what: string, everyMs: number, nowMs: number): boolean {
    const beforeMs = last.get(what);
    if (beforeMs !== undefined && nowMs - beforeMs < everyMs && nowMs >= beforeMs) return false;
    last.set(what, nowMs);
    return true;
  }

  async function expire(nowMs: number): Promise<void> {
    const messageOf = (contact: Contact): OutboxMessage | undefined => deps.expiredMessage(contact, nowMs);
    for (let page = 0; page < limits.expirePagesMax; page++)
      if ((await store.expire(nowMs, limits.expirePage, messageOf)) < limits.expirePage) return;
  }

  /** Contacts that the table has in a call and the engine may not know: those it asks the switches for (A15). */
  async function adopt(nowMs: number): Promise<void> {
    const before = nowMs - deps.callMsMax();
    const old = (await store.active()).filter(({ dialTimeMs, receivedTimeMs }) => (dialTimeMs ?? receivedTimeMs) <= before);
    if (old.length > 0) deps.feed({ type: 'restored', active: old, pacers: new Map() });
  }

  async function endCampaigns(nowMs: number): Promise<void> {
    let hasEnded = false;
    for (const campaign of deps.campaigns()) {
      const end = endOf(campaign, view().calls(campaign.id).length, nowMs);
      if (end && (await store.setState(campaign.id, end.state, auditOf(campaign, end, nowMs)))) hasEnded = true;
    }
    if (hasEnded) await deps.reload();
  }

  /** What was changed by hand in the tables (B7). One part at a time, so that nobody waits long for the database. */
  async function reconcile(): Promise<void> {
    let [wrong, campaign] = [0, ''];
    for (let parts = 0; parts < limits.reconcilePartsMax; parts++) {
      const part = await store.reconcile(deps.fence, campaign);
      wrong += part.wrong;
      if (part.campaign === undefined) break;
      campaign = part.campaign;
    }
    if (wrong === 0) return;
    deps.meter.count('tandem_dialer_reconciled_total', {}, wrong);
    deps.log.warn({ rows: wrong }, 'counts of contacts did not agree with the table, or numbers were held by no call: made right');
  }

  return {
    async run(nowMs) {
      for (const { switch: id, gateway, state } of view().gateways())
        if (state === 'down' && isDue(`gateway ${id} ${gateway}`, limits.gatewayEveryMs, nowMs)) deps.checkGateway(id, gateway);
      await endCampaigns(nowMs);
      if (isDue('expire', limits.expireEveryMs, nowMs)) await expire(nowMs);
      if (!isDue('stuck', limits.stuckEveryMs, nowMs)) return;
      await adopt(nowMs);
      await reconcile();
    },
  };
}

interface End {
  readonly state: CampaignState;
  readonly reason: string;
}

function endOf({ state, endsAtMs }: Campaign, calls: number, nowMs: number): End | undefined {
  const isOver = endsAtMs !== undefined && endsAtMs <= nowMs;
  // calls under way finish first (B8)
  if (state === 'running' && isOver) return { state: calls > 0 ? 'draining' : 'done', reason: 'its end has come' };
  if (state === 'draining' && calls === 0) return { state: 'done', reason: 'its last call has ended' };
  return undefined;
}

const auditOf = ({ id, state }: Campaign, end: End, atMs: number): DialerAuditEntry => ({
  atMs,
  actor: 'system',
  object: `campaign ${id}`,
  action: 'change state',
  before: JSON.stringify({ state }),
  after: JSON.stringify({ state: end.state }),
  reason: end.reason,
});
