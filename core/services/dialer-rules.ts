/** The rules of campaigns and profiles (dialer.md B4 to B6) as engine, hopper and store ask for them. */
import type { Campaign, DialerSettings } from '../dialer/campaign.js';
import { createGates, explainGates } from '../dialer/compliance/gates.js';
import type { GateContext } from '../dialer/compliance/gates.js';
import { e164Forms, keyOfContact, numberFactsOf, numberKeyOf } from '../dialer/compliance/numbers.js';
import type { Profile } from '../dialer/compliance/profile.js';
import { contactClock } from '../dialer/compliance/windows.js';
import { placeOf } from '../dialer/compliance/zones.js';
import type { Contact } from '../dialer/contact.js';
import type { HopperContact, OutboxMessage } from '../dialer/engine-words.js';
import type { DialerRules } from '../dialer/engine/engine-types.js';
import { waitingEndedMessage } from '../dialer/result-messages.js';
import { resultOf } from '../dialer/results.js';
import { planAfter } from '../dialer/retry.js';
import type { ContactClock } from '../dialer/retry.js';
import type { GateFacts, Judge } from '../dialer-ports.js';
import { localTime } from '../time.js';

export interface DialerRulesDeps {
  readonly profiles: () => ReadonlyMap<string, Profile>;
  readonly settings: () => DialerSettings;
  /** when each national list was last brought up to date */
  readonly suppression: () => ReadonlyMap<string, number>;
  /** dialled 1:1 now, see `forced` of the tick */
  readonly isForced: (campaign: string) => boolean;
  /** its agents who are here; undefined: nobody knows */
  readonly agentsOf: (queue: string) => ReadonlySet<string> | undefined;
  readonly isGatewayUsable: (campaign: Campaign, gateway: string) => boolean;
  /** 0 to 1, by chance */
  readonly random: () => number;
}

export interface Rulebook {
  readonly engine: DialerRules;
  /** For the hopper, and once more in the transaction of the claim. A contact that a gate ends has its message with it (A17.4). */
  judge(campaign: Campaign, purpose: 'fill' | { readonly isGuaranteed: boolean }): Judge;
  /** what the voice connector is told of a contact whose end time came while it waited; undefined: nobody listens */
  expiredMessage(contact: Contact, campaign: Campaign | undefined, nowMs: number): OutboxMessage | undefined;
  explain(campaign: Campaign, facts: GateFacts, nowMs: number): ReturnType<typeof explainGates>;
  hopperContact(contact: Contact, campaign: Campaign, guaranteedOnly: boolean, nowMs: number): HopperContact;
  /** zones where it may be, for the shift of the pacer */
  zonesOf(contact: Contact, campaign: Campaign): readonly string[];
}

const dayMs = 86_400_000;
/** Whose rules count for what follows a call when the campaign's own profile is gone; nothing is dialled then. */
const fallbackProfile = 'reference';

export function createRulebook(deps: DialerRulesDeps): Rulebook {
  const profileOf = (campaign: Campaign): Profile | undefined => deps.profiles().get(campaign.profile);

  /** undefined without any profile: then no hour is better than another. */
  function clockOf(contact: Contact, campaign: Campaign): ContactClock {
    const profile = profileOf(campaign) ?? deps.profiles().get(fallbackProfile);
    return profile ? contactClock(placeOf(contact, nextNumber(contact, campaign).key, campaign), profile, campaign) : timeless;
  }

  function contextOf(campaign: Campaign, purpose: 'fill' | { readonly isGuaranteed: boolean }): GateContext {
    const agents = campaign.agentSource === 'native' ? deps.agentsOf(campaign.queue) : undefined;
    return {
      campaign,
      profile: profileOf(campaign),
      settings: deps.settings(),
      suppression: deps.suppression(),
      isForcedOneToOne: deps.isForced(campaign.id),
      ...(purpose === 'fill' ? { purpose } : { purpose: 'claim', isGuaranteed: purpose.isGuaranteed }),
      isGatewayUsable: (gateway) => deps.isGatewayUsable(campaign, gateway),
      ...(agents && { agents }),
    };
  }

  return {
    engine: {
      resultOf,
      planAfter: (contact, campaign, result, nowMs, countsAsAttempt, answerRateOfPart) => {
        const protectAbandonedMs = profileOf(campaign)?.protectAbandonedMs;
        return planAfter(contact, campaign, result, nowMs, {
          jitter: deps.random(),
          clock: clockOf(contact, campaign),
          countsAsAttempt,
          answerRateOfPart,
          ...(protectAbandonedMs !== undefined && { protectAbandonedMs }),
        });
      },
      // fails closed as the gates do: who cannot be judged is judged again by the next claim
      isOpen(contact, campaign, atMs) {
        if (contact.endTimeMs !== undefined && contact.endTimeMs <= atMs) return false;
        try {
          return profileOf(campaign) !== undefined && clockOf(contact, campaign).opensAt(atMs) === atMs;
        } catch {
          return false;
        }
      },
      dayPartOf: (contact, campaign, atMs) => clockOf(contact, campaign).partOf(atMs) ?? 0,
    },
    judge(campaign, purpose) {
      const gates = createGates(contextOf(campaign, purpose));
      const settings = deps.settings();
      return (facts, nowMs) => {
        const verdict = gates(facts, nowMs);
        if (verdict.kind !== 'final') return verdict;
        return { ...verdict, message: waitingEndedMessage(settings, campaign, facts.contact, verdict.result, nowMs) };
      };
    },
    expiredMessage: (contact, campaign, nowMs) =>
      waitingEndedMessage(deps.settings(), campaign ?? { agentSource: 'native' }, contact, 'EXPIRED', nowMs),
    explain: (campaign, facts, nowMs) => explainGates(contextOf(campaign, 'fill'), facts, nowMs),
    zonesOf: (contact, campaign) => placeOf(contact, nextNumber(contact, campaign).key, campaign).zones,
    hopperContact(contact, campaign, guaranteedOnly, nowMs) {
      const { number, key } = nextNumber(contact, campaign);
      const { line } = numberFactsOf(number, campaign.country);
      const [zone = campaign.timeZone || 'UTC'] = placeOf(contact, key, campaign).zones;
      return {
        id: contact.id,
        campaignId: contact.campaignId,
        number,
        numberKey: key,
        e164: e164Forms(number, key),
        gateway: contact.gatewayId,
        receivedTimeMs: contact.receivedTimeMs,
        nextAttemptAtMs: contact.nextAttemptAtMs,
        priority: contact.priority,
        ivr: contact.ivr ?? '',
        // queue_name is optional when resource_id names the queue (A2)
        queue: contact.routingMode === 'QUEUE' ? (contact.queueName ?? contact.resourceId ?? '') : '',
        agent: contact.routingMode === 'AGENT' ? (contact.resourceId ?? '') : '',
        dials: contact.dials,
        traits: {
          answeredBefore: contact.answeredBefore || (contact.resultCounts.CONNECTED ?? 0) > 0,
          attempts: contact.attempts,
          hour: localTime(nowMs, zone).hour,
          ageDays: Math.max(0, Math.floor((nowMs - contact.receivedTimeMs) / dayMs)),
          ...(line && { line }),
        },
        guaranteedOnly,
        skippedBy: contact.skippedBy,
        callbackAgent: contact.callbackAgent,
        callbackPatienceUntilMs: contact.callbackPatienceUntilMs,
        contact,
      };
    },
  };
}

function nextNumber(contact: Contact, campaign: Campaign): { readonly number: string; readonly key: string } {
  const number = [contact.customerNumber, ...contact.numbers][contact.numberIndex];
  if (contact.numberIndex === 0 || number === undefined) {
    return { number: contact.customerNumber, key: keyOfContact(contact, campaign.country) };
  }
  return { number, key: numberKeyOf(number, campaign.country) };
}

const timeless: ContactClock = { opensAt: (ms) => ms, partOf: () => 0, partBegins: (_part, ms) => ms };
