/**
 * The bindings file (`TANDEM_CRM_FILE`): which CRMs there are, and how each wants it (crm-vtiger 1.1). Keys are
 * snake_case, times seconds or milliseconds as their name says; an unknown key is an error.
 */
import { z } from 'zod';
import { isNetwork } from '../address-list.js';
import { createRoles } from '../journal/roles.js';
import { isZone } from '../time.js';
import type { NumberRule } from './values.js';

export const bindingsMax = 100;
/** the CRM keeps 200 characters of a link and cuts the rest silently */
export const linkCharsMax = 200;
/** entries of one filter: numbers, queues, trunks, domains */
export const filtersMax = 1_000;
const requestMsDefault = 10_000;
/** a receiver of Standard Webhooks has so long */
const webhookMsMax = 15_000;
/** `?id=<call id>&sig=<32 hex>` behind the public address */
const linkTailChars = '/recording?id=&sig='.length + 64 + 32;

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/, 'must begin with a letter or digit and have at most 39 of letters, digits, _ and -');
const secret = z.string().min(1).max(200);
const url = z.string().refine((text) => URL.canParse(text) && /^https?:\/\//.test(text), 'must begin with http:// or https://');
const path = z.string().regex(/^[A-Za-z0-9._~/-]{1,200}$/, 'must be a plain path');
const extension = z.string().regex(/^[A-Za-z0-9_.+*#-]{1,40}$/, 'has other characters than an extension');
const context = z.string().regex(/^[A-Za-z0-9_.-]{1,80}$/, 'must be the name of a context');

const rule = z
  .strictObject({ match: z.string().min(1).max(200), replace: z.string().max(100) })
  .transform(({ match, replace }, check): NumberRule => {
    try {
      return { match: new RegExp(match), replace };
    } catch {
      check.addIssue({ code: 'custom', message: `"${match}" is no regular expression` });
      return z.NEVER;
    }
  });

const origin = z
  .strictObject({
    /** calls of this switch; '' = of all */
    switch: z.string().max(40).default(''),
    path: z.string().regex(/^\/.{0,400}\/$/, 'must be an absolute path that ends in /'),
    url,
    /** header of this name: `Bearer ...`, `Basic ...`; `env:NAME` and `file:/path` too */
    authorization: secret.optional(),
    allow_insecure: z.boolean().default(false),
  })
  .superRefine(({ url: address, allow_insecure }, check) => {
    if (!URL.canParse(address)) return;
    const { protocol, hostname, search, hash, username } = new URL(address);
    const bad = (message: string): void => check.addIssue({ code: 'custom', path: ['url'], message });
    if (search !== '' || hash !== '' || username !== '') bad('must be a plain address');
    if (protocol === 'http:' && !isLoopback(hostname) && !allow_insecure)
      bad('carries recordings unencrypted: https, or allow_insecure: true');
  });

const bindingSchema = z
  .strictObject({
    name,
    dialect: z.enum(['vtiger', 'vtiger-sp', 'vtiger-ws', 'yetiforce', 'webhook', 'gravitel']),
    crm_url: url.optional(),
    callback_path: path.default('modules/PBXManager/callbacks/PBXManager.php'),
    agi_path: path.default('modules/PBXManager/callbacks/SPAgi.php'),
    /** shared key; `env:NAME` and `file:/path` are resolved by whoever reads the file */
    secret,
    secret_previous: secret.optional(),
    /** IANA zone of the CRM; there is no default that would be right */
    timezone: z.string().refine(isZone, 'must be an IANA zone, the one of $default_timezone in config.inc.php'),
    public_url: url.optional(),
    contexts: z.array(context).max(100).default([]),
    /** where transfers from the pop-up are sent; its `i` and `t` give a lost customer back (3.4) */
    transfer_context: context.default('tandem-transfer'),
    extensions: z.record(extension, z.string().min(3).max(200)).default({}),
    /** extension -> user in the CRM: id for the web service (`5` or `19x5`) and webhooks, name for `gravitel` */
    crm_users: z.record(extension, z.string().regex(/^[A-Za-z0-9_.@+-]{1,64}$/)).default({}),
    /** which calls of a shared switch are this CRM's, beside those of its telephones (`ownership.ts`); all four empty: every call is told */
    lines: z.array(extension).max(filtersMax).default([]),
    queues: z.array(z.string().min(1).max(80)).max(filtersMax).default([]),
    trunks: z.array(z.string().min(1).max(80)).max(filtersMax).default([]),
    domains: z
      .array(z.string().regex(/^[A-Za-z0-9_.-]{1,253}$/, 'must be a domain'))
      .max(filtersMax)
      .default([]),
    trunk_endpoints: z.array(z.string().min(1).max(80)).max(1_000).default([]),
    /** `both`: the callee too, by the web service */
    internal_calls: z.enum(['off', 'caller', 'both']).default('off'),
    missed_owner: extension.or(z.literal('')).default(''),
    short_numbers: z
      .array(z.string().regex(/^[0-9*#+]{1,10}$/))
      .max(1_000)
      .default([]),
    numbers_to_crm: z.array(rule).max(50).default([]),
    numbers_from_crm: z.array(rule).max(50).default([]),
    /** numbers that a click may not call, by prefix */
    deny_prefixes: z
      .array(z.string().regex(/^\+?[0-9*#]{1,20}$/))
      .max(1_000)
      .default([]),
    switch: z.string().max(40).default(''),
    ws: z.strictObject({ user: z.string().min(1).max(100), access_key: secret }).optional(),
    sql: z
      .strictObject({
        url: secret,
        suffix_scan: z.boolean().default(false),
        country_codes: z
          .array(z.string().regex(/^\d{1,3}$/))
          .max(10)
          .default([]),
      })
      .optional(),
    responsible_ms_max: z.int().min(100).max(10_000).default(1_500),
    /** default: 10 s, as Standard Webhooks wants it 15 s */
    request_ms_max: z.int().min(500).max(60_000).optional(),
    connect_ms_max: z.int().min(100).max(30_000).default(3_000),
    in_flight_max: z.int().min(1).max(64).default(4),
    accept_5xx: z.boolean().default(false),
    allow_insecure: z.boolean().default(false),
    ca_file: z.string().max(500).optional(),
    makecall: z
      .strictObject({
        allow_uri: z.boolean().default(false),
        uri_hosts: z.array(z.string().max(253)).max(100).default([]),
        per_agent_max: z.int().min(1).max(10).default(1),
        per_minute: z.int().min(1).max(1_000).default(30),
        ring_s: z.int().min(5).max(120).default(30),
      })
      .prefault({}),
    recordings: z
      .strictObject({
        access: z.enum(['secret', 'signed', 'signed+ip']).default('signed'),
        /** addresses and networks of `signed+ip` */
        allow: z.array(z.string().max(64)).max(100).default([]),
        /** 0 = links that never end: the CRM keeps them for years */
        link_days: z.int().min(0).max(3_650).default(0),
        serve_open: z.boolean().default(false),
        /** recordings of this CRM's calls are removed after so many days; 0 = as the file's `recordings_days` says */
        days: z.int().min(0).max(36_500).default(0),
      })
      .prefault({}),
    path_prefix: path.or(z.literal('')).default(''),
    ping_origins: z.array(url).max(20).default([]),
  })
  .superRefine((binding, check) => {
    const bad = (key: string, message: string): void => check.addIssue({ code: 'custom', path: [key], message });
    if (binding.dialect !== 'yetiforce' && binding.crm_url === undefined) bad('crm_url', `is needed by the dialect ${binding.dialect}`);
    if (binding.dialect === 'vtiger-ws' && binding.ws === undefined) bad('ws', 'is needed by the dialect vtiger-ws');
    if (binding.dialect.startsWith('vtiger') && binding.internal_calls === 'both' && binding.ws === undefined)
      bad('ws', 'is needed to tell the callee of internal calls: internal_calls is both');
    const isPlain = (text: string | undefined): boolean => text?.startsWith('http://') === true && !isLoopback(new URL(text).hostname);
    if (isPlain(binding.crm_url) && !binding.allow_insecure) bad('crm_url', 'sends the key unencrypted: https, or allow_insecure: true');
    if (isPlain(binding.public_url) && !binding.allow_insecure)
      bad('public_url', 'sends recordings unencrypted: https, or allow_insecure: true');
    if (binding.public_url !== undefined && binding.public_url.length + linkTailChars > linkCharsMax)
      bad('public_url', `is so long that links to recordings would be cut by the CRM at ${String(linkCharsMax)} characters`);
    try {
      createRoles(binding.extensions, binding.trunk_endpoints);
    } catch (error) {
      bad('extensions', error instanceof RangeError ? error.message : 'cannot be read');
    }
  })
  .transform((binding) => ({
    ...binding,
    request_ms_max: binding.request_ms_max ?? (binding.dialect === 'webhook' ? webhookMsMax : requestMsDefault),
  }));

export type CrmBinding = z.output<typeof bindingSchema>;

export const bindingsFileSchema = z
  .strictObject({
    crm: z.array(bindingSchema).max(bindingsMax),
    /** roots of recordings; nothing outside is ever served */
    recording_roots: z.array(z.string().regex(/^\//, 'must be an absolute path').max(500)).max(20).default([]),
    /** recordings are removed after so many days; 0 = never */
    recordings_days: z.int().min(0).max(36_500).default(0),
    /** recordings that lie on other hosts: files below `path` are asked for below `url` */
    recording_origins: z.array(origin).max(50).default([]),
    calls_days: z.int().min(1).max(36_500).default(365),
    /** reverse proxies whose X-Forwarded-For is believed */
    trusted_proxies: z.array(z.string().refine(isNetwork, 'must be an address or a network')).max(100).default([]),
    streams_max: z.int().min(1).max(1_000).default(64),
  })
  .superRefine(({ crm, recordings_days, calls_days }, check) => {
    const keepsTooLong = (days: number, ...key: (string | number)[]): void => {
      const message = `is more than calls_days (${String(calls_days)}): a recording whose call is forgotten is neither served nor removed`;
      if (days > calls_days) check.addIssue({ code: 'custom', path: key, message });
    };
    keepsTooLong(recordings_days, 'recordings_days');
    crm.forEach(({ recordings }, n) => keepsTooLong(recordings.days, 'crm', n, 'recordings', 'days'));
    const seen = new Set<string>();
    crm.forEach((binding, n) => {
      if (seen.has(binding.name.toLowerCase())) check.addIssue({ code: 'custom', path: ['crm', n, 'name'], message: 'is there twice' });
      seen.add(binding.name.toLowerCase());
    });
  });

export type CrmFile = z.output<typeof bindingsFileSchema>;

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);

/** With exactly one slash between. */
export const joinUrl = (base: string, tail: string): string => `${base.replace(/\/+$/, '')}/${tail.replace(/^\/+/, '')}`;
