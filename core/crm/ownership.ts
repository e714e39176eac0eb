/** Whose call it is, where one Tandem serves several CRMs (crm-vtiger 3.4, 11): what one may hear is no other's business. */
import type { JournalCall, Leg } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { createRoles, type ExtensionMap, type Roles } from '../journal/roles.js';
import type { CrmBinding } from './binding.js';
import { channelOfExtension, patternFits } from './click-to-call.js';

/** A binding, as far as it says whose calls it has. */
export type CallOwner = Pick<CrmBinding, 'name' | 'extensions' | 'lines' | 'queues' | 'trunks' | 'domains'>;

/**
 * The CRM that ordered it, and each with a telephone that took part. Beside these, of calls that no CRM ordered: where it
 * has filters, those that fit one of them; where it has none, those that no telephone of anybody took part in (lost in a
 * menu or a queue).
 */
export function isCallOf(binding: CallOwner, call: JournalCall): boolean {
  if (call.binding === binding.name || hasTelephoneIn(binding, call)) return true;
  if (call.binding !== '') return false;
  return hasFilter(binding) ? fits(binding, call) : call.legs.every(({ extension }) => extension === '');
}

/**
 * With filters: its own calls. Without: every call, but none of another's telephone of the same number. May become true while
 * the call goes on: its queue, or a telephone, comes later.
 */
export function isToldTo(binding: CallOwner, call: JournalCall): boolean {
  return isCallOf(binding, call) || (!hasFilter(binding) && !hasNamesakeIn(binding, call));
}

/** A telephone of this CRM took part. */
export const hasTelephoneIn = (binding: CallOwner, call: JournalCall): boolean =>
  call.legs.some((leg) => leg.extension !== '' && isTelephoneOf(binding, leg)) || isTelephoneOf(binding, calleeOf(call));

/** The notice without telephones that have a number of this binding and are another's; undefined: it is of such a one. */
export function asSeenBy(binding: CallOwner, notice: JournalNotice): JournalNotice | undefined {
  const { call } = notice;
  const strange = new Set(call.legs.filter((leg) => isNamesake(binding, leg)));
  if (strange.size === 0) return notice;
  if ('leg' in notice && strange.has(notice.leg)) return undefined;
  const legs = call.legs.map((leg) => (strange.has(leg) ? { ...leg, extension: '' } : leg));
  const seen = { ...notice, call: { ...call, legs } };
  if (seen.type !== 'recording-ready' || legs.some(({ extension }) => extension === seen.extension)) return seen;
  return { ...seen, extension: '' };
}

const hasFilter = ({ lines, queues, trunks, domains }: CallOwner): boolean =>
  lines.length > 0 || queues.length > 0 || trunks.length > 0 || domains.length > 0;

/** One of the filters is enough. */
function fits({ lines, queues, trunks, domains }: CallOwner, { line, via, legs }: JournalCall): boolean {
  if (line.did !== '' && lines.some((pattern) => patternFits(pattern, line.did))) return true;
  if (line.queue !== '' && queues.includes(line.queue)) return true;
  if (via !== undefined && trunks.some((trunk) => isSame(trunk, trunkOf(via)))) return true;
  return [via, ...legs.map(({ telephone }) => telephone)].some((endpoint) => {
    const domain = endpoint === undefined ? undefined : /^user\/[^@]*@(.+)$/.exec(endpoint)?.[1];
    return domain !== undefined && domains.some((name) => isSame(name, domain));
  });
}

const trunkOf = (endpoint: string): string => endpoint.slice(endpoint.indexOf('/') + 1);
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

type Telephone = Pick<Leg, 'extension' | 'telephone'>;

/** By the telephone where it is known, because two tenants may have the same number; else by the number. */
function isTelephoneOf(binding: CallOwner, { extension, telephone }: Telephone): boolean {
  if (telephone === undefined) return channelOfExtension(binding, extension) !== undefined;
  const slash = telephone.indexOf('/');
  return rolesOf(binding.extensions).extensionOf(telephone.slice(0, slash), telephone.slice(slash + 1)) === extension;
}

/** Another's telephone with a number of this binding. */
const isNamesake = (binding: CallOwner, of: Telephone): boolean =>
  of.telephone !== undefined && rolesOf(binding.extensions).hasExtension(of.extension) && !isTelephoneOf(binding, of);

const hasNamesakeIn = (binding: CallOwner, call: JournalCall): boolean =>
  call.legs.some((leg) => isNamesake(binding, leg)) || isNamesake(binding, calleeOf(call));

/** Of an internal call; nobody's for others. */
const calleeOf = ({ direction, customer, via }: JournalCall): Telephone =>
  direction === 'internal' && via !== undefined ? { extension: customer.number, telephone: via } : { extension: '' };

/** read once for each map, as long as the map lives */
const rolesOfMaps = new WeakMap<ExtensionMap, Roles>();

function rolesOf(extensions: ExtensionMap): Roles {
  const known = rolesOfMaps.get(extensions);
  if (known) return known;
  const roles = createRoles(extensions);
  rolesOfMaps.set(extensions, roles);
  return roles;
}
