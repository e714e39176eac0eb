/** Calls and channels as they begin. */
import type { Channel, JournalCall } from './call.js';
import type { ChannelFacts } from './events.js';
import { parseChannelName, type Roles } from './roles.js';

/** The account that a switch vouches for says more than a name. */
function extensionOf(roles: Roles, { name, account }: ChannelFacts): string | undefined {
  const known = account === undefined ? undefined : roles.extensionOf('user', account);
  if (known !== undefined) return known;
  const parsed = parseChannelName(name);
  return parsed && roles.extensionOf(parsed.technology, parsed.endpoint);
}

export function newChannel(roles: Roles, facts: ChannelFacts, atMs: number): Channel {
  const name = parseChannelName(facts.name);
  const isLocal = name?.technology === 'Local';
  const extension = isLocal ? undefined : extensionOf(roles, facts);
  return {
    uniqueId: facts.uniqueId,
    name: facts.name,
    ...(facts.pair !== undefined && { pair: facts.pair }),
    role: isLocal ? 'local' : extension === undefined ? 'external' : 'agent',
    extension: extension ?? (isLocal ? name.endpoint : ''),
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
