/** Manager events of calls: a customer on a trunk, an agent who answers, a talk, the end. */
export type Fields = Readonly<Record<string, string>>;

const hex = (n: number): string => n.toString(16).padStart(8, '0');

function channel(n: number, side: 'c' | 'a', prefix = ''): Fields {
  return {
    [`${prefix}Channel`]: side === 'c' ? `PJSIP/trunk-${hex(n)}` : `PJSIP/1${String(n % 100).padStart(2, '0')}-${hex(n)}`,
    [`${prefix}ChannelState`]: '4',
    [`${prefix}ChannelStateDesc`]: 'Ring',
    [`${prefix}CallerIDNum`]: side === 'c' ? `7912${String(n).padStart(7, '0')}` : `1${String(n % 100).padStart(2, '0')}`,
    [`${prefix}CallerIDName`]: '<unknown>',
    [`${prefix}Context`]: 'from-trunk',
    [`${prefix}Exten`]: '5001',
    [`${prefix}Priority`]: '1',
    [`${prefix}Uniqueid`]: `1795288462.${String(2 * n + (side === 'c' ? 0 : 1))}`,
    [`${prefix}Linkedid`]: `1795288462.${String(2 * n)}`,
  };
}

/** Its first event: after it the CRM is told of the call. */
export const firstEvent = (n: number): Fields => ({ Event: 'Newchannel', ...channel(n, 'c') });

export const idOf = (n: number): string => `1795288462.${String(2 * n)}`;

/** From the ringing to the talk. */
export const answerEvents = (n: number): readonly Fields[] => [
  { Event: 'DialBegin', ...channel(n, 'c'), ...channel(n, 'a', 'Dest'), DialString: '101' },
  { Event: 'DialEnd', ...channel(n, 'c'), ...channel(n, 'a', 'Dest'), DialStatus: 'ANSWER' },
  { Event: 'BridgeEnter', BridgeUniqueid: `b${String(n)}`, ...channel(n, 'a') },
  { Event: 'BridgeEnter', BridgeUniqueid: `b${String(n)}`, ...channel(n, 'c') },
];

export const endEvents = (n: number): readonly Fields[] => [
  { Event: 'BridgeLeave', BridgeUniqueid: `b${String(n)}`, ...channel(n, 'c') },
  { Event: 'BridgeLeave', BridgeUniqueid: `b${String(n)}`, ...channel(n, 'a') },
  { Event: 'Hangup', Cause: '16', ...channel(n, 'c') },
  { Event: 'Hangup', Cause: '16', ...channel(n, 'a') },
];
