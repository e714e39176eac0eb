/** Queues and agents that are provisioned with a domain may be named without, as mod_callcenter's users do. */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentConfig, QueueConfig } from '../acd/config.js';

/** Of queues and agents that are named without one. */
export const usualDomain = 'default';

/** The queue of this name, else of the name in the domain; undefined: there is none. */
export const queueNamed = (view: Pick<AcdState, 'queueNamed'>, name: string, domain = usualDomain): QueueConfig | undefined =>
  inDomain((text) => view.queueNamed(text), name, domain);

/** The agent of this name, else of the name in the domain; undefined: there is none. */
export const agentNamed = (view: Pick<AcdState, 'agentNamed'>, name: string, domain = usualDomain): AgentConfig | undefined =>
  inDomain((text) => view.agentNamed(text), name, domain);

function inDomain<T>(find: (name: string) => T | undefined, name: string, domain: string): T | undefined {
  if (name === '') return undefined;
  return find(name) ?? (name.includes('@') ? undefined : find(`${name}@${domain}`));
}
