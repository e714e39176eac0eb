/** The engine's memory while it works, and the few things that all its parts do with it. */
import { Recent } from '../../acd/recent.js';
import { campaignDefaults, dialerSettingsDefaults } from '../campaign-defaults.js';
import type { Campaign, DialerSettings } from '../campaign.js';
import type { DialerAuditEntry, DialerChange, DialerEffect, DialerNotice, HopperContact, TickView } from '../engine-words.js';
import { createContactSorter } from '../pacing/index.js';
import { createThrottle, lateBurst } from '../throttle.js';
import { campaignsMax, endedCallsMax, lateClaimsMax } from './bounds.js';
import type { Call } from './call.js';
import { createDayParts } from './day-parts.js';
import { Deadlines } from './deadlines.js';
import type { DialerEngineStart, DialerRules, PaceLimit } from './engine-types.js';
import type { ClaimOrder, Gateway, Hold, Hopper, PacingGroup, Preview, SwitchState, Tally } from './parts.js';

export class DialerWorld {
  readonly instance: string;
  readonly rules: DialerRules;
  nowMs: number;
  effects: DialerEffect[] = [];
  settings: DialerSettings = dialerSettingsDefaults;
  readonly campaigns = new Map<string, Campaign>();
  isStopping = false;
  isConfigured = false;

  tick: TickView | undefined;
  tickedAtMs: number;
  /** contacts that the table counts as active and that are not followed here */
  otherActive = 0;
  /** until when the round waits for checks of gateways; undefined: none waits */
  roundByMs: number | undefined;

  readonly calls = new Map<string, Call>();
  /** numbers of calls that are over, by id, for messages that come late */
  readonly endedCalls = new Recent<string, string>(endedCallsMax);
  /** agents of the voice connector who were freed, by call */
  readonly endChats = new Recent<string, readonly string[]>(endedCallsMax);
  /** contacts in a claim, call or preview, with their campaign */
  readonly busy = new Map<string, string>();
  /** numbers in a claim or call */
  readonly numbers = new Map<string, number>();
  readonly hoppers = new Map<string, Hopper>();
  readonly claims = new Map<number, ClaimOrder>();
  readonly lateClaims = new Recent<number, ClaimOrder>(lateClaimsMax);
  readonly holds = new Map<string, Hold>();
  /** of them those with an agent and without a contact */
  readonly idleHolds = new Set<string>();
  /** by agent */
  readonly previews = new Map<string, Preview>();
  readonly gateways = new Map<string, Gateway>();
  readonly switches = new Map<string, SwitchState>();
  /** claimed calls that wait for a token */
  launches: Call[] = [];
  readonly throttle = createThrottle(dialerSettingsDefaults.callsPerSecond, lateBurst);
  readonly groups = new Map<string, PacingGroup>();
  readonly tallies = new Map<string, Tally>();
  /** queues that gave no agent are not asked again before */
  readonly reserveRests = new Map<string, number>();
  readonly requests = { failures: 0, restUntilMs: 0 };
  readonly deadlines = new Deadlines();
  /** learned by a process before this one, until the thing it belongs to exists */
  learnedBefore = new Map<string, unknown>();
  private serial = 0;

  constructor({ instance, rules, nowMs }: DialerEngineStart) {
    this.instance = instance;
    this.rules = rules;
    this.nowMs = nowMs;
    this.tickedAtMs = nowMs;
  }

  nextSerial(): number {
    return ++this.serial;
  }

  /** The rules in force for a call; those of its begin when its campaign is gone. */
  campaignOf(call: Call): Campaign {
    return this.campaigns.get(call.campaign.id) ?? call.campaign;
  }

  isRunning(id: string): boolean {
    const campaign = this.campaigns.get(id);
    if (!campaign || this.isStopping || campaign.state !== 'running') return false;
    return (campaign.startsAtMs ?? -Infinity) <= this.nowMs && this.nowMs < (campaign.endsAtMs ?? Infinity);
  }

  /** What is counted of a campaign, and what was learned of it before. */
  tally(id: string): Tally {
    const known = this.tallies.get(id);
    if (known) return known;
    const sorter = createContactSorter();
    sorter.restore(this.learnedBefore.get(`sorter:${id}`));
    const dayParts = createDayParts();
    dayParts.restore(this.learnedBefore.get(`parts:${id}`));
    const tally: Tally = {
      ...{
        placed: 0,
        answered: 0,
        connected: 0,
        connectedLately: 0,
        askedForAgent: 0,
        minute: 0,
        placedThisMinute: 0,
        placedLastMinute: 0,
      },
      ...{ machines: 0, amdMs: -1, kind: 'preview', forced: undefined, limit: 'none', pace: '', empty: undefined },
      ...{ sorter, dayParts },
    };
    if (this.tallies.size < campaignsMax) this.tallies.set(id, tally);
    return tally;
  }

  limit(campaign: string, limit: PaceLimit, pace: string): void {
    const tally = this.tally(campaign);
    tally.limit = limit;
    tally.pace = pace;
  }

  occupy({ id, campaignId, numberKey }: Pick<HopperContact, 'id' | 'campaignId' | 'numberKey'>): void {
    this.busy.set(id, campaignId);
    this.numbers.set(numberKey, (this.numbers.get(numberKey) ?? 0) + 1);
  }

  vacate({ id, numberKey }: Pick<HopperContact, 'id' | 'numberKey'>): void {
    this.busy.delete(id);
    const left = (this.numbers.get(numberKey) ?? 0) - 1;
    if (left > 0) this.numbers.set(numberKey, left);
    else this.numbers.delete(numberKey);
  }

  emit(effect: DialerEffect): void {
    this.effects.push(effect);
  }

  notice(notice: DialerNotice): void {
    this.effects.push({ type: 'notice', notice });
  }

  change(change: Partial<DialerChange>): void {
    const { transition, record, outbox = [], dnc = [], audit = [], progress } = change;
    this.effects.push({ type: 'change', change: { transition, record, outbox, dnc, audit, ...(progress && { progress }) } });
  }

  auditOf(object: string, action: string, reason: string, more: Partial<DialerAuditEntry> = {}): DialerAuditEntry {
    return { atMs: this.nowMs, actor: 'system', object, action, before: undefined, after: undefined, reason, ...more };
  }
}

/** For calls of a campaign that is not there any more: the rules of one that was never set up. */
export const campaignGone = (id: string): Campaign => ({
  ...campaignDefaults,
  id,
  name: id,
  mode: 'PROGRESSIVE',
  profile: '',
  state: 'stopped',
});
