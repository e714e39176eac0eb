/** A supervisor's telephone joins a talk (B34): `eavesdrop` on the agent's channel. */
import { spyChannelOf } from '../core/acd/ids.js';
import { freeswitchContact, originateCommand, wholeSeconds } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import type { SpyMode, SwitchPort } from '../core/switch.js';
import { step } from './switch-freeswitch-ring.js';

/** On each of his telephones: one name for all of them. */
export const spyVariable = 'tandem_spy';
/** How long a supervisor's telephone rings. */
const ringMs = 30_000;

/**
 * Keys that would change the mode are switched off: the mode is what was ordered. Of the agent's channel `aleg` is what comes
 * from him, so that the caller hears a voice put in there; `bleg` is what goes to him.
 */
const modes: Readonly<Record<SpyMode, Readonly<Record<string, string>>>> = {
  listen: {},
  whisper: { eavesdrop_whisper_bleg: 'true' },
  barge: { eavesdrop_whisper_aleg: 'true', eavesdrop_whisper_bleg: 'true' },
};

/** Throws TDM_BAD_VALUE. `target`: id of the agent's channel. */
export function spyCommand(order: Parameters<SwitchPort['spy']>[0], domain: string): string {
  const contact = freeswitchContact(order.supervisor, domain);
  const channel = checkName('uuid', spyChannelOf(order.leg));
  const variables = {
    ...contact.options,
    ...(contact.isOneChannel && { origination_uuid: channel }),
    [spyVariable]: channel,
    origination_caller_id_name: `Tandem ${order.mode}`,
    ignore_early_media: 'true',
    originate_timeout: wholeSeconds(Math.min(ringMs, contact.ringMsMax ?? Infinity)),
    eavesdrop_enable_dtmf: 'false',
    ...modes[order.mode],
  };
  return originateCommand(variables, contact.dial, [step('eavesdrop', checkName('uuid', order.target))]);
}
