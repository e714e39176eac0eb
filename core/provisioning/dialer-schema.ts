/** Campaigns and numbers that must not be called, as they stand in the provisioning file. */
import { z } from 'zod';

/** How many campaigns, and entries of numbers, one file may have. */
export const dialerEntriesMax = { campaigns: 10_000, dnc: 1_000, numbers: 1_000 } as const;

/** Fields of `PUT /api/v1/dialer/campaigns/{id}`, checked with the profiles in `dialer-plan.ts`. */
export const campaignEntry = z.looseObject({ id: z.coerce.string() });

const scope = z
  .string()
  .regex(/^$|^(?:client|campaign|national):[\p{L}\p{N}_.:@ -]{1,100}$/u, "must be '', client:<name>, campaign:<id> or national:<list>")
  .default('');
const numbers = z.array(z.coerce.string().max(40)).min(1).max(dialerEntriesMax.numbers);
const country = z
  .string()
  .regex(/^([A-Za-z]{2})?$/, 'must be two letters')
  .default('');

export const dncRemoveEntry = z.strictObject({ numbers, scope, prefix: z.boolean().default(false), country });
export const dncEntry = dncRemoveEntry.extend({ reason: z.string().max(255).default(''), until: z.coerce.string().max(40).optional() });

export const dialerSections = {
  campaigns: z.array(campaignEntry).max(dialerEntriesMax.campaigns).default([]),
  dnc: z.array(dncEntry).max(dialerEntriesMax.dnc).default([]),
};

export const dialerRemoveSections = {
  campaigns: z.array(z.coerce.string().min(1).max(40)).max(dialerEntriesMax.campaigns).default([]),
  dnc: z.array(dncRemoveEntry).max(dialerEntriesMax.dnc).default([]),
};
