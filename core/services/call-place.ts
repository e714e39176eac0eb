/**
 * On which switch a call is. Each switch has its name in the settings (`ami_urls`, `freeswitch_urls`); with one of a
 * kind there is nothing to ask. With several the call says it: `?switch=<name>` of the address, or the channel variable
 * `tandem_switch`. One that says nothing is taken to be on the first.
 */
import type { Call } from '../call.js';
import { checkName } from '../dial-string.js';
import { TandemError } from '../errors.js';

/** `places` by the switch's name, in the order of the settings; at least one. */
export function createPlaceOf<Place>(places: ReadonlyMap<string, Place>): (call: Call) => Promise<Place> {
  const [first] = places.values();
  if (first === undefined) throw new RangeError('a call must be on some switch');
  return async (call) => {
    if (places.size === 1) return first;
    const name = call.query.get('switch') ?? (await call.getVariable('tandem_switch')) ?? '';
    const place = name === '' ? first : places.get(name);
    if (place === undefined) throw new TandemError('TDM_BAD_VALUE', ['switch', `"${name.slice(0, 40)}" is none of the settings`]);
    return place;
  };
}

/**
 * For FreeSWITCH, where a profile with `inbound-use-callid-as-uuid` lets the caller choose the id of his channel: one that
 * may not stand in a command is refused, TDM_BAD_VALUE. Else each agent would be rung for him in vain, and be blamed for it.
 */
export function createNamedPlaceOf<Place>(places: ReadonlyMap<string, Place>): (call: Call) => Promise<Place> {
  const placeOf = createPlaceOf(places);
  return async (call) => {
    checkName('uuid', call.uniqueId);
    return placeOf(call);
  };
}
