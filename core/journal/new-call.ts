/** Calls and channels as they begin. */
import type { Channel, JournalCall } from './call.js';
import type { ChannelFacts } from './events.js';
import { parseChannelName, type Roles } from './roles.js';

const endpointCharsMax = 200;

interface Place {
  /** undefined: nobody of ours */
  readonly extension: string | undefined;
  readonly endpoint: string | undefined;
}

const nowhere: Place = { extension: undefined, endpoint: undefined };

/** Whose telephone it is, and by what that is known. The account that a switch vouches for says more than a name. */
function placeOf(roles: Roles, { name, account, gateway }: ChannelFacts): Place {
  const parsed = parseChannelName(name);
  const named = parsed && `${parsed.technology}/${parsed.endpoint}`;
  const vouched = account === undefined ? undefined : `user/${account}`;
  const byAccount = account === undefined ? undefined : roles.extensionOf('user', account);
  if (byAccount !== undefined) return { extension: byAccount, endpoint: vouched };
  const byName = parsed && roles.extensionOf(parsed.technology, parsed.endpoint);
  if (byName !== undefined) return { extension: byName, endpoint: named };
  return { extension: undefined, endpoint: gateway === undefined ? (vouched ?? named) : `gateway/${gateway}` };
}

export function newChannel(roles: Roles, facts: ChannelFacts, atMs: number): Channel {
  const name = parseChannelName(facts.name);
  const isLocal = name?.technology === 'Local';
  const { extension, endpoint } = isLocal ? nowhere : placeOf(roles, facts);
  return {
    uniqueId: facts.uniqueId,
    name: facts.name,
    ...(facts.pair !== undefined && { pair: facts.pair }),
    role: isLocal ? 'local' : extension === undefined ? 'external' : 'agent',
    extension: extension ?? (isLocal ? name.endpoint : ''),
    ...(endpoint !== undefined && { endpoint: endpoint.slice(0, endpointCharsMax) }),
    callerNumber: facts.callerNumber ?? '',
    callerName: facts.callerName ?? '',
    startedAtMs: atMs,
    bridge: undefined,
    dialledBy: undefined,
    dialString: '',
    dialStatus: undefined,
  };
}

export function newCall(id: string, switchName: string, linkedId: string, atMs: number): JournalCall {
  return {
    id,
    switch: switchName,
    linkedId,
    direction: 'inbound',
    state: 'new',
    customer: { number: '', name: '' },
    line: { did: '', queue: '' },
    origin: '',
    binding: '',
    startedAtMs: atMs,
    customerAtMs: undefined,
    answeredAtMs: undefined,
    endedAtMs: undefined,
    isTold: false,
    outcome: undefined,
    endReason: undefined,
    legs: [],
    transfers: [],
    recordings: [],
    talker: undefined,
    parties: [],
    lastParty: undefined,
    channels: [],
    dueAtMs: 0,
    lastEventAtMs: atMs,
  };
}
