/**
 * Where webhooks may be sent: https to public addresses, and whatever else the operator names in `webhook_hosts`. A name
 * is checked at each connection by the address it stands for at that moment, so that it cannot change in between.
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { createAddressList, isNetwork } from '../core/address-list.js';

export interface WebhookAddresses {
  /** Why it is refused; undefined: it may be used. */
  readonly problemOf: (url: string) => string | undefined;
  /** For sockets to that host: gives only addresses that are allowed. */
  lookupFor(host: string): LookupFunction;
}

export const webhookUrlMax = 1_000;

/** Networks that are not on the Internet: RFC 6890 and its successors. */
const specialNetworks = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16'],
  ...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8', '3fff::/20', '5f00::/16'],
];

export type ResolveAll = (host: string, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const resolveAll: ResolveAll = (host, done) => lookup(host, { all: true, verbatim: true }, done);

/** `hosts`: names, addresses and networks. */
export function createWebhookAddresses(hosts: readonly string[], resolve: ResolveAll = resolveAll): WebhookAddresses {
  const isSpecial = createAddressList(specialNetworks, 'special networks');
  const isNamed = createAddressList(hosts.filter(isNetwork), 'webhook_hosts');
  const names = new Set(hosts.filter((host) => !isNetwork(host)).map((host) => host.toLowerCase()));
  const isAllowed = (address: string): boolean => isNamed(address) || !isSpecial(address);

  return {
    problemOf(text) {
      if (text.length > webhookUrlMax || !URL.canParse(text)) return 'is no URL';
      const url = new URL(text);
      const host = hostOf(url);
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
      if (url.username !== '' || url.password !== '') return 'must not have a login in it';
      if (url.hash !== '') return 'must not have a # in it';
      const isTrusted = names.has(host) || (isIP(host) !== 0 && isNamed(host));
      if (isTrusted) return undefined;
      if (url.protocol !== 'https:') return 'must begin with https://; other hosts are named in webhook_hosts';
      if (isIP(host) !== 0 && isSpecial(host)) return 'is no public address; other hosts are named in webhook_hosts';
      return undefined;
    },
    lookupFor(host) {
      const isTrusted = names.has(host.toLowerCase());
      return (name, options, callback) => {
        resolve(name, (error, addresses) => {
          const found = error ? [] : addresses.filter(({ address }) => isTrusted || isAllowed(address));
          const [first] = found;
          if (!first) callback(error ?? new Error(`${name} stands for no public address`), '', 0);
          else if (options.all) callback(null, found);
          else callback(null, first.address, first.family);
        });
      };
    },
  };
}

/** Without the brackets of an IPv6 address, and without the dot at the end of a name. */
export const hostOf = ({ hostname }: URL): string =>
  hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
