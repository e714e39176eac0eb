/**
 * Addresses and networks, IPv4 and IPv6: who may connect, which proxy is believed, where a peer comes from.
 * Node's own list and parser are used; they are pure, nothing here opens a socket.
 */
import { BlockList, isIP } from 'node:net';
import { TandemError } from './errors.js';

export const loopbackOnly: readonly string[] = ['127.0.0.0/8', '::1'];

/** True for `10.0.0.5`, `10.0.0.0/8`, `::1`, `fd00::/8`. */
export function isNetwork(entry: string): boolean {
  return parseEntry(entry) !== undefined;
}

/** The check of a list. A mapped IPv4 address (`::ffff:10.0.0.5`) counts as IPv4. Throws TDM_BAD_SETTING naming the wrong entries of `what`. */
export function createAddressList(entries: readonly string[], what: string): (address: string) => boolean {
  const list = new BlockList();
  const wrong: string[] = [];
  for (const entry of entries) {
    const parsed = parseEntry(entry);
    if (parsed) list.addSubnet(parsed.address, parsed.bits, parsed.family);
    else wrong.push(entry);
  }
  if (wrong.length) throw new TandemError('TDM_BAD_SETTING', [what, `no address or network: ${wrong.join(', ')}`]);
  return (address) => {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  };
}

/** `::ffff:10.0.0.1` is 10.0.0.1: sockets that listen on both families report it so. */
export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

function parseEntry(entry: string): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefix, ...more] = entry.trim().split('/');
  const version = isIP(address);
  const bitsMax = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? bitsMax : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  return version === 0 || more.length > 0 || bits > bitsMax ? undefined : { address, bits, family: version === 6 ? 'ipv6' : 'ipv4' };
}
