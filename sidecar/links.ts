/** Links to the switches, as many as the settings name. A link that is down makes Tandem degraded, not unready: the doors do not need it. */
import type { Log, Meter } from '../core/ports.js';
import { createAmiLink, type AmiLink } from './ami.js';
import type { Config } from './config.js';
import { createEslLink, type EslLink } from './esl.js';
import { eslLinkDefaults } from './esl-options.js';
import type { CheckResult, Health } from './health.js';

export interface Links {
  readonly ami: ReadonlyMap<string, AmiLink>;
  readonly esl: ReadonlyMap<string, EslLink>;
  /** Connect, when everybody who wants to hear of it listens. */
  start(): void;
  close(): void;
}

export function openLinks(
  config: Pick<Config, 'amiLinks' | 'freeswitchLinks'> & Partial<Pick<Config, 'freeswitchRetryMs'>>,
  deps: { readonly log: Log; readonly meter: Meter; readonly health: Health },
): Links {
  const ami = new Map(config.amiLinks.map((address) => [address.name, createAmiLink(address, deps)]));
  const esl = new Map(
    config.freeswitchLinks.map(({ name, host, port, secret }) => [
      name,
      createEslLink({ name, host, port, password: secret, backoffCapMs: config.freeswitchRetryMs ?? eslLinkDefaults.backoffCapMs }, deps),
    ]),
  );
  for (const [name, link] of ami) deps.health.add(`ami:${name}`, () => linkCheck(`ami:${name}`, link.status()));
  for (const [name, link] of esl) deps.health.add(`esl:${name}`, () => linkCheck(`esl:${name}`, link.status()));
  return {
    ami,
    esl,
    start() {
      for (const link of [...ami.values(), ...esl.values()]) link.start();
    },
    close() {
      for (const link of [...ami.values(), ...esl.values()]) link.stop();
    },
  };
}

function linkCheck(name: string, status: { readonly state: string; readonly reason: string }): CheckResult {
  return {
    name,
    state: status.state === 'up' ? 'up' : 'degraded',
    reason: status.state === 'up' ? '' : `${status.state}: ${status.reason}`,
  };
}
