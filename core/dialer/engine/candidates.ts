/** The next contacts of a campaign that could be called now, in their order (A6, A8, A9). Those that never can are failed. */
import type { Campaign } from '../campaign.js';
import type { AgentsView, HopperContact } from '../engine-words.js';
import { invalidGateway } from '../words.js';
import { scanMax } from './bounds.js';
import { wayFor } from './gateways.js';
import type { Way } from './gateways.js';
import { hopperOf, takeOut } from './hoppers.js';
import type { Candidate, Gateway } from './parts.js';
import { callResultMessages, resultOfFailure } from './messages.js';
import type { DialerWorld } from './world.js';

export interface Look {
  readonly candidates: readonly Candidate[];
  /** the first thing that kept a contact back; undefined: nothing did */
  readonly held: Extract<Way, { kind: 'wait' }> | undefined;
}

/** `accepts`: which contacts this way of dialling may take, with the agent they are bound to. */
export function lookAhead(
  w: DialerWorld,
  campaign: Campaign,
  countMax: number,
  accepts: (contact: HopperContact) => { readonly queue: string; readonly agent: string | undefined } | undefined,
): Look {
  const candidates: Candidate[] = [];
  const over = new Set<string>();
  const numbers = new Set<string>();
  const probed = new Set<Gateway>();
  const planned = new Map<Gateway, number>();
  let held: Look['held'];
  for (const contact of hopperOf(w, campaign.id).items.slice(0, scanMax)) {
    if (candidates.length >= countMax || over.size >= countMax) break;
    if (w.busy.has(contact.id) || w.numbers.has(contact.numberKey) || numbers.has(contact.numberKey)) continue;
    const bound = accepts(contact);
    if (!bound) continue;
    const failure = failureOf(w, campaign, contact, planned);
    if (failure.kind === 'fail') {
      failContact(w, campaign, contact, failure.callResult);
      over.add(contact.id);
    } else if (failure.way.kind === 'go') {
      const { gateway, channelsMax } = failure.way;
      if (probed.has(gateway)) continue; // the probe of a closed gateway goes alone
      if (gateway.breaker.state(w.nowMs) === 'probing') probed.add(gateway);
      numbers.add(contact.numberKey);
      planned.set(gateway, (planned.get(gateway) ?? 0) + 1);
      candidates.push({ contact, gateway, channelsMax, ...bound });
    } else if (failure.way.kind === 'wait') held ??= failure.way;
    else held ??= { kind: 'wait', limit: 'switch', text: 'the switch is not there, or its calls are not listed yet', isBrief: false };
  }
  if (over.size > 0) takeOut(w, campaign.id, over);
  return { candidates, held };
}

type Checked = { readonly kind: 'fail'; readonly callResult: string } | { readonly kind: 'way'; readonly way: Way };

/** A9 in its order: extension, then gateway; A16: a switch that cannot be told, with the literal behaviour or ours. */
function failureOf(w: DialerWorld, campaign: Campaign, contact: HopperContact, planned: ReadonlyMap<Gateway, number>): Checked {
  if (campaign.mode === 'IVR' && !ivrOf(w, campaign, contact)) return { kind: 'fail', callResult: noIvr };
  const way = wayFor(w, campaign, contact, planned);
  if (way.kind === 'invalid') return { kind: 'fail', callResult: invalidGateway };
  if (way.kind === 'unreachable' && w.settings.strictReferenceFailover) return { kind: 'fail', callResult: switchDown };
  return { kind: 'way', way };
}

/** `call_result` of contacts that fail without a call; ours. */
export const noIvr = 'NO_IVR';
export const switchDown = 'SWITCH_DOWN';

export const ivrOf = (w: DialerWorld, campaign: Campaign, { ivr }: Pick<HopperContact, 'ivr'>): string =>
  ivr || campaign.ivr || w.settings.defaultIvr;

/** pending -> failed (A3) */
export function failContact(w: DialerWorld, campaign: Campaign, from: HopperContact, callResult: string): void {
  const { contact } = from;
  w.change({
    transition: { contactId: contact.id, from: 'pending', to: 'failed', callResult },
    outbox: callResultMessages(w, campaign, {
      ...{ callId: contact.id, contact, callResult },
      result: resultOfFailure(callResult),
      ...{ placedAtMs: undefined, answeredAtMs: undefined, bridgedAtMs: undefined, endedAtMs: w.nowMs, agent: undefined },
    }),
  });
}

/** It needs an agent who is held for it: a rule says so, or it belongs to one agent, or to agents of another queue. */
export function needsHold(w: DialerWorld, campaign: Campaign, contact: HopperContact): boolean {
  return contact.guaranteedOnly || queueOf(campaign, contact) !== campaign.queue || ownerOf(w, campaign, contact) !== undefined;
}

export const queueOf = (campaign: Campaign, { queue }: HopperContact): string => queue || campaign.queue;

/** The only agent who may have it now: routing to an agent (A2), or a callback that is still his (B6). */
export function ownerOf(w: DialerWorld, campaign: Campaign, contact: HopperContact): string | undefined {
  const { agent, callbackAgent, callbackPatienceUntilMs } = contact;
  if (agent) return agent;
  if (callbackAgent === undefined) return undefined;
  const isHis = w.nowMs < (callbackPatienceUntilMs ?? Infinity) || campaign.callbackThen === 'supervisor';
  return isHis ? callbackAgent : undefined;
}

export const isSkippedBy = (w: DialerWorld, { skippedBy }: HopperContact, agent: string): boolean => (skippedBy[agent] ?? 0) > w.nowMs;

/** May this agent have it? */
export function suits(w: DialerWorld, campaign: Campaign, contact: HopperContact, agent: string): boolean {
  const owner = ownerOf(w, campaign, contact);
  return (owner === undefined || owner === agent) && !isSkippedBy(w, contact, agent);
}

export const readyIn = (view: AgentsView | undefined, agent: string): boolean =>
  view?.agents.some(({ id, state }) => id === agent && state === 'ready') ?? false;
