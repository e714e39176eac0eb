/**
 * Agents who stay on the line (uuid-standby): their open channel is sent to the context of the agents' legs, where
 * `agent_leg` serves the offer and the dialplan then leads back to the hold (asterisk-behaviour 3, way D).
 */
import { TandemError } from '../core/errors.js';
import type { AmiLink } from './ami.js';
import type { AsteriskLeg } from './switch-asterisk-leg.js';
import { legVariables, type OriginateOptions } from './switch-asterisk-originate.js';

/** Give the offer to the agent's open channel. Never rejects: failures are told to the leg. */
export async function offerStandby(link: Pick<AmiLink, 'action'>, leg: AsteriskLeg, options: OriginateOptions): Promise<void> {
  const Channel = leg.uniqueId;
  try {
    // before the redirect, since the dialplan reads them at its first step
    const variables = Object.entries(legVariables(leg.order, options));
    await Promise.all(variables.map(([Variable, Value]) => link.action({ Action: 'Setvar', Channel, Variable, Value })));
    await link.action({ Action: 'Redirect', Channel, Context: options.agentContext, Exten: 's', Priority: 1 });
  } catch (error) {
    const detail = error instanceof TandemError ? error.message : String(error);
    leg.failed(/no such channel|does not exist/i.test(detail) ? 'agent-gone' : 'switch-failed', detail.slice(0, 200));
  }
}
