/** Who may ask: the binding whose key it is; guessing is slow (crm-vtiger 2, 11). */
import type { CrmBinding } from '../../core/crm/binding.js';
import { equalSecrets } from '../secrets.js';

export const guardDefaults = {
  /** wrong keys of one address a minute */
  failuresPerMinute: 10,
  /** addresses remembered */
  addressesMax: 10_000,
};

const minuteMs = 60_000;

export interface Guard {
  /** The binding; a missing key is a wrong one. */
  bindingOf(secret: string, prefix: string): CrmBinding | undefined;
  isThrottled(address: string): boolean;
  failed(address: string): void;
}

export function createGuard(bindings: readonly CrmBinding[], nowMs: () => number, options = guardDefaults): Guard {
  const failures = new Map<string, { count: number; readonly untilMs: number }>();

  function current(address: string) {
    const entry = failures.get(address);
    return entry && entry.untilMs > nowMs() ? entry : undefined;
  }

  return {
    bindingOf(secret, prefix) {
      if (secret === '') return undefined;
      let found: CrmBinding | undefined;
      // all are compared, so that the time says nothing about which
      for (const binding of bindings) {
        const isOwn =
          equalSecrets(binding.secret, secret) || (binding.secret_previous !== undefined && equalSecrets(binding.secret_previous, secret));
        if (isOwn && (binding.path_prefix === '' || trimmed(binding.path_prefix) === trimmed(prefix))) found ??= binding;
      }
      return found;
    },
    isThrottled: (address) => (current(address)?.count ?? 0) >= options.failuresPerMinute,
    failed(address) {
      const entry = current(address);
      if (entry) {
        entry.count += 1;
        return;
      }
      failures.delete(address);
      failures.set(address, { count: 1, untilMs: nowMs() + minuteMs });
      for (const oldest of failures.keys()) {
        if (failures.size <= options.addressesMax) break;
        failures.delete(oldest);
      }
    },
  };
}

const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '');
