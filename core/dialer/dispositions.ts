/** What an agent's word about a talk does to the contact (B46), callbacks (B47), recycling (B48). */
import type { ContactRevision } from '../dialer-ports.js';
import type { Campaign } from './campaign.js';
import type { Contact } from './contact.js';
import type { ContactClock } from './retry.js';

export interface DispositionSaid {
  /** name in the campaign's table, any letter case */
  readonly name: string;
  readonly agent: string;
  readonly callbackAtMs?: number | undefined;
  /** the callback waits for this agent; '' = anybody's */
  readonly callbackAgent?: string | undefined;
}

export type Revised = { readonly revision: ContactRevision } | { readonly problem: string; readonly field: string };

export function afterDisposition(
  _contact: Contact,
  _campaign: Campaign,
  _said: DispositionSaid,
  _nowMs: number,
  _clock: ContactClock,
): Revised {
  throw new Error('afterDisposition is being built');
}

/** A callback at a wanted time; refused outside the window or after the contact's end. */
export function callbackAt(
  _contact: Contact,
  _campaign: Campaign,
  _wish: { readonly atMs: number; readonly agent: string | undefined },
  _nowMs: number,
  _clock: ContactClock,
): Revised {
  throw new Error('callbackAt is being built');
}

/** An ended contact is called again (recycling by result); undefined when the rules do not want it. */
export function recycled(_contact: Contact, _campaign: Campaign, _nowMs: number, _clock: ContactClock): ContactRevision | undefined {
  throw new Error('recycled is being built');
}
