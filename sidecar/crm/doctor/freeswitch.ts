/** What a FreeSWITCH lets its event socket do and tells it, its clock, and whether the binding's contexts and telephones are there (crm-vtiger 8.5). */
import { randomUUID } from 'node:crypto';
import type { CrmBinding } from '../../../core/crm/binding.js';
import { freeswitchContact } from '../../../core/dial-string-freeswitch.js';
import { checkName } from '../../../core/dial-string.js';
import { eslTimeMs } from '../../../core/journal/esl-facts.js';
import type { SwitchEvent } from '../../../esl-outbound/event.js';
import type { EslLink } from '../../esl.js';
import { clockFinding, fail, lookAt, ok, someOf, warn, type Finding } from './finding.js';

/** Each answers how it is used when it is called with nothing, and does nothing. */
const orders = ['originate', 'uuid_transfer', 'uuid_broadcast', 'uuid_kill', 'uuid_record', 'uuid_dump'] as const;
/** accounts asked for */
const accountsMax = 200;
const heardMsMax = 2_000;
const rightsRemedy =
  'let the account of TANDEM_FREESWITCH_URLS use all commands and events (esl-allowed-api, esl-allowed-events), or use the password of event_socket.conf.xml';

export interface FreeswitchLook {
  /** stands for the switch's own domain where the extension map names none */
  readonly domain: string;
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

type Link = Pick<EslLink, 'api' | 'bgapi' | 'on'>;

/** The link must be up. */
export async function checkFreeswitch(
  name: string,
  link: Link,
  bindings: readonly CrmBinding[],
  tools: FreeswitchLook,
): Promise<readonly Finding[]> {
  const { findings, look } = lookAt(name, rightsRemedy);
  await look('version', async () => [ok(`${name}: version`, (await link.api('version')).trim().split(' (')[0] ?? '')]);
  await look('orders', () => ordersOf(name, link));
  await look('events', () => events(name, link, tools));
  for (const binding of bindings) {
    await look('contexts', () => contexts(name, link, binding));
    await look('telephones', () => telephones(name, link, binding, tools.domain));
  }
  return findings;
}

async function ordersOf(name: string, link: Link): Promise<readonly Finding[]> {
  const what = `${name}: orders`;
  const missing: string[] = [];
  for (const order of orders) if (!(await link.api(order)).startsWith('-USAGE')) missing.push(order);
  if (!/"row_count"|^\s*$/.test(await link.api('show channels as json'))) missing.push('show');
  if (missing.length === 0) return [ok(what, 'the account may originate, transfer and ask')];
  return [fail(what, `the account may not, or FreeSWITCH has not: ${someOf(missing, orders.length + 1)}`, rightsRemedy)];
}

/** A channel to a place that is not there makes its events, and rings nobody. */
async function events(name: string, link: Link, { wait, nowMs }: FreeswitchLook): Promise<readonly Finding[]> {
  const what = `${name}: events`;
  const id = `tandem-doctor-${randomUUID()}`;
  let hear: (event: SwitchEvent) => void = () => undefined;
  const first = new Promise<SwitchEvent>((resolve) => (hear = resolve));
  const stop = link.on(['CHANNEL_CREATE'], (event) => {
    if (event.get('Unique-ID') === id) hear(event);
  });
  try {
    // it fails, as it should
    await link.bgapi(`originate {origination_uuid=${id}}loopback/s/tandem-doctor-nowhere &hangup()`).catch(() => undefined);
    const event = await Promise.race([first, wait(heardMsMax).then(() => undefined)]);
    if (!event) return [fail(what, 'the account hears nothing of calls', rightsRemedy)];
    return [ok(what, 'the account hears of calls'), clockFinding(name, eslTimeMs(event) ?? nowMs(), nowMs())];
  } finally {
    stop();
  }
}

async function contexts(name: string, link: Link, binding: CrmBinding): Promise<readonly Finding[]> {
  const what = `${name}: contexts of ${binding.name}`;
  if (binding.contexts.length === 0)
    return [warn(what, 'none may be dialled: clicks are refused', 'name the outbound context of the CRM\'s PBX settings as "contexts"')];
  const missing: string[] = [];
  for (const context of new Set([...binding.contexts, binding.transfer_context]))
    if (!(await link.api(`xml_locate dialplan context name ${checkName('context', context)}`)).includes('<context')) missing.push(context);
  if (missing.length === 0) return [ok(what, 'are in the dialplan')];
  const remedy = missing.includes(binding.transfer_context)
    ? 'include dialplan/freeswitch/tandem_crm.xml, or name a context that exists as "transfer_context"; correct "contexts"'
    : 'write contexts of the dialplan into "contexts", or add them to the dialplan';
  return [fail(what, `not in the dialplan: ${someOf(missing)}`, remedy)];
}

async function telephones(name: string, link: Link, binding: CrmBinding, domain: string): Promise<readonly Finding[]> {
  const what = `${name}: telephones of ${binding.name}`;
  const contacts = Object.values(binding.extensions).filter((contact) => !contact.includes('$'));
  const accounts = contacts.flatMap((contact) => freeswitchContact(contact, domain).users).slice(0, accountsMax);
  const missing: string[] = [];
  const away: string[] = [];
  const own = (await link.api('global_getvar domain')).trim();
  for (const one of accounts) {
    const of = one.domain === domain && /^[\w.-]+$/.test(own) ? own : one.domain;
    const account = `${checkName('endpoint', one.user)}@${checkName('domain', of)}`;
    if ((await link.api(`user_exists id ${one.user} ${of}`)).trim() !== 'true') missing.push(account);
    else if ((await link.api(`sofia_contact */${account}`)).startsWith('error/')) away.push(account);
  }
  if (missing.length > 0)
    return [
      fail(what, `no such account: ${someOf(missing)}`, 'correct the contacts in "extensions", or add the accounts to the directory'),
    ];
  if (away.length > 0) return [warn(what, `not registered: ${someOf(away)}`, 'switch these telephones on')];
  return [ok(what, accounts.length === 0 ? 'patterns and plain addresses only: not checked' : `${String(accounts.length)} are there`)];
}
