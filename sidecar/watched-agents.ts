/**
 * Whose telephone is which device of Asterisk, or which account of FreeSWITCH (B22): worked out from the agents, again
 * when one of them changed. An agent's own `device` names it for one kind of switch: `PJSIP/1001`, or `1001@default`.
 */
import type { AgentConfig } from '../core/acd/config.js';
import type { AgentId } from '../core/acd/ids.js';
import type { QueueEngine } from '../core/acd-ports.js';
import { asteriskContact, asteriskContactProblem } from '../core/dial-string-asterisk.js';
import { freeswitchContact, freeswitchContactProblem } from '../core/dial-string-freeswitch.js';
import type { Timers } from './timers.js';

type ByName = ReadonlyMap<string, readonly AgentId[]>;

export interface WatchedAgents {
  /** as Asterisk spells its devices; cheap */
  devices(): ByName;
  /** `user@domain` in small letters; cheap */
  accounts(): ByName;
  /** The queues are ours now, so there are agents to look after. */
  renew(): void;
  close(): void;
}

/** Many agents change at once when the provisioning is applied. */
const gatherMs = 500;
const nobody: ByName = new Map();

/** `onChange`: others are watched from now on. */
export function createWatchedAgents(engine: QueueEngine, timers: Timers, onChange: () => void): WatchedAgents {
  let known: { readonly devices: ByName; readonly accounts: ByName } | undefined;
  let overrides: ReadonlyMap<AgentId, string | undefined> = new Map();
  let cancel: (() => void) | undefined;

  function look() {
    if (known || !engine.isOwner()) return known;
    const { agentConfigs, agents } = engine.view();
    overrides = new Map([...agents].map(([id, { contactOverride }]) => [id, contactOverride]));
    const configs = [...agentConfigs.values()];
    known = {
      devices: byName(configs, (config) => devicesOf(config, overrides.get(config.id))),
      accounts: byName(configs, (config) => accountsOf(config, overrides.get(config.id))),
    };
    return known;
  }

  function renew(): void {
    known = undefined;
    cancel ??= timers.after(gatherMs, () => {
      cancel = undefined;
      onChange();
    });
  }

  const stop = engine.onNotice((notice) => {
    if (notice.type === 'agent-configured') renew();
    // a login from another telephone
    if (notice.type === 'agent-changed' && known && engine.isOwner())
      if (engine.view().agents.get(notice.agent)?.contactOverride !== overrides.get(notice.agent)) renew();
  });

  return {
    devices: () => look()?.devices ?? nobody,
    accounts: () => look()?.accounts ?? nobody,
    renew,
    close() {
      stop();
      cancel?.();
    },
  };
}

function byName(configs: readonly AgentConfig[], namesOf: (config: AgentConfig) => readonly string[]): ByName {
  const found = new Map<string, AgentId[]>();
  for (const config of configs)
    for (const name of namesOf(config)) {
      const agents = found.get(name);
      if (agents) agents.push(config.id);
      else found.set(name, [config.id]);
    }
  return found;
}

export function devicesOf({ device, contact }: AgentConfig, override: string | undefined): readonly string[] {
  if (device !== undefined) return device.includes('/') ? [device] : [];
  const dialled = override ?? contact;
  const found = dialled !== undefined && asteriskContactProblem(dialled) === undefined ? asteriskContact(dialled).device : undefined;
  return found === undefined ? [] : [found];
}

/** `domain`: of accounts that are named without one. */
export function accountsOf(config: AgentConfig, override: string | undefined, domain = 'default'): readonly string[] {
  const { device, contact, contactFreeswitch } = config;
  if (device !== undefined) return device.includes('@') && !device.includes('/') ? [device.toLowerCase()] : [];
  const dialled = override ?? contactFreeswitch ?? contact;
  if (dialled === undefined || freeswitchContactProblem(dialled, domain) !== undefined) return [];
  return freeswitchContact(dialled, domain).users.map((one) => `${one.user}@${one.domain}`.toLowerCase());
}
