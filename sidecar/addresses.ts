/** Client addresses: from the socket or one trusted header (API-9), and lists of networks (W-7, W-9). */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TandemError } from '../core/errors.js';
import type { AddressRules } from '../core/services/login.js';

/** `::ffff:10.0.0.1` is 10.0.0.1: sockets that listen on both families report it so. */
export function plainAddress(address: string): string {
  if (!address.startsWith('::')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

/** Addresses and networks (`10.0.0.0/8`, `::1`). Throws TDM_BAD_VALUE for anything else. */
export function addressMatcher(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (isIP(address) === 0 || rest.length > 0 || bits < 0 || bits > (family === 'ipv6' ? 128 : 32))
      throw new TandemError('TDM_BAD_VALUE', ['address list', `"${entry}" is no address or network`]);
    list.addSubnet(address, bits, family);
  }
  if (entries.length === 0) return () => false;
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Rules for login: trusted networks, and per peer id the networks its accounts may come from. */
export function createAddressRules(trusted: readonly string[], peers: Readonly<Record<string, readonly string[]>> = {}): AddressRules {
  const isTrusted = addressMatcher(trusted);
  const byPeer = new Map(Object.entries(peers).map(([peerId, entries]) => [peerId, addressMatcher(entries)]));
  return { isTrusted, peerMayComeFrom: (peerId, address) => byPeer.get(peerId)?.(address) ?? true };
}

export interface ProxyTrust {
  /** lower-case header name, e.g. `x-forwarded-for`; '' = the socket's address counts */
  readonly header: string;
  /** addresses and networks of the proxies whose header is believed */
  readonly proxies: readonly string[];
}

export const noProxy: ProxyTrust = { header: '', proxies: [] };

/** Reads the client's address of a request. The last entry of the header counts: it is the one the trusted proxy wrote. */
export function createClientAddress(trust: ProxyTrust = noProxy): (req: IncomingMessage) => string {
  const isProxy = addressMatcher(trust.proxies);
  const header = trust.header.toLowerCase();
  return (req) => {
    const direct = plainAddress(req.socket.remoteAddress ?? '');
    if (header === '' || !isProxy(direct)) return direct;
    const value = req.headers[header];
    const last = plainAddress((Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').at(-1)?.trim() ?? '');
    return isIP(last) === 0 ? direct : last;
  };
}
