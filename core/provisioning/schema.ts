/**
 * The provisioning file (`tandem apply FILE.yaml`): what may stand in it. Keys are snake_case, an
 * unknown key is an error; what is to go is named under `remove`. `docs/provisioning.md` shows each.
 */
import { z } from 'zod';
import { agentSchema, callerSchema, pauseReasonSchema, queueSchema, queueSettingsSchema, tierSchema } from '../acd/schema.js';
import { agentName, queueLimits, queueName } from '../acd/schema-parts.js';
import { isNetwork } from '../address-list.js';
import { leadFields } from '../leads/lead.js';
import { menuSchema } from '../menu/schema.js';
import { dialerRemoveSections, dialerSections } from './dialer-schema.js';

/** How many entries one section may have. */
export const entriesMax = 1_000_000;
/** Queues named for one user. */
export const userQueuesMax = 5_000;

const word = (max: number) =>
  z.coerce
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . - only');
const yesNo = z.boolean();
const text = (max: number) => z.coerce.string().max(max);
const path = z.string().regex(/^\/[A-Za-z0-9._~/-]*$/, 'must be a plain path that begins with /');

/** A secret, or where it is: `env:NAME` or `file:/path`. */
const secret = z.coerce.string().min(1).max(200);

const user = z.strictObject({
  user: word(20),
  pass: secret.optional(),
  /** `hashed`: our own scrypt hash; `plain`: vicidial_users.pass, for sites whose VICIdial must read it */
  pass_form: z.enum(['hashed', 'plain']).default('hashed'),
  full_name: text(50).optional(),
  user_level: z.int().min(1).max(9).default(7),
  user_group: word(20).default('ADMIN'),
  active: yesNo.default(true),
  view_reports: yesNo.default(false),
  agent_api_access: yesNo.default(false),
  api_list_restrict: yesNo.default(false),
  /** deny by default (W-8): a function must be named, `ALL_FUNCTIONS` is possible but said aloud */
  functions: z.array(word(40)).max(100).default([]),
  ignore_ip_list: yesNo.default(false),
  /** own API: the queues seen and changed there; without it what is stored stays, a new user has all */
  queues: z.union([z.literal('all'), z.array(queueName).max(userQueuesMax)], 'must be a list of queues, or the word all').optional(),
  /** own API: the agent that the user is; '' = none, without it what is stored stays */
  agent: z.union([agentName, z.literal('')]).optional(),
});

const userGroup = z.strictObject({
  id: word(20),
  name: text(40).default(''),
  /** campaign ids; the word ALL-CAMPAIGNS for all */
  campaigns: z.array(word(20)).max(5000).default(['ALL-CAMPAIGNS']),
  api_ip_list: z.union([word(30), z.literal('')]).default(''),
});

const container = z.strictObject({
  id: word(40),
  notes: text(255).default(''),
  /** the stock form: one URL with the macro --A--call_id--B-- */
  url: z
    .string()
    .max(8000)
    .regex(/^https?:\/\//i, 'must begin with http:// or https://'),
});

const peer = z.strictObject({
  id: word(40),
  kind: z.enum(['vicidial', 'tandem']).default('vicidial'),
  active: yesNo.default(true),
  base_url: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  non_agent_path: path.default('/vicidial/non_agent_api.php'),
  agent_path: path.default('/agc/api.php'),
  user: z.union([word(20), z.literal('')]).default(''),
  pass: z.union([secret, z.literal('')]).default(''),
  source: z
    .string()
    .regex(/^[0-9A-Za-z]{2,20}$/, 'must be 2 to 20 letters and digits')
    .default('tandem'),
  stage: z.enum(['pipe', 'csv', 'tab', 'newline', 'json']).default('pipe'),
  credentials: z.enum(['query', 'header', 'signed']).optional(),
  verify_tls: yesNo.default(true),
  ca_file: text(500).optional(),
  pin_sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .optional(),
  client_cert_file: text(500).optional(),
  client_key_file: text(500).optional(),
  connect_ms_max: z.int().min(50).max(30_000).optional(),
  request_ms_max: z.int().min(100).max(60_000).optional(),
  allow_extra_fields: yesNo.default(false),
  /** channel-name prefixes of the trunks the peer comes in on, e.g. IAX2/alpha */
  trunks: z
    .array(z.string().regex(/^[A-Za-z0-9]+\/[A-Za-z0-9_.@/-]{1,80}$/, 'must look like IAX2/name, PJSIP/name or sofia/gateway/name'))
    .max(50)
    .default([]),
  /** limits of the API user with which this peer asks us (W-7) */
  account: z
    .strictObject({
      user: word(20),
      window_s: z.int().min(1).max(864_000).optional(),
      one_time: yesNo.default(false),
      requests_per_minute: z.int().min(1).max(10_000_000).optional(),
      lists: z.array(z.int().min(0)).max(10_000).optional(),
      /** where the peer asks from; without it, anywhere */
      addresses: z
        .array(z.string().refine(isNetwork, 'must be an address or network such as 10.0.0.5 or 10.1.0.0/24'))
        .min(1)
        .max(100)
        .optional(),
    })
    .optional(),
});

const list = z.strictObject({ list_id: z.int().min(0), name: text(30).default(''), campaign_id: word(8), active: yesNo.default(true) });

const lead = z
  .strictObject({
    lead_id: z.int().min(1).max(4_294_967_295),
    entry_date: text(19).optional(),
    ...(Object.fromEntries(leadFields.map((field) => [field, text(255).optional()])) as Record<
      (typeof leadFields)[number],
      z.ZodOptional<z.ZodCoercedString>
    >),
  })
  .check((ctx) => {
    if (!ctx.value.phone_number)
      ctx.issues.push({ code: 'custom', message: 'needs a phone_number', path: ['phone_number'], input: ctx.value });
  });

const call = z.strictObject({
  code: z.string().regex(/^([VMYJ]\d{19}|DC\d{6}W\d{10}W)$/, 'must be a caller code of 20 characters'),
  lead_id: z.int().min(1).max(4_294_967_295),
  /** how long ago the call was, seconds */
  age_seconds: z.int().min(0).max(8_640_000).default(0),
});

const ipList = z.strictObject({
  id: word(30),
  addresses: z
    .array(z.string().regex(/^[0-9A-Fa-f.:]+(\.x)?$/, 'must be an address or a.b.c.x'))
    .max(10_000)
    .default([]),
});

const system = z.strictObject({
  use_non_latin: yesNo.optional(),
  pass_hash_enabled: yesNo.optional(),
  pass_key: text(100).optional(),
  pass_cost: z.int().min(2).max(16).optional(),
  allow_ip_lists: yesNo.optional(),
  system_ip_blacklist: text(30).optional(),
  two_factor_auth_hours: z.int().min(0).max(9999).optional(),
  two_factor_container: text(40).optional(),
  agent_api_active: yesNo.optional(),
});

const server = z.strictObject({
  id: word(10).optional(),
  server_ip: word(15),
  active: yesNo.default(true),
  local_gmt: z
    .string()
    .regex(/^-?\d{1,2}\.\d\d$/)
    .default('0.00'),
});

const section = <T extends z.ZodType>(entry: T) => z.array(entry).max(entriesMax).default([]);

const key = z.coerce.string().min(1).max(150);
const keys = z.array(key).max(entriesMax).default([]);

export const provisioningSchema = z.strictObject({
  users: section(user),
  user_groups: section(userGroup),
  containers: section(container),
  peers: section(peer),
  lists: section(list),
  leads: section(lead),
  menus: section(menuSchema),
  calls: section(call),
  ip_lists: section(ipList),
  servers: section(server),
  system: system.optional(),
  queues: section(queueSchema),
  agents: section(agentSchema),
  tiers: section(tierSchema),
  callers: section(callerSchema),
  queue_settings: queueSettingsSchema.optional(),
  pause_reasons: z.array(pauseReasonSchema).max(queueLimits.pauseReasonsMax).default([]),
  ...dialerSections,
  /** keys of entries that are to go, by section */
  remove: z
    .strictObject({
      users: keys,
      user_groups: keys,
      containers: keys,
      peers: keys,
      lists: keys,
      leads: keys,
      menus: keys,
      ip_lists: keys,
      servers: keys,
      queues: keys,
      agents: keys,
      callers: keys,
      pause_reasons: keys,
      /** names of settings that take their default again */
      queue_settings: keys,
      tiers: section(z.strictObject({ queue: key, agent: key })),
      ...dialerRemoveSections,
    })
    .prefault({}),
});

export type Provisioning = z.infer<typeof provisioningSchema>;

export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The file's content checked against the schema; all problems at once. */
export function parseProvisioning(
  value: unknown,
): { readonly ok: true; readonly wanted: Provisioning } | { readonly ok: false; readonly problems: readonly SchemaProblem[] } {
  const result = provisioningSchema.safeParse(value ?? {});
  if (result.success) return { ok: true, wanted: result.data };
  return { ok: false, problems: result.error.issues.flatMap((issue) => describeIssue(issue)) };
}

function describeIssue(issue: z.core.$ZodIssue): SchemaProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], message: 'no such key' }));
  return [{ path, message: issue.message }];
}
