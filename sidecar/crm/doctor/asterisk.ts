/** What the manager account of an Asterisk may do and hears, and whether the binding's contexts and telephones are there (crm-vtiger 7). */
import type { CrmBinding } from '../../../core/crm/binding.js';
import { amiTimeMs } from '../../../core/journal/ami-facts.js';
import { hasCode } from '../../../core/errors.js';
import type { AmiLink } from '../../ami.js';
import type { AmiPacket } from '../../ami-packet.js';
import { clockFinding, fail, lookAt, ok, someOf, warn, type Finding } from './finding.js';

const actions = ['Originate', 'BlindTransfer', 'Redirect', 'Atxfer', 'CoreShowChannels', 'ShowDialPlan', 'MixMonitorMute'] as const;
/** telephones asked for */
const telephonesMax = 200;
const heardMsMax = 2_000;
const rightsRemedy = 'in manager.conf: read = system,call,agent and write = call,originate,reporting; then "manager reload"';

/** The link must be up. */
export async function checkAsterisk(
  name: string,
  link: AmiLink,
  bindings: readonly CrmBinding[],
  wait: (ms: number) => Promise<void>,
): Promise<readonly Finding[]> {
  const { findings, look } = lookAt(name, rightsRemedy);
  let major: number | undefined;
  await look('version', async () => {
    const { response } = await link.action({ Action: 'CoreSettings' });
    const version = response.get('AsteriskVersion') ?? '?';
    major = Number(/(\d+)\./.exec(version)?.[1] ?? NaN);
    return [ok(`${name}: version`, `Asterisk ${version}`)];
  });
  await look('orders', () => orders(name, link));
  await look('events', () => events(name, link, major, wait));
  for (const binding of bindings) {
    await look('contexts', () => contexts(name, link, binding));
    await look('telephones', () => telephones(name, link, binding));
  }
  return findings;
}

/** The list of commands has those only that the account may give. */
async function orders(name: string, link: AmiLink): Promise<readonly Finding[]> {
  const what = `${name}: orders`;
  const { response } = await link.action({ Action: 'ListCommands' });
  const missing = actions.filter((action) => response.get(action) === undefined);
  if (missing.length === 0) return [ok(what, 'the account may originate, transfer and ask')];
  return [fail(what, `the account may not: ${someOf(missing, actions.length)}`, rightsRemedy)];
}

/** A Local channel to a place that is not there makes its events, and rings nobody. */
async function events(
  name: string,
  link: AmiLink,
  major: number | undefined,
  wait: (ms: number) => Promise<void>,
): Promise<readonly Finding[]> {
  const what = `${name}: events`;
  const id = `tandem-doctor-${String(Date.now())}`;
  const heard: AmiPacket[] = [];
  let isHeard = (): void => undefined;
  const first = new Promise<void>((resolve) => (isHeard = resolve));
  const stop = link.on(['Newchannel', 'VarSet'], (event) => {
    if (event.get('Uniqueid')?.startsWith(id) !== true) return;
    heard.push(event);
    if (event.event === 'Newchannel') isHeard();
  });
  try {
    await link.action({
      ...{ Action: 'Originate', Async: true, Channel: 'Local/s@tandem-doctor-nowhere/n', Application: 'Hangup', Timeout: 1_000 },
      ...{ ChannelId: id, OtherChannelId: `${id}-2`, Variable: { TANDEM_DOCTOR: '1' } },
    });
    await Promise.race([first, wait(heardMsMax)]);
    await wait(100); // its variables follow
  } finally {
    stop();
  }
  const channel = heard.find((event) => event.event === 'Newchannel');
  if (!channel) return [fail(what, 'the account hears nothing of calls', rightsRemedy)];
  const findings: Finding[] = [ok(what, 'the account hears of calls')];
  const atMs = amiTimeMs(channel);
  findings.push(
    atMs === undefined
      ? warn(
          `${name}: times`,
          'events carry no time',
          'in manager.conf: timestampevents = yes; else a call has the times at which we hear of it',
        )
      : clockFinding(name, atMs, Date.now()),
  );
  const hears = heard.some((event) => event.event === 'VarSet');
  if (major !== undefined && major < 18 && !hears)
    findings.push(
      warn(
        `${name}: recordings`,
        `Asterisk ${String(major)} may not say by itself what MixMonitor records`,
        'add "dialplan" to read in manager.conf, and no VarSet to disabledevents',
      ),
    );
  return findings;
}

async function contexts(name: string, link: AmiLink, binding: CrmBinding): Promise<readonly Finding[]> {
  const what = `${name}: contexts of ${binding.name}`;
  if (binding.contexts.length === 0)
    return [warn(what, 'none may be dialled: clicks are refused', 'name the outbound context of the CRM\'s PBX settings as "contexts"')];
  const missing: string[] = [];
  for (const context of new Set([...binding.contexts, binding.transfer_context]))
    if (!(await hasContext(link, context))) missing.push(context);
  if (missing.length === 0) return [ok(what, 'are in the dialplan')];
  const isTransfer = missing.includes(binding.transfer_context);
  const remedy = isTransfer
    ? 'include dialplan/asterisk/tandem-crm.conf, or name a context that exists as "transfer_context"; correct "contexts"'
    : 'write contexts of the dialplan into "contexts", or add them to extensions.conf';
  return [fail(what, `not in the dialplan: ${someOf(missing)}`, remedy)];
}

async function hasContext(link: AmiLink, context: string): Promise<boolean> {
  try {
    const { events: lines } = await link.action({ Action: 'ShowDialPlan', Context: context }, { list: true });
    return lines.length > 0;
  } catch (error) {
    if (hasCode(error, 'TDM_SWITCH_REFUSED') && /did not find/i.test(error.message)) return false;
    throw error;
  }
}

async function telephones(name: string, link: AmiLink, binding: CrmBinding): Promise<readonly Finding[]> {
  const what = `${name}: telephones of ${binding.name}`;
  const wanted = Object.values(binding.extensions).filter((channel) => /^(PJSIP|SIP|IAX2)\/[^$/&]+$/.test(channel));
  const missing: string[] = [];
  const away: string[] = [];
  for (const channel of wanted.slice(0, telephonesMax)) {
    const { response } = await link.action({ Action: 'Getvar', Variable: `DEVICE_STATE(${channel})` });
    const state = response.get('Value');
    if (state === 'INVALID' || state === undefined) missing.push(channel);
    else if (state === 'UNAVAILABLE') away.push(channel);
  }
  if (missing.length > 0)
    return [fail(what, `no such endpoint: ${someOf(missing)}`, 'correct the channels in "extensions", or add the endpoints to pjsip.conf')];
  if (away.length > 0) return [warn(what, `not registered: ${someOf(away)}`, 'switch these telephones on')];
  const asked = Math.min(wanted.length, telephonesMax);
  return [ok(what, asked === 0 ? 'patterns only: not checked' : `${String(asked)} are there`)];
}
