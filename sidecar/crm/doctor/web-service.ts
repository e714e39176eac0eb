/** vTiger's web service: login, columns, clock and zone (by a row that is removed again), whose recordings, users (crm-vtiger 4.5, 5, 11.16). */
import type { CrmBinding } from '../../../core/crm/binding.js';
import { crmTime } from '../../../core/crm/values.js';
import { callsModule, type WebService } from '../web-service.js';
import { fail, ok, reasonOf, someOf, warn, type Finding } from './finding.js';

const clockMsMax = 5_000;
/** beyond it the zones differ, not the clocks */
const zoneMsMax = 10 * 60_000;
const quarterMs = 900_000;
/** users looked up */
const usersMax = 50;
/** columns that we fill */
const filled = new Set(['customernumber', 'assigned_user_id', 'direction', 'callstatus', 'starttime', 'sourceuuid', 'gateway']);

export async function checkWebService(
  binding: CrmBinding,
  service: WebService,
  options: { readonly nowMs: () => number; readonly isWriting: boolean },
): Promise<readonly Finding[]> {
  const what = (name: string): string => `${binding.name}: ${name}`;
  let user: string;
  try {
    user = await service.ownUser();
  } catch (e) {
    return [
      fail(
        what('web service'),
        reasonOf(e),
        'correct "ws": the user and the access key of My Preferences in the CRM, not the password; the user must be active',
      ),
    ];
  }
  const findings = [ok(what('web service'), `logged in as ${user}`)];
  const look = async (name: string, remedy: string, check: () => Promise<Finding>): Promise<void> => {
    try {
      findings.push(await check());
    } catch (e) {
      findings.push(warn(what(name), reasonOf(e), remedy));
    }
  };
  const rights = 'give the user of "ws" a profile that may see and change the module of calls';
  await look('columns', rights, () => columns(binding, service));
  await look('clock', 'run the doctor again', () => clock(binding, service, options.nowMs));
  if (options.isWriting) await look('zone', rights, () => zone(binding, service, user, options.nowMs));
  await look('recordings elsewhere', rights, () => recordings(binding, service));
  await look('users', 'let the user of "ws" see users', () => users(binding, service));
  return findings;
}

async function columns(binding: CrmBinding, service: WebService): Promise<Finding> {
  const what = `${binding.name}: columns`;
  const { idPrefix, mandatory } = await service.describe(callsModule);
  const unknown = mandatory.filter((name) => !filled.has(name));
  if (unknown.length === 0) return ok(what, `the module of calls (${idPrefix}x...) has what is needed`);
  return fail(
    what,
    `mandatory in the CRM, and not filled by us: ${someOf(unknown)}`,
    'make these columns of the module PBXManager optional in the CRM',
  );
}

async function clock(binding: CrmBinding, service: WebService, nowMs: () => number): Promise<Finding> {
  const what = `${binding.name}: clock`;
  const theirs = await service.serverMs();
  if (theirs === undefined) return warn(what, 'the CRM does not tell its time', 'compare the clocks by hand');
  const differs = Math.round((theirs - nowMs()) / 1000);
  if (Math.abs(differs * 1000) <= clockMsMax) return ok(what, 'agrees with ours');
  return warn(what, `differs from ours by ${String(differs)} s`, 'set both clocks by NTP: calls would begin in the future, or look old');
}

/** The CRM stamps a new row by its own clock in its own zone. */
async function zone(binding: CrmBinding, service: WebService, user: string, nowMs: () => number): Promise<Finding> {
  const what = `${binding.name}: zone`;
  const atMs = nowMs();
  const element = {
    ...{ direction: 'inbound', callstatus: 'completed', customernumber: 'anonymous', gateway: 'PBXManager', assigned_user_id: user },
    ...{ starttime: crmTime(atMs, binding.timezone), sourceuuid: `tandem-doctor-${String(atMs)}` },
  };
  const made = await service.ask('POST', 'create', [
    ['elementType', callsModule],
    ['element', JSON.stringify(element)],
  ]);
  if (made.kind !== 'done')
    return warn(what, `no test row could be made: ${made.problem}`, 'give the user of "ws" a profile that may make rows of calls');
  const { id } = (made.result ?? {}) as { readonly id?: unknown };
  const stamp = stampOf(made.result) ?? (await stampAgain(service, id));
  const removed = typeof id === 'string' ? await service.ask('POST', 'delete', [['id', id]]) : undefined;
  const left = removed?.kind === 'done' ? '' : `; the test row ${String(id)} could not be removed`;
  const theirs = Date.parse(`${stamp ?? ''}Z`.replace(' ', 'T'));
  const ours = Date.parse(`${crmTime(atMs, binding.timezone)}Z`.replace(' ', 'T'));
  if (Number.isNaN(theirs))
    return warn(what, `the CRM does not say when it made a row${left}`, 'compare "timezone" with $default_timezone by hand');
  const remove = left === '' ? '' : 'remove the test row by hand';
  const offMs = theirs - ours;
  if (Math.abs(offMs) <= zoneMsMax) {
    const detail = `the CRM's clock shows ${binding.timezone}`;
    return left === '' ? ok(what, detail) : warn(what, `${detail}${left}`, remove);
  }
  const hours = Math.round(offMs / quarterMs) / 4;
  return fail(
    what,
    `the CRM's clock is ${String(Math.abs(hours))} h ${hours > 0 ? 'ahead of' : 'behind'} ${binding.timezone}${left}`,
    `write $default_timezone of the CRM's config.inc.php into "timezone"; else pop-ups vanish at once${left === '' ? '' : `; ${remove}`}`,
  );
}

/** vTiger 8 writes `CreatedTime`, others `createdtime`. */
function stampOf(row: unknown): string | undefined {
  const found = Object.entries(row ?? {}).find(([name]) => name.toLowerCase() === 'createdtime')?.[1] as unknown;
  return typeof found === 'string' ? found : undefined;
}

async function stampAgain(service: WebService, id: unknown): Promise<string | undefined> {
  if (typeof id !== 'string') return undefined;
  const reply = await service.ask('GET', 'retrieve', [['id', id]]);
  return reply.kind === 'done' ? stampOf(reply.result) : undefined;
}

/** The CRM's proxy sends the key to whatever host is in a row. */
async function recordings(binding: CrmBinding, service: WebService): Promise<Finding> {
  const what = `${binding.name}: recordings elsewhere`;
  const rows = await service.query(`select id,recordingurl from ${callsModule} order by id desc limit 100;`);
  const own = binding.public_url === undefined ? '' : new URL(binding.public_url).host;
  const hosts = rows.flatMap(({ recordingurl }) =>
    typeof recordingurl === 'string' && URL.canParse(recordingurl) ? [new URL(recordingurl).host] : [],
  );
  const foreign = [...new Set(hosts)].filter((host) => host !== own);
  if (foreign.length === 0) return ok(what, `none in the last ${String(rows.length)} calls`);
  return warn(
    what,
    `calls of the CRM link to ${someOf(foreign)}`,
    'the CRM sends its key there when somebody listens: empty these links, or change the key when the hosts are not yours',
  );
}

async function users(binding: CrmBinding, service: WebService): Promise<Finding> {
  const what = `${binding.name}: users`;
  const wanted = Object.entries(binding.extensions)
    .filter(([name, channel]) => !channel.includes('${EXT}') && !Object.hasOwn(binding.crm_users, name))
    .map(([name]) => name);
  const missing: string[] = [];
  for (const extension of wanted.slice(0, usersMax)) {
    const found = await service.query(`select id from Users where phone_crm_extension='${extension}' limit 1;`);
    if (found.length === 0) missing.push(extension);
  }
  if (missing.length === 0) return ok(what, `${String(Math.min(wanted.length, usersMax))} extensions are users of the CRM`);
  return warn(
    what,
    `no user of the CRM has ${someOf(missing)}`,
    'give these users their extension in the CRM, or take the extensions out of the binding',
  );
}
