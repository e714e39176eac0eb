/** What the tellers of all dialects are made of. */
import type { CrmBinding } from '../../core/crm/binding.js';
import type { CustomerReply } from '../../core/crm/customer-reply.js';
import type { Undeliverable } from '../../core/crm/vtiger-messages.js';
import type { CrmMessage } from '../../core/crm-ports.js';
import type { Log, Meter } from '../../core/ports.js';
import type { CrmTeller } from '../../core/services/crm-journal.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { recordingLink } from './links.js';
import type { CrmPost } from './post.js';
import type { WebService } from './web-service.js';

export interface TellerDeps {
  readonly post: CrmPost;
  /** of bindings that have one */
  readonly service?: WebService | undefined;
  readonly nowMs: () => number;
  /** extension of the user who is responsible for this customer, where it is known by now */
  readonly ownerOf: (number: string) => string | undefined;
  /** a customer has called: it may be asked for later */
  readonly expectOwner: (number: string) => void;
  /** the CRM has answered a new call with who it is */
  readonly learn: (number: string, reply: CustomerReply) => void;
  readonly log: Log;
  readonly meter: Meter;
}

export interface BindingTeller extends CrmTeller {
  send(message: CrmMessage): Promise<CrmSent>;
  isRepeatable(message: CrmMessage): boolean;
  makesRow(message: CrmMessage): boolean;
}

/** Link to a call's recording; undefined: the binding has no public address. */
export function linkMaker(binding: CrmBinding, nowMs: () => number): (callId: string) => string | undefined {
  const { public_url: base, secret, recordings } = binding;
  return (callId) => (base === undefined ? undefined : recordingLink(base, secret, callId, nowMs(), recordings.link_days));
}

/** Counted and logged; the journal keeps the call (CRM-8). */
export function tellUndeliverable(
  binding: string,
  { callId, reason }: Undeliverable,
  { log, meter }: Pick<TellerDeps, 'log' | 'meter'>,
): void {
  meter.count('tandem_crm_undeliverable_total', { binding });
  log.warn({ binding, call: callId, reason }, 'the CRM cannot be told of a call');
}

/** It had the request, and has not answered. */
export const cutOff = ({ problem }: { readonly problem: string }): CrmSent => ({
  kind: 'ambiguous',
  problem,
  isEmpty5xx: false,
  isAway: true,
});

/** A server in front of the CRM says that the CRM does not answer it. */
export const isGateway = (status: number): boolean => status === 502 || status === 503 || status === 504;
