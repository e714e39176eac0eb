/** Gives the orders of the dialer's engine to store, switches, queue engine and voice connector, and feeds what becomes of them. */
import type { Campaign } from '../dialer/campaign.js';
import type { Contact } from '../dialer/contact.js';
import type { DialerEffect, DialerEvent, HopperContact } from '../dialer/engine-words.js';
import type { DialerAgents, DialerStore, DialSwitch, VoiceConnector } from '../dialer-ports.js';
import { hasCode, TandemError } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';
import type { DialerSaver } from './dialer-saver.js';
import type { Rulebook } from './dialer-rules.js';

export const dialerOrdersLimits = {
  /** contacts looked at for each one that is wanted in the hopper */
  scanPerContact: 10,
  scanMin: 200,
  scanMax: 10_000,
  /** the database is slow when a reading takes longer: the next one asks for half (B11) */
  slowFillMs: 1_000,
  /** a switch that did not list its calls is asked again after */
  listAgainMs: 2_000,
};

type EffectOf<T extends DialerEffect['type']> = Extract<DialerEffect, { type: T }>;

export interface DialerOrdersDeps {
  readonly store: Pick<DialerStore, 'nextContacts' | 'claim'>;
  readonly saver: Pick<DialerSaver, 'save' | 'isStoreAway' | 'alarm' | 'storeFailed'>;
  readonly fence: number;
  readonly switches: ReadonlyMap<string, DialSwitch>;
  readonly agents: DialerAgents;
  /** undefined: connector mode is off */
  readonly connector: VoiceConnector | undefined;
  readonly rules: Pick<Rulebook, 'judge' | 'hopperContact'>;
  readonly campaign: (id: string) => Campaign | undefined;
  readonly feed: (event: DialerEvent) => void;
  /** what came into a campaign's hopper */
  readonly onFilled: (campaign: Campaign, contacts: readonly HopperContact[]) => void;
  readonly onNotice: (effect: EffectOf<'notice'>) => void;
  readonly onDecision: (effect: EffectOf<'decision'>) => void;
  /** why nothing new may be dialled now; undefined: it may */
  readonly whyNot: () => string | undefined;
  /** The lease is surely ours, and the clock has not jumped; false after the machine stood still. */
  readonly isSure: () => boolean;
  /** another dials now */
  readonly onFenced: (reason: TandemError) => void;
  readonly isEnded: () => boolean;
  readonly nowMs: () => number;
  readonly monoMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export function createDialerOrders(deps: DialerOrdersDeps, limits = dialerOrdersLimits): (effect: DialerEffect) => void {
  const { store, saver, fence, switches, agents, rules, feed, nowMs, log, meter } = deps;

  let lastFillMs = 0;

  async function fill({ campaign: id, count: wanted, leaveOut }: EffectOf<'fill-hopper'>): Promise<void> {
    const campaign = deps.campaign(id);
    if (!campaign || saver.isStoreAway()) return; // the engine asks again
    const count = lastFillMs > limits.slowFillMs ? Math.ceil(wanted / 2) : wanted;
    const scanMax = Math.min(Math.max(count * limits.scanPerContact, limits.scanMin), limits.scanMax);
    const atMs = nowMs();
    const sinceMs = deps.monoMs();
    const ask = { count, scanMax, leaveOut: new Set(leaveOut), nowMs: atMs };
    const found = await store.nextContacts(campaign, ask, rules.judge(campaign, 'fill'), fence);
    lastFillMs = deps.monoMs() - sinceMs;
    meter.observe('tandem_dialer_fill_seconds', lastFillMs / 1000);
    const contacts = found.map(({ contact, guaranteedOnly }) => rules.hopperContact(contact, campaign, guaranteedOnly, atMs));
    deps.onFilled(campaign, contacts);
    feed({ type: 'hopper-filled', campaign: id, contacts });
  }

  async function claim(order: EffectOf<'claim'>): Promise<void> {
    const campaign = deps.campaign(order.campaign);
    const refusal = claimRefusal(campaign);
    if (!campaign || refusal) {
      feed({ type: 'claim-failed', order: order.order, code: refusal ?? 'TDM_NOT_FOUND' });
      return;
    }
    const { contacts, countMax, to, isGuaranteed } = order;
    const sinceMs = deps.monoMs();
    try {
      const wish = { campaign, contacts, countMax, to, nowMs: nowMs() };
      const { granted, refused } = await store.claim(wish, rules.judge(campaign, { isGuaranteed }), fence);
      meter.observe('tandem_dialer_claim_seconds', (deps.monoMs() - sinceMs) / 1000);
      for (const { gate } of refused) meter.count('tandem_dialer_claims_refused_total', { gate });
      const now = (contact: Contact): HopperContact => rules.hopperContact(contact, campaign, isGuaranteed, wish.nowMs);
      const dialled = granted.map(({ contactId, callId, contact }) => ({ contactId, callId, now: now(contact) }));
      feed({ type: 'claimed', order: order.order, granted: dialled, refused });
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) throw error;
      await undoClaim(order, error);
    }
  }

  const claimRefusal = (campaign: Campaign | undefined): string | undefined => {
    if (!campaign) return 'TDM_NOT_FOUND';
    if (saver.isStoreAway()) return 'TDM_STORE_DOWN';
    return deps.whyNot() === undefined ? undefined : 'TDM_BUSY';
  };

  /** Nobody knows whether it took effect: what it may have claimed goes back before anything else is claimed. */
  async function undoClaim(order: EffectOf<'claim'>, error: unknown): Promise<void> {
    log.warn({ error, campaign: order.campaign, contacts: order.contacts.length }, 'contacts could not be claimed');
    if (hasCode(error, 'TDM_STORE_DOWN')) saver.storeFailed(error.message);
    const back = order.contacts.map((contactId) => ({
      transition: { contactId, from: order.to, to: 'pending' as const, isUnplaced: true },
      ...{ record: undefined, outbox: [], dnc: [], audit: [] },
    }));
    await saver.save(back);
    feed({ type: 'claim-failed', order: order.order, code: error instanceof TandemError ? error.code : 'TDM_INTERNAL' });
  }

  function originate({ order }: EffectOf<'originate'>): void {
    const port = switches.get(order.switch);
    if (saver.isStoreAway() && saver.alarm() !== undefined) {
      feed({ type: 'originate-withheld', callId: order.callId, reason: 'nothing could keep that it was placed' });
      return;
    }
    // claimed before the machine stood still: another may have taken it over, and the customer may have been called
    if (!deps.isSure()) {
      feed({ type: 'originate-withheld', callId: order.callId, reason: 'another may dial by now' });
      return;
    }
    meter.count('tandem_dialer_calls_total', { event: 'placed', mode: order.mode });
    if (port) port.originate(order);
    else feed({ type: 'originate-unsent', callId: order.callId, reason: `no switch "${order.switch}"` });
  }

  async function checkGateway({ switch: id, gateway }: EffectOf<'check-gateway'>): Promise<void> {
    const state = (await switches.get(id)?.checkGateway(gateway)) ?? 'invalid';
    feed({ type: 'gateway-checked', switch: id, gateway, state });
  }

  /** Asked until it answers: nothing is dialled there before (B11). */
  function listCalls({ switch: id }: EffectOf<'list-calls'>): void {
    const port = switches.get(id);
    if (!port?.isUp() || deps.isEnded()) return; // asked anew when its link is up
    port.liveCalls().then(
      ({ askedAtMs, calls }) => feed({ type: 'calls-listed', switch: id, askedAtMs, live: calls }),
      (error: unknown) => {
        log.warn({ error, switch: id }, 'a switch does not list its calls: it is asked again, and not dialled before');
        deps.after(limits.listAgainMs, () => listCalls({ type: 'list-calls', switch: id }));
      },
    );
  }

  async function reserve({ key, ...order }: EffectOf<'reserve'>): Promise<void> {
    const answer = await agents.reserve({ key, ...order }).catch((error: unknown) => ({ reason: textOf(error) }));
    if ('agent' in answer) feed({ type: 'agent-reserved', key, agent: answer.agent });
    else feed({ type: 'agent-not-reserved', key, reason: answer.reason });
  }

  async function requestAgent({ callId, body }: EffectOf<'request-agent'>): Promise<void> {
    const answer = await deps.connector?.post('agent-request', `${callId}:agent-request:${nowMs()}`, body);
    feed({ type: 'agent-request-sent', callId, ok: answer?.ok ?? false });
  }

  /** What fails is told; the engine has a deadline for each answer. */
  function later(effect: DialerEffect, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (hasCode(error, 'TDM_STANDBY')) {
        deps.onFenced(error);
        return;
      }
      if (hasCode(error, 'TDM_STORE_DOWN')) saver.storeFailed(error.message);
      log.warn({ error, order: effect.type }, 'an order of the dialer failed');
    });
  }

  return (effect) => {
    switch (effect.type) {
      case 'fill-hopper':
        later(effect, fill(effect));
        break;
      case 'claim':
        later(effect, claim(effect));
        break;
      case 'change':
        break; // stored by the loop
      case 'originate':
        originate(effect);
        break;
      case 'hang-up':
        switches.get(effect.switch)?.hangUp(effect.callId, effect.reason);
        break;
      case 'check-gateway':
        later(effect, checkGateway(effect));
        break;
      case 'list-calls':
        listCalls(effect);
        break;
      case 'reserve':
        later(effect, reserve(effect));
        break;
      case 'release':
        later(effect, agents.release(effect.key));
        break;
      case 'pause-agent':
        later(effect, agents.pause(effect.agent, effect.reason));
        break;
      case 'request-agent':
        later(effect, requestAgent(effect));
        break;
      case 'notice':
        deps.onNotice(effect);
        break;
      case 'decision':
        deps.onDecision(effect);
        break;
      default:
        effect satisfies never;
    }
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
