/** Orders to a caller's own channel on FreeSWITCH. */
import type { CallKey } from '../core/acd/ids.js';
import { checkName } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { EslLink } from './esl.js';
import type { FreeswitchCommands } from './switch-freeswitch-commands.js';

export async function transferCaller(
  link: EslLink,
  call: CallKey,
  to: { readonly context: string; readonly extension: string },
): Promise<void> {
  const words = [checkName('uuid', call.uniqueId), checkName('extension', to.extension), 'XML', checkName('context', to.context)];
  const refusal = refusalOf(await link.api(`uuid_transfer ${words.join(' ')}`));
  if (refusal === undefined) return;
  if (/no such channel/i.test(refusal)) throw new TandemError('TDM_CALL_GONE', ['the channel does not exist any more']);
  throw new TandemError('TDM_SWITCH_REFUSED', ['uuid_transfer', refusal]);
}

/**
 * Ends the endless music that a session left behind which has died, before the switch's own order does (dead-man.ts). A caller
 * whose dialplan plays its pause is back the sooner for it; in a mailbox or a menu he is left alone.
 */
export async function leadCallerOn(commands: FreeswitchCommands, call: CallKey): Promise<void> {
  const uuid = checkName('uuid', call.uniqueId);
  if ((await commands.ask(`uuid_getvar ${uuid} current_application`)) === 'playback') commands.tryApi(`uuid_break ${uuid} all`);
}
