/** `agent,<action>[,...]` on Asterisk: whose telephone it is, its sounds, and hold music for agents who stay on the line. */
import type { Call, CallApplication } from '../core/call.js';
import { createAgentApplication } from '../core/services/agent-application.js';
import type { AgentDeps } from '../core/services/agent-application.js';
import type { Phone } from '../core/services/agent-phone.js';
import type { AgentPrompts } from '../core/services/agent-prompts.js';

/** Files of Asterisk's core sounds. */
export const asteriskAgentPrompts: AgentPrompts = {
  'logged-in': ['agent-loginok'],
  'logged-out': ['agent-loggedoff'],
  paused: ['dictate/pause', 'activated'],
  unpaused: ['dictate/pause', 'de-activated'],
  done: ['auth-thankyou'],
  refused: ['beeperr'],
  'enter-agent': ['agent-user'],
  'wrong-agent': ['agent-incorrect'],
  'enter-pin': ['agent-pass'],
  'wrong-pin': ['auth-incorrect'],
  free: ['agent-loginok'],
  talking: ['agent-loginok', 'is-in-use'],
  'wrap-up': ['agent-loginok', 'one-moment-please'],
  beep: ['beep'],
};

export function createAgiAgent(deps: AgentDeps): CallApplication {
  return createAgentApplication(deps, { prompts: asteriskAgentPrompts, phoneOf, hold });
}

/** The endpoint is what Asterisk has authenticated; a Local channel is anybody's. */
export function phoneOf(call: Pick<Call, 'channel'>): Promise<Phone | undefined> {
  const [, technology, endpoint] = /^(PJSIP|SIP|IAX2|SCCP|DAHDI)\/([A-Za-z0-9_.+*#-]+)-[0-9a-f]+$/i.exec(call.channel) ?? [];
  if (technology === undefined || endpoint === undefined) return Promise.resolve(undefined);
  return Promise.resolve({ contact: `${technology}/${endpoint}`, user: endpoint, domain: undefined });
}

/** The class is the channel's own; the application runs until the channel is taken or hung up. */
async function hold(call: Call): Promise<void> {
  await call.execute('MusicOnHold', '');
}
