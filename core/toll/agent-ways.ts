/** Which trunks an agent's contact leads over, and to which numbers: a telephone of the own switch has none. */
import { freeswitchContact } from '../dial-string-freeswitch.js';

export interface Way {
  readonly gateway: string;
  readonly number: string;
}

/** What a carrier makes of it: the switches let letters, dots and dashes through. '' without any digit. */
function numberIn(text: string): string {
  const digits = text.replace(/[^0-9*#]/g, '');
  return /[0-9]/.test(digits) ? (text.startsWith('+') ? '+' : '') + digits : '';
}

const wayOf = (gateway: string, text: string): readonly Way[] => {
  const number = numberIn(text);
  return number === '' ? [] : [{ gateway, number }];
};

/** `PJSIP/+4930123@trunk`, `IAX2/trunk/4930123`, `Local/4930123@out/n`; `PJSIP/1001` and `1001` lead nowhere. */
export function asteriskWay(contact: string): Way | undefined {
  const [, address = ''] = /^(?:\[[^\]]*\])?(.*)$/s.exec(contact.trim()) ?? [];
  const [, first = '', context, third = ''] = /^\w+\/([^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(address) ?? [];
  // a third part is the number, or options of a Local channel
  const [behind] = wayOf(context ?? first, third);
  return behind ?? (context === undefined ? undefined : wayOf(context, first)[0]);
}

/** Each telephone of the contact: `sofia/gateway/trunk/4930123`, `loopback/4930123/out`; `user/1001` leads nowhere. */
export function freeswitchWays(contact: string): readonly Way[] {
  const bare = contact.replace(/\{[^}]*\}|\[[^\]]*\]/g, '');
  return bare.split(/[,|]/).flatMap((target): readonly Way[] => {
    const [kind = '', second = '', ...rest] = target.trim().split('/');
    switch (kind.toLowerCase()) {
      case 'sofia':
        return sofiaWay(second, rest);
      case 'loopback':
        return wayOf(rest[0] ?? 'default', second);
      default:
        return [];
    }
  });
}

/** Over a gateway, or to a host; what stands before `%` is an account of the own switch. */
function sofiaWay(profile: string, [first = '', second = '']: readonly string[]): readonly Way[] {
  if (profile.toLowerCase() === 'gateway') return wayOf(first, second);
  const [, number = '', host = ''] = /^([^@%]+)@([^:]+)/.exec(first) ?? [];
  return wayOf(host, number);
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
