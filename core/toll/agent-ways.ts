/** Which trunks an agent's contact leads over, and to which numbers: a telephone of the own switch has none. */
import { freeswitchContact } from '../dial-string-freeswitch.js';

export interface Way {
  readonly gateway: string;
  readonly number: string;
}

const isNumber = (text: string): boolean => /^\+?[0-9*#]{2,32}$/.test(text);

/** `PJSIP/+4930123@trunk`, `IAX2/trunk/4930123`, `Local/4930123@out/n`; `PJSIP/1001` and `1001` lead nowhere. */
export function asteriskWay(contact: string): Way | undefined {
  const [, address = ''] = /^(?:\[[^\]]*\])?(.*)$/s.exec(contact.trim()) ?? [];
  const [, technology = '', first = '', context, third] = /^([A-Za-z0-9]+)\/([^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(address) ?? [];
  if (technology === '') return undefined;
  const way =
    context !== undefined ? { gateway: context, number: first } : third === undefined ? undefined : { gateway: first, number: third };
  return way && isNumber(way.number) ? way : undefined;
}

/** Each telephone of the contact: `sofia/gateway/trunk/4930123`, `loopback/4930123/out`; `user/1001` leads nowhere. */
export function freeswitchWays(contact: string): readonly Way[] {
  const bare = contact.replace(/\{[^}]*\}|\[[^\]]*\]/g, '');
  return bare.split(/[,|]/).flatMap((target): Way[] => {
    const [kind = '', second = '', ...rest] = target.trim().split('/');
    const [gateway = '', number = ''] =
      kind === 'sofia' ? sofiaWay(second, rest) : kind === 'loopback' ? [rest[0] ?? 'default', second] : [];
    return isNumber(number) ? [{ gateway, number }] : [];
  });
}

/** Over a gateway, or to a host; what stands before `%` is an account of the own switch. */
function sofiaWay(profile: string, [first = '', second = '']: readonly string[]): readonly string[] {
  if (profile === 'gateway') return [first, second];
  const [, number = '', host = ''] = /^([^@%]+)@([^:]+)/.exec(first) ?? [];
  return [host, number];
}

/** Its channel gets the id of the order: not so on FreeSWITCH, where several telephones may be rung, each under an id of its own. */
export function isListed(kind: 'asterisk' | 'freeswitch', contact: string): boolean {
  if (kind === 'asterisk') return true;
  try {
    return freeswitchContact(contact, 'default').isOneChannel;
  } catch {
    return false;
  }
}
