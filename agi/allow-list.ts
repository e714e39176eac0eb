/** Who may connect: single addresses and networks, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net';
import { TandemError } from '../core/errors.js';

export const loopbackOnly: readonly string[] = ['127.0.0.0/8', '::1'];

/** @param entries e.g. `10.0.0.5`, `10.1.0.0/16`, `fd00::/8`. Throws TDM_BAD_SETTING naming the wrong ones. */
export function createAllowList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  const wrong = entries.filter((entry) => !add(list, entry));
  if (wrong.length > 0)
    throw new TandemError('TDM_BAD_SETTING', ['FastAGI allowed addresses', `no address or network: ${wrong.join(', ')}`]);
  return (address) => {
    const family = isIP(address);
    // as an IPv6 address, an IPv4 peer on a dual-stack socket (`::ffff:a.b.c.d`) is held against the IPv4 entries
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

function add(list: BlockList, entry: string): boolean {
  const [address = '', prefix, ...more] = entry.trim().split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (prefix === undefined) list.addAddress(address, type);
  else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)) list.addSubnet(address, Number(prefix), type);
  else return false;
  return true;
}
