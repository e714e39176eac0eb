/**
 * Whose telephone it is. A telephone is known by the account under which its switch let it in, never by the caller's
 * number, which anybody can send. Contacts are dial strings of either switch.
 */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentConfig } from '../acd/config.js';
import type { Call } from '../call.js';

/** A telephone as its switch has proven it. */
export interface Phone {
  /** how it can be rung on its own switch: `PJSIP/1001`, `user/1001@example.org` */
  readonly contact: string;
  /** name of the account: `1001` */
  readonly user: string;
  /** undefined where accounts have none, or it is not told */
  readonly domain: string | undefined;
}

/** undefined: a trunk, an unproven caller, or a leg inside the switch. */
export type PhoneOf = (call: Call) => Promise<Phone | undefined>;

interface Account {
  readonly technology: string | undefined;
  readonly user: string;
  readonly domain: string | undefined;
}

const technologies = /(?:^|[\]}&|,])(PJSIP|SIP|IAX2|SCCP|DAHDI|Local)\/([^@/&,\s]+)/i;
const users = /(?:user|verto\.rtc|sofia\/[\w.-]+|sofia_contact\(|verto_contact\()[/*]*([^@%/(),\s}]+)(?:[@%]([\w.-]+))?/i;

/** The account behind a dial string; undefined for one that rings somebody outside, or cannot be read. */
export function accountOf(dialString: string): Account | undefined {
  if (/sofia\/gateway\/|loopback\//i.test(dialString)) return undefined;
  const [, technology, resource] = technologies.exec(dialString) ?? [];
  if (technology !== undefined && resource !== undefined)
    return { technology: technology.toLowerCase() === 'local' ? undefined : technology, user: resource, domain: undefined };
  const [, user, domain] = users.exec(dialString) ?? [];
  return user === undefined ? undefined : { technology: undefined, user, domain };
}

/** A domain that stands for "the one domain" or comes from a variable of the switch says nothing. */
const meant = (domain: string | undefined): string | undefined => (domain === undefined || domain === 'default' ? undefined : domain);

function isSame(account: Account | undefined, phone: Phone): boolean {
  if (account === undefined || account.user.toLowerCase() !== phone.user.toLowerCase()) return false;
  const technology = /^([A-Za-z0-9]+)\/[^@]*$/.exec(phone.contact)?.[1];
  if (account.technology !== undefined && technology !== undefined && account.technology.toLowerCase() !== technology.toLowerCase())
    return false;
  const [one, other] = [meant(account.domain), meant(phone.domain)];
  return one === undefined || other === undefined || one.toLowerCase() === other.toLowerCase();
}

/** The agent's own telephone: the device watched, or a contact; by the agent's name only when neither says another. */
export function isOwnPhone(config: AgentConfig, contactOverride: string | undefined, phone: Phone): boolean {
  const contacts = [config.device, contactOverride, config.contact, config.contactFreeswitch].filter(
    (contact): contact is string => contact !== undefined && contact !== '',
  );
  if (contacts.length > 0) return contacts.some((contact) => isSame(accountOf(contact) ?? bareAccount(contact), phone));
  return isSame(bareAccount(config.id), phone);
}

/** `1001` or `1001@example.org`. */
function bareAccount(text: string): Account | undefined {
  const [, user, domain] = /^([\w.+-]+)(?:@([\w.-]+))?$/.exec(text) ?? [];
  return user === undefined ? undefined : { technology: undefined, user, domain };
}

/** Agents whose telephone this is; of several, those who are logged in. */
export function agentsOfPhone(view: AcdState, phone: Phone): readonly AgentConfig[] {
  const owners = [...view.agentConfigs.values()].filter((config) => isOwnPhone(config, view.agents.get(config.id)?.contactOverride, phone));
  const loggedIn = owners.filter(({ id }) => (view.agents.get(id)?.status ?? 'Logged Out') !== 'Logged Out');
  return owners.length > 1 && loggedIn.length > 0 ? loggedIn : owners;
}
