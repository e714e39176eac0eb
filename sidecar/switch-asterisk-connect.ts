/**
 * Joining a caller and a leg without a session on the leg: AMI `Bridge` (asterisk-behaviour 3, way B). Only when the
 * session on the leg broke, or this process has just begun; otherwise the leg bridges by itself (way C).
 */
import type { ConnectOrder } from '../core/acd/effects.js';
import { asteriskCallerId, bridgeName } from '../core/dial-string-asterisk.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { AmiLink } from './ami.js';
import type { AsteriskLeg } from './switch-asterisk-leg.js';
import { agentNumber } from './switch-asterisk-originate.js';

/** Never rejects: what became of it is told to the leg. */
export async function bridgeByLink(link: Pick<AmiLink, 'action'>, leg: AsteriskLeg, order: ConnectOrder): Promise<void> {
  const set = (Variable: string, Value: string) => link.action({ Action: 'Setvar', Channel: leg.uniqueId, Variable, Value });
  try {
    await set('CALLERID(all)', asteriskCallerId(order.agentName, agentNumber(leg.order)));
    // the leg's dialplan, which goes on behind its AGI step after the talk, must not bridge again
    await set('TANDEM_RESULT', 'talked');
    const Channel2 = bridgeName({ uniqueId: leg.uniqueId, channel: await nameOf(link, leg) });
    await link.action({ Action: 'Bridge', Channel1: bridgeName(order.call), Channel2, Tone: 'no' });
  } catch (error) {
    const text = error instanceof TandemError ? error.message : String(error);
    if (!hasCode(error, 'TDM_SWITCH_REFUSED')) leg.failed('switch-failed', text.slice(0, 200));
    else if (text.includes('Channel1')) leg.callerGone();
    else leg.failed('agent-gone', text.slice(0, 200));
  }
}

/** `Getvar` finds a channel by its whole unique id. */
async function nameOf(link: Pick<AmiLink, 'action'>, leg: AsteriskLeg): Promise<string> {
  const { response } = await link.action({ Action: 'Getvar', Channel: leg.uniqueId, Variable: 'CHANNEL(name)' });
  return response.known('value') ?? '';
}
