/** One campaign's list. Everything about a contact is drawn when it is made, so every pacer meets the same ones. */
import type { Random } from '../simulation/random.js';
import { contactKinds, createContactSorter } from '../../core/dialer/pacing/index.js';
import type { ContactTraits } from '../../core/dialer/pacing/index.js';
import { chanceOfTraits, drawTraits } from './traits.js';
import type { CampaignPlan, Span } from './scenarios.js';

export interface Contact {
  readonly kind: number;
  readonly traits: Omit<ContactTraits, 'hour'>;
  /** answers when this is below the kind's chance at the time of the call */
  readonly luck: number;
  readonly ring: number;
  readonly other: 'busy' | 'invalid' | 'machine' | 'no-answer';
  readonly otherAfter: number;
  readonly talk: number;
  readonly wrap: number;
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export function span(random: Random, { mean, variation }: Span): number {
  if (variation === undefined) return -Math.log(1 - random.next()) * mean;
  const variance = Math.log(1 + variation ** 2);
  return mean * Math.exp(Math.sqrt(variance) * normal(random) - variance / 2);
}

/** How a call that no person answers ends: 12 % busy, 10 % invalid, 38 % machine, 40 % not at all. */
function otherEnd(random: Random): Contact['other'] {
  const luck = random.next();
  return luck < 0.12 ? 'busy' : luck < 0.22 ? 'invalid' : luck < 0.6 ? 'machine' : 'no-answer';
}

function draw(random: Random, plan: CampaignPlan, ringTimeout: number): Contact {
  let luck = random.next();
  let kind = 0;
  while (kind + 1 < plan.kinds.length && luck >= (plan.kinds[kind]?.part ?? 1)) luck -= plan.kinds[kind++]?.part ?? 1;
  const other = otherEnd(random);
  const quick = 1 + 3 * random.next();
  const machineAfter = Math.min(ringTimeout, 15 * Math.exp(0.3 * normal(random)));
  return {
    kind,
    traits: drawTraits(random),
    luck: random.next(),
    ring: Math.min(plan.ring.max, plan.ring.median * Math.exp(plan.ring.sigma * normal(random))),
    other,
    otherAfter: other === 'no-answer' ? ringTimeout : other === 'machine' ? machineAfter : quick,
    talk: span(random, plan.talk),
    wrap: span(random, plan.wrap),
  };
}

const dayBegins = 9;
const traitsAt = ({ traits }: Contact, t: number): ContactTraits => ({ ...traits, hour: dayBegins + Math.floor(t / 3_600) });

export class Contacts {
  private readonly ahead: Contact[] = [];
  private taken = 0;
  private readonly sorter = createContactSorter();
  private readonly random: Random;
  private readonly plan: CampaignPlan;
  private readonly ringTimeout: number;

  constructor(random: Random, plan: CampaignPlan, ringTimeout: number) {
    this.random = random;
    this.plan = plan;
    this.ringTimeout = ringTimeout;
  }

  peek(i: number): Contact {
    while (this.ahead.length <= this.taken + i) this.ahead.push(draw(this.random, this.plan, this.ringTimeout));
    return this.ahead[this.taken + i] as Contact;
  }

  take(): Contact {
    const contact = this.peek(0);
    if (++this.taken >= 1_000) this.ahead.splice(0, this.taken);
    if (this.taken >= 1_000) this.taken = 0;
    return contact;
  }

  answers(contact: Contact, t: number): boolean {
    return contact.luck < this.chance(contact, t);
  }

  /** What the pacer is told. */
  bucketOf(contact: Contact, t: number): number {
    if (this.plan.tells === 'nothing') return 0;
    if (this.plan.tells === 'sorted') return this.sorter.kindOf(traitsAt(contact, t));
    // as good as a sorter could be: steps of the true chance
    return this.plan.hasTraits ? Math.floor(this.chance(contact, t) * contactKinds) : contact.kind;
  }

  learn(contact: Contact, placedAt: number, isAnswered: boolean): void {
    if (this.plan.tells === 'sorted') this.sorter.learn(traitsAt(contact, placedAt), isAnswered);
  }

  private chance(contact: Contact, t: number): number {
    return this.plan.hasTraits ? chanceOfTraits(traitsAt(contact, t)) : (this.plan.kinds[contact.kind]?.answers(t) ?? 0);
  }
}
