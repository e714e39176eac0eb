/** What an agent's word about a talk does to the contact (B46), callbacks (B47), recycling (B48). */
import type { ContactRevision } from '../dialer-ports.js';
import type { Campaign, Disposition } from './campaign.js';
import type { Contact } from './contact.js';
import type { DncEntry } from './engine-words.js';
import type { ContactClock } from './retry.js';

export interface DispositionSaid {
  /** name in the campaign's table, any letter case */
  readonly name: string;
  readonly agent: string;
  /** E.164 digits of the number that was talked to; '' = the contact's first */
  readonly numberKey?: string;
  /** needed when the disposition says callback */
  readonly callbackAtMs?: number | undefined;
  /** '' = anybody's; undefined: the agent's own */
  readonly callbackAgent?: string | undefined;
}

/** `problem` in words, `field` as the API names it. */
export type Revised = { readonly revision: ContactRevision } | { readonly problem: string; readonly field: string };

/** A callback lies no further ahead. */
export const callbackAheadMaxMs = 366 * 86_400_000;

export const dispositionOf = (campaign: Campaign, name: string): Disposition | undefined =>
  campaign.dispositions.find((each) => each.name.toLowerCase() === name.trim().toLowerCase());

export function afterDisposition(contact: Contact, campaign: Campaign, said: DispositionSaid, nowMs: number, clock: ContactClock): Revised {
  const disposition = dispositionOf(campaign, said.name);
  if (!disposition)
    return { field: 'disposition', problem: `the campaign has no disposition "${said.name.replace(/\p{C}/gu, '?').slice(0, 40)}"` };
  const dnc = dncOf(disposition, contact, campaign, said, nowMs);
  const word = { disposition: disposition.name, ...(dnc.length > 0 ? { dnc } : {}) };
  // who is never to be called again gets no callback either
  if (dnc.length > 0) return { revision: { ...word, status: 'ended', result: contact.result ?? 'CONNECTED', callback: undefined } };
  if (disposition.callback) {
    if (said.callbackAtMs === undefined)
      return { field: 'callback_at', problem: `disposition ${disposition.name} needs a time for the callback` };
    const agent = said.callbackAgent ?? said.agent;
    const planned = callbackAt(contact, campaign, { atMs: said.callbackAtMs, agent: agent === '' ? undefined : agent }, nowMs, clock);
    return 'problem' in planned ? planned : { revision: { ...planned.revision, ...word } };
  }
  if (disposition.isFinal || disposition.recycleMs === undefined)
    return { revision: { ...word, status: 'ended', result: contact.result ?? 'CONNECTED', callback: undefined } };
  return { revision: { ...recycledAfter(contact, campaign, disposition.recycleMs, nowMs, clock), ...word } };
}

/** Scope as the DNC list has it; a client that the campaign does not name is the campaign itself. */
export function dncScopeOf(kind: 'campaign' | 'client' | 'global', campaign: Pick<Campaign, 'id' | 'client'>): string {
  if (kind === 'global') return '';
  return kind === 'client' && campaign.client !== '' ? `client:${campaign.client}` : `campaign:${campaign.id}`;
}

function dncOf(disposition: Disposition, contact: Contact, campaign: Campaign, said: DispositionSaid, nowMs: number): readonly DncEntry[] {
  if (disposition.dnc === 'none') return [];
  return [
    {
      number: said.numberKey !== undefined && said.numberKey !== '' ? said.numberKey : contact.numberKey,
      isPrefix: false,
      scope: dncScopeOf(disposition.dnc, campaign),
      source: `agent:${said.agent}`,
      reason: `disposition ${disposition.name}`,
      fromMs: nowMs,
      untilMs: undefined,
    },
  ];
}

/**
 * A callback at the time that was agreed: moved by nobody, so it is refused when the customer may not be called then, with
 * the next time that is open. The agent alone has it until his patience is over.
 */
export function callbackAt(
  contact: Contact,
  campaign: Campaign,
  wish: { readonly atMs: number; readonly agent: string | undefined },
  nowMs: number,
  clock: ContactClock,
): Revised {
  const { atMs, agent } = wish;
  const refuse = (problem: string): Revised => ({ field: 'callback_at', problem });
  if (!Number.isFinite(atMs) || atMs > nowMs + callbackAheadMaxMs) return refuse('it lies more than a year ahead');
  if (atMs < nowMs) return refuse('it has passed');
  if (contact.endTimeMs !== undefined && atMs >= contact.endTimeMs) return refuse('it lies after the end time of the contact');
  if (campaign.endsAtMs !== undefined && atMs >= campaign.endsAtMs) return refuse('it lies after the end of the campaign');
  const opens = clock.opensAt(atMs);
  if (opens === undefined) return refuse('the customer may not be called then, nor in the weeks after it');
  if (opens !== atMs) return refuse(`the customer may not be called then; next from ${new Date(opens).toISOString()}`);
  const patienceUntilMs = agent === undefined ? undefined : atMs + campaign.callbackPatienceMs;
  return { revision: { status: 'pending', nextAttemptAtMs: atMs, callback: { atMs, agent, patienceUntilMs } } };
}

function recycledAfter(contact: Contact, campaign: Campaign, delayMs: number, nowMs: number, clock: ContactClock): ContactRevision {
  const at = clock.opensAt(nowMs + delayMs);
  const isOver = (endMs: number | undefined): boolean => endMs !== undefined && (at === undefined || at >= endMs);
  if (at === undefined) return { status: 'ended', result: 'NO_TIME_ZONE', callback: undefined };
  if (campaign.attemptsMax > 0 && contact.attempts >= campaign.attemptsMax)
    return { status: 'ended', result: 'MAX_ATTEMPTS', callback: undefined };
  if (isOver(contact.endTimeMs) || isOver(campaign.endsAtMs))
    return { status: 'ended', result: contact.result ?? 'EXPIRED', callback: undefined };
  return { status: 'pending', nextAttemptAtMs: at, callback: undefined };
}

/**
 * An ended contact is called again (B48): by the recycle time of its disposition, else by the rule of its result. Undefined
 * when neither wants it, or it is not at its end.
 */
export function recycled(contact: Contact, campaign: Campaign, nowMs: number, clock: ContactClock): ContactRevision | undefined {
  if (contact.status !== 'ended' || contact.result === undefined) return undefined;
  const disposition = contact.disposition === undefined ? undefined : dispositionOf(campaign, contact.disposition);
  if (disposition?.isFinal === true) return undefined;
  const rule = campaign.retry[contact.result];
  const delayMs = disposition?.recycleMs ?? (rule?.retry === true ? (rule.delaysMs.at(-1) ?? 0) : undefined);
  if (delayMs === undefined) return undefined;
  // its last attempt counts from when it was dialled
  const revision = recycledAfter(contact, campaign, delayMs, Math.max(contact.dialTimeMs ?? 0, nowMs - delayMs), clock);
  return revision.status === 'pending' ? { ...revision, nextAttemptAtMs: Math.max(revision.nextAttemptAtMs ?? 0, nowMs) } : undefined;
}
