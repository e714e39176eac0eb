/** A supervisor's telephone joins a talk (B34): `eavesdrop` on the agent's channel. */
import { legPrefix } from '../core/acd/ids.js';
import type { LegId } from '../core/acd/ids.js';
import { freeswitchContact, originateCommand, wholeSeconds } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import type { SpyMode, SwitchPort } from '../core/switch.js';
import { step } from './switch-freeswitch-ring.js';

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

/** Without the prefix of agents' legs: a supervisor's leg is bridged with nobody, and yet wanted. */
const spyChannel = (leg: LegId): string => checkName('uuid', `spy-${leg.startsWith(legPrefix) ? leg.slice(legPrefix.length) : leg}`);

/** Throws TDM_BAD_VALUE. `target`: id of the agent's channel. */
export function spyCommand(order: Parameters<SwitchPort['spy']>[0], domain: string): string {
  const contact = freeswitchContact(order.supervisor, domain);
  const variables = {
    ...contact.options,
    ...(contact.isOneChannel && { origination_uuid: spyChannel(order.leg) }),
    tandem_spy: checkName('uuid', order.leg),
    origination_caller_id_name: `Tandem ${order.mode}`,
    ignore_early_media: 'true',
    originate_timeout: wholeSeconds(Math.min(ringMs, contact.ringMsMax ?? Infinity)),
    eavesdrop_enable_dtmf: 'false',
    ...modes[order.mode],
  };
  return originateCommand(variables, contact.dial, [step('eavesdrop', checkName('uuid', order.target))]);
}
