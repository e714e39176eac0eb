/**
 * A customer who hung up to be called back (B29): dialled over the trunk of the settings; who answers and presses the key
 * goes to the door `queue_entry` as the member that he was, through a place of the dialplan or straight.
 */
import { freeswitchContact, freeswitchSound, originateCommand, wholeSeconds, type LegStep } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import type { CallBackOrder } from '../core/switch.js';
import { confirmVariable, legVariable, memberVariable, news, step, wantedKeyVariable } from './switch-freeswitch-ring.js';

export interface CallBackWay {
  /** dial string with `{number}` in it: `sofia/gateway/trunk/{number}` */
  readonly contact: string;
  /** extension that goes on to `queue_entry`, and to somebody else when Tandem is away; or the door's own address */
  readonly to: { readonly extension: string; readonly context: string } | { readonly door: string };
  /** shown to the customer; '' = the trunk's own */
  readonly callerId: string;
}

/** For the key after the prompt. */
const keyMs = 7_000;

/** Throws TDM_BAD_VALUE. */
export function callBackCommand(order: CallBackOrder, way: CallBackWay, domain: string): string {
  const number = checkName('endpoint', order.number);
  const contact = freeswitchContact(way.contact.replaceAll('{number}', number), domain);
  const variables = {
    ...contact.options,
    ...(contact.isOneChannel && { origination_uuid: checkName('uuid', order.leg) }),
    [legVariable]: checkName('uuid', order.leg),
    [memberVariable]: checkName('uuid', order.member),
    ...(order.confirmKey !== '' && { [wantedKeyVariable]: order.confirmKey }),
    tandem_app: 'queue_entry',
    tandem_args: `${checkName('queue', order.queue)},callback=${order.member}`,
    cc_side: 'member',
    ignore_early_media: 'true',
    originate_timeout: wholeSeconds(order.ringMs),
    ...(way.callerId !== '' && { origination_caller_id_number: way.callerId }),
  };
  return originateCommand(variables, contact.dial, callBackSteps(order, way));
}

function callBackSteps(order: CallBackOrder, way: CallBackWay): LegStep[] {
  // what follows is a caller's channel, and no leg of ours
  const unnamed = [legVariable, memberVariable].map((name) => step('unset', name));
  return [...(order.confirmKey === '' ? [] : [keyStep(order)]), news('called-back'), ...unnamed, goOn(order, way)];
}

function keyStep({ confirmKey, confirmPrompt }: CallBackOrder): LegStep {
  const prompt = freeswitchSound(confirmPrompt ?? 'silence_stream://250').replace(/ /g, '');
  const words = ['1', '1', '2', String(keyMs), confirmKey === '#' ? '*' : '#', prompt, 'silence_stream://10', confirmVariable];
  return step('play_and_get_digits', `${words.join(' ')} [${confirmKey}]`);
}

/** Without the key the place is empty, and the call ends. */
function goOn({ confirmKey }: CallBackOrder, { to }: CallBackWay): LegStep {
  const onlyWithKey = (text: string): string => (confirmKey === '' ? text : `\${regex(\${${confirmVariable}}|[${confirmKey}]|${text})}`);
  if ('door' in to) {
    if (!/^[A-Za-z0-9.-]{1,253}:\d{1,5}$/.test(to.door)) throw new TandemError('TDM_BAD_SETTING', ['door', 'must be host:port']);
    return { application: 'socket', argument: `${onlyWithKey(to.door)} async full`, isExpanded: true };
  }
  const place = `${onlyWithKey(checkName('extension', to.extension))} XML ${checkName('context', to.context)}`;
  return { application: 'transfer', argument: place, isExpanded: true };
}
