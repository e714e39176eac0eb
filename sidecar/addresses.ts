/** Client addresses: from the socket or one trusted header (API-9), and lists of networks (W-7, W-9). */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { createAddressList, plainAddress } from '../core/address-list.js';
import type { AddressRules } from '../core/services/login.js';

/** Lists of accounts, parsed once. */
const listsMax = 1_000;

/** Rules for login: trusted networks, and the lists of accounts. */
export function createAddressRules(trusted: readonly string[]): AddressRules {
  const isTrusted = createAddressList(trusted, 'trusted peers');
  const lists = new Map<string, (address: string) => boolean>();
  return {
    isTrusted,
    isAmong(address, networks) {
      const key = networks.join(' ');
      let isOn = lists.get(key);
      if (!isOn) {
        isOn = createAddressList(networks, 'addresses of an account');
        if (lists.size >= listsMax) lists.clear();
        lists.set(key, isOn);
      }
      return isOn(address);
    },
  };
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
  const isProxy = createAddressList(trust.proxies, 'trusted proxies');
  const header = trust.header.toLowerCase();
  return (req) => {
    const direct = plainAddress(req.socket.remoteAddress ?? '');
    if (header === '' || !isProxy(direct)) return direct;
    const value = req.headers[header];
    const last = plainAddress((Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').at(-1)?.trim() ?? '');
    return isIP(last) === 0 ? direct : last;
  };
}
