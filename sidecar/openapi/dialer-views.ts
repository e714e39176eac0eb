/** What the dialer's API answers; a test holds these against real answers. */
import { z } from 'zod';
import { campaignStates, contactStatuses, results } from '../../core/dialer/words.js';

const time = z.string().nullable().describe('RFC 3339, UTC');
const text = z.string().nullable();
const ms = z.int().nullable();

export const campaignView = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    state: z.enum(campaignStates),
    revision: z.int(),
    implicit: z.boolean().describe('made by its first contact'),
    mode: z.string(),
    queue: z.string().optional(),
    profile: z.string(),
  })
  .meta({ id: 'Campaign' });

export const contactView = z
  .object({
    id: z.string(),
    customer_number: z.string().describe('masked without the function tandem_dialer_numbers'),
    campaign_type: z.string(),
    gateway_id: z.string(),
    status: z.enum(contactStatuses),
    call_result: text,
    received_time: time,
    dial_time: time,
    campaign_contact_id: text,
    campaign_id: z.string(),
    start_time: time,
    end_time: time,
    priority: z.int(),
    ivr: text,
    dialing_mode: text,
    routing_mode: text,
    resource_id: text,
    queue_name: text,
    tenant_id: text,
    seq: z.int(),
    list_id: ms,
    numbers: z.array(z.string()),
    number_index: z.int(),
    time_zone: z.array(z.string()),
    region: text,
    consent: z.boolean(),
    consent_until: time,
    answered_before: z.boolean(),
    data: z.record(z.string(), z.string()),
    result: z.enum(results).nullable(),
    results: z.record(z.string(), z.int()),
    attempts: z.int(),
    dials: z.int(),
    next_attempt_at: time,
    callback_at: time,
    callback_agent: text,
    callback_patience_until: time,
    skipped_by: z.record(z.string(), z.number()),
    disposition: text,
  })
  .meta({ id: 'Contact' });

export const dialedCallView = z
  .looseObject({
    callId: z.string(),
    contactId: z.string(),
    campaignId: z.string(),
    number: z.string(),
    placedAtMs: z.int(),
    endedAtMs: z.int(),
    cause: z.string(),
    result: z.enum(results),
  })
  .meta({ id: 'DialedCall' });

export const contactWhyView = z.object({
  contact: contactView,
  gates: z.array(z.object({ gate: z.string(), passes: z.boolean(), detail: z.string() })),
  first: text.describe('the gate that holds it back; null: it may be called'),
  calls: z.array(dialedCallView),
  text: z.array(z.string()).describe('the same in words'),
});

export const previewView = z.object({
  offer: z
    .object({
      campaign: z.string(),
      agent: z.string(),
      offeredAtMs: z.int(),
      untilMs: ms,
      contact: z.looseObject({ id: z.string(), number: z.string(), numbers: z.array(z.string()) }),
      data: z.record(z.string(), z.string()),
    })
    .nullable(),
});

const named = z.object({ id: z.string(), name: z.string() });
export const workView = z.object({
  atMs: z.int(),
  offer: z.looseObject({ campaign: z.string(), campaignName: z.string() }).nullable().describe('the contact that he looks at'),
  talk: z
    .looseObject({
      callId: z.string(),
      contact: z.string(),
      campaign: z.string(),
      dispositions: z.array(z.looseObject({ name: z.string() })),
    })
    .nullable()
    .describe('the contact he talks to'),
  campaigns: z.array(named).describe('preview campaigns that run over his queues'),
});

export const overviewView = z.object({
  items: z.array(
    z.object({
      ...named.shape,
      state: z.enum(campaignStates),
      mode: z.string(),
      queue: z.string(),
      weight: z.number(),
      implicit: z.boolean(),
      pending: z.int().describe('contacts that are still to be called'),
      live: z.looseObject({}).nullable().describe('this moment; null where another process dials'),
    }),
  ),
  total: z.int(),
  owner: z.boolean().describe('this process dials'),
  atMs: z.int(),
});

export const liveView = z
  .looseObject({
    campaign: z.string(),
    state: z.enum(campaignStates),
    mode: z.string(),
    live: z.looseObject({}).nullable().describe('this moment; null where another process dials'),
    figures: z.looseObject({}).describe('sums of the last minute, 15 minutes, today and the compliance window'),
  })
  .meta({ id: 'CampaignLive' });

export const whyView = z.object({
  why: z.looseObject({ campaign: z.string(), limit: z.string(), pace: z.string(), dialable: z.int() }),
  live: z.looseObject({}).nullable(),
  text: z.array(z.string()).describe('the same in words'),
});

export const stateView = z.object({ campaignId: z.string(), action: z.string(), state: z.enum(campaignStates) });
export const actionView = z.object({ campaignId: z.string(), action: z.string(), contacts: z.int() });
export const ownActionView = actionView.extend({ state: z.enum(campaignStates).optional() });

/** One contact: `{id}`; an array: the lists. */
export const intakeView = z.union([
  z.object({ id: z.string(), duplicate: z.literal(true).optional() }),
  z.object({
    accepted: z.array(z.string()),
    rejected: z.array(z.object({ id: text, code: z.string(), error: z.string() })),
  }),
]);

/** As it is sent; the fields are those of docs/dialer-api.md. */
export const intakeBody = z.union([z.looseObject({}), z.array(z.looseObject({})).min(1).max(1_000)]);

export const statusView = z.object({
  maxConcurrentCalls: z.int(),
  activeCalls: z.int(),
  dialed: z.int(),
  agentPending: z.int(),
  freeSlots: z.int(),
  database: z.enum(['up', 'down']),
  switches: z.array(z.object({ name: z.string(), state: z.enum(['up', 'down']) })),
  voiceConnector: z.enum(['up', 'down', 'off']),
});
export const ownStatusView = statusView.extend({ owner: z.boolean().describe('this process dials') });

export const gatewaysView = z.object({
  items: z.array(
    z.object({
      switch: z.string(),
      gateway: z.string(),
      state: z.string(),
      calls: z.int(),
      paused: z.boolean(),
      campaigns: z.array(z.string()),
    }),
  ),
});

export const dialerAuditView = z.looseObject({
  seq: z.int(),
  atMs: z.int(),
  actor: z.string(),
  object: z.string(),
  action: z.string(),
  hash: z.string(),
});
