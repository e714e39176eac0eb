/** The next contacts of a campaign that could be called now, in their order (A6, A8, A9). Those that never can are failed. */
import type { Campaign } from '../campaign.js';
import type { AgentsView, HopperContact } from '../engine-words.js';
import { invalidGateway } from '../words.js';
import { scanMax } from './bounds.js';
import { wayFor } from './gateways.js';
import { callKindOf } from './modes.js';
import type { Way } from './gateways.js';
import { hopperOf, takeOut } from './hoppers.js';
import type { Candidate, Gateway } from './parts.js';
import { callResultMessages, resultOfFailure } from './messages.js';
import type { DialerWorld } from './world.js';

type Accepts = (contact: HopperContact) => { readonly queue: string; readonly agent: string | undefined } | undefined;
type Held = Extract<Way, { kind: 'wait' }>;

/** Goes through a campaign's hopper, no further than it is asked to. */
export class Look {
  /** found so far, in order */
  readonly candidates: Candidate[] = [];
  /** the first thing that kept a contact back; undefined: nothing did */
  held: Held | undefined;
  private readonly items: readonly HopperContact[];
  private at = 0;
  private failed = 0;
  private readonly numbers = new Set<string>();
  private readonly probed = new Set<Gateway>();
  private readonly planned = new Map<Gateway, number>();
  private readonly w: DialerWorld;
  private readonly campaign: Campaign;
  private readonly countMax: number;
  private readonly accepts: Accepts;

  /** `accepts`: which contacts this way of dialling may take, with the agent they are bound to. */
  constructor(w: DialerWorld, campaign: Campaign, countMax: number, accepts: Accepts) {
    this.w = w;
    this.campaign = campaign;
    this.countMax = countMax;
    this.accepts = accepts;
    this.items = hopperOf(w, campaign.id).items;
  }

  /** The i-th candidate; undefined: there are not so many. */
  find(i: number): Candidate | undefined {
    const end = Math.min(this.items.length, scanMax);
    while (this.candidates.length <= i && this.candidates.length < this.countMax && this.failed < this.countMax && this.at < end) {
      const contact = this.items[this.at++];
      if (contact) this.look(contact);
    }
    return this.candidates[i];
  }

  all(): readonly Candidate[] {
    this.find(this.countMax - 1);
    return this.candidates;
  }

  private look(contact: HopperContact): void {
    const { w, campaign } = this;
    if (w.busy.has(contact.id) || w.numbers.has(contact.numberKey) || this.numbers.has(contact.numberKey)) return;
    const bound = this.accepts(contact);
    if (!bound) return;
    const checked = check(w, campaign, contact, this.planned);
    if (checked.kind === 'fail') {
      failContact(w, campaign, contact, checked.callResult);
      takeOut(w, campaign.id, new Set([contact.id]));
      this.failed++;
    } else if (checked.way.kind === 'go') this.take(contact, bound, checked.way);
    else if (checked.way.kind === 'wait') this.held ??= checked.way;
    else this.held ??= switchAway;
  }

  private take(
    contact: HopperContact,
    bound: NonNullable<ReturnType<Accepts>>,
    { gateway, channelsMax }: Extract<Way, { kind: 'go' }>,
  ): void {
    if (this.probed.has(gateway)) return; // the probe of a closed gateway goes alone
    if (gateway.breaker.state(this.w.nowMs) === 'probing') this.probed.add(gateway);
    this.numbers.add(contact.numberKey);
    this.planned.set(gateway, (this.planned.get(gateway) ?? 0) + 1);
    this.candidates.push({ contact, gateway, channelsMax, queue: bound.queue, agent: bound.agent });
  }
}

const switchAway: Held = { kind: 'wait', limit: 'switch', text: 'the switch is not there', isBrief: false };

/** All at once. */
export function lookAhead(w: DialerWorld, campaign: Campaign, countMax: number, accepts: Accepts): Look {
  const look = new Look(w, campaign, countMax, accepts);
  look.all();
  return look;
}

type Checked = { readonly kind: 'fail'; readonly callResult: string } | { readonly kind: 'way'; readonly way: Way };

/** A9 in its order: extension, then gateway; A16: a switch that cannot be told, with the literal behaviour or ours. */
function check(w: DialerWorld, campaign: Campaign, contact: HopperContact, planned: ReadonlyMap<Gateway, number>): Checked {
  if (callKindOf(campaign, contact.contact) === 'ivr' && !ivrOf(w, campaign, contact)) return { kind: 'fail', callResult: noIvr };
  const way = wayFor(w, campaign, contact, planned);
  if (way.kind === 'invalid') return { kind: 'fail', callResult: invalidGateway };
  if (way.kind === 'unreachable' && w.settings.strictReferenceFailover) return { kind: 'fail', callResult: switchDown };
  return { kind: 'way', way };
}

/** `call_result` of contacts that fail without a call; ours. */
export const noIvr = 'NO_IVR';
export const switchDown = 'SWITCH_DOWN';

/** A9: what a campaign has that exists by its contacts alone is its first contact's, and none of the others'. */
export const ivrOf = (w: DialerWorld, campaign: Campaign, { ivr }: Pick<HopperContact, 'ivr'>): string =>
  ivr || (campaign.isImplicit ? '' : campaign.ivr) || w.settings.defaultIvr;

/** pending -> failed (A3) */
export function failContact(w: DialerWorld, campaign: Campaign, from: HopperContact, callResult: string): void {
  const { contact } = from;
  w.change({
    transition: { contactId: contact.id, from: 'pending', to: 'failed', callResult },
    outbox: callResultMessages(w, campaign, {
      callId: contact.id,
      contact,
      callResult,
      result: resultOfFailure(callResult),
      placedAtMs: undefined,
      answeredAtMs: undefined,
      bridgedAtMs: undefined,
      endedAtMs: w.nowMs,
      agent: undefined,
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
