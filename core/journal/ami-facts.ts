/** Asterisk manager events in the words of the journal (crm-vtiger 7). Pure; a packet that says nothing for it gives undefined. */
import type { ChannelFacts, DialStatus, JournalFact } from './events.js';

/** A manager packet, as `sidecar/ami-packet.ts` has it. */
export interface AmiFields {
  readonly event: string;
  get(name: string): string | undefined;
  /** undefined for `<unknown>` and the empty text */
  known(name: string): string | undefined;
}

/** Events to listen to. */
export const amiJournalEvents = [
  'Newchannel',
  'NewCallerid',
  'DialBegin',
  'DialEnd',
  'BridgeEnter',
  'BridgeLeave',
  'BridgeMerge',
  'BlindTransfer',
  'AttendedTransfer',
  'Hangup',
  'VarSet',
  'MixMonitorStop',
  'QueueCallerJoin',
  'OriginateResponse',
] as const;

const ringState = '4';
const upState = '6';

function channelOf(packet: AmiFields, prefix = ''): ChannelFacts | undefined {
  const uniqueId = packet.known(`${prefix}Uniqueid`);
  const name = packet.known(`${prefix}Channel`);
  if (uniqueId === undefined || name === undefined) return undefined;
  return {
    uniqueId,
    name,
    linkedId: packet.known(`${prefix}Linkedid`) ?? uniqueId,
    callerNumber: packet.known(`${prefix}CallerIDNum`),
    callerName: packet.known(`${prefix}CallerIDName`),
    extension: packet.known(`${prefix}Exten`),
  };
}

const statuses: ReadonlySet<string> = new Set(['ANSWER', 'BUSY', 'CANCEL', 'CHANUNAVAIL', 'CONGESTION', 'NOANSWER']);
const dialStatusOf = (text: string | undefined): DialStatus => (text !== undefined && statuses.has(text) ? (text as DialStatus) : 'OTHER');

/** `Timestamp: 1795288724.178123` where `timestampevents` is on; else undefined. */
export function amiTimeMs(packet: AmiFields): number | undefined {
  const seconds = Number(packet.get('Timestamp'));
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * 1000) : undefined;
}

export function amiFact(packet: AmiFields): JournalFact | undefined {
  const channel = channelOf(packet);
  switch (packet.event) {
    case 'Newchannel': {
      const state = packet.get('ChannelState');
      const isIncoming = state === ringState || state === upState;
      return channel && { type: 'channel-created', channel: { ...channel, isIncoming } };
    }
    case 'NewCallerid':
      return channel && { type: 'caller-known', channel };
    case 'DialBegin': {
      const to = channelOf(packet, 'Dest');
      return to && { type: 'dial-began', from: channel, to, dialString: packet.known('DialString') ?? '' };
    }
    case 'DialEnd': {
      const to = channelOf(packet, 'Dest');
      return to && { type: 'dial-ended', to, status: dialStatusOf(packet.get('DialStatus')) };
    }
    case 'BridgeEnter': {
      const bridge = packet.known('BridgeUniqueid');
      return channel && bridge !== undefined ? { type: 'bridge-entered', bridge, channel, swap: packet.known('SwapUniqueid') } : undefined;
    }
    case 'BridgeLeave': {
      const bridge = packet.known('BridgeUniqueid');
      return channel && bridge !== undefined ? { type: 'bridge-left', bridge, channel } : undefined;
    }
    case 'BridgeMerge': {
      const to = packet.known('ToBridgeUniqueid');
      const from = packet.known('FromBridgeUniqueid');
      return to !== undefined && from !== undefined ? { type: 'bridge-merged', to, from } : undefined;
    }
    case 'Hangup':
      return (
        channel && {
          type: 'channel-ended',
          channel,
          cause: numberOf(packet.get('Cause')) ?? 0,
          sip: numberOf(packet.get('TechCause')),
        }
      );
    default:
      return otherFact(packet, channel);
  }
}

function otherFact(packet: AmiFields, channel: ChannelFacts | undefined): JournalFact | undefined {
  switch (packet.event) {
    case 'BlindTransfer': {
      const transferer = packet.known('TransfererUniqueid');
      if (transferer === undefined) return undefined;
      return {
        type: 'blind-transferred',
        transferer,
        transferee: packet.known('TransfereeUniqueid'),
        extension: packet.known('Extension') ?? '',
        context: packet.known('Context') ?? '',
        isSuccess: packet.get('Result') === 'Success',
      };
    }
    case 'AttendedTransfer': {
      const transferer = packet.known('OrigTransfererUniqueid');
      if (transferer === undefined) return undefined;
      return {
        type: 'attended-transferred',
        transferer,
        transferee: packet.known('TransfereeUniqueid'),
        target: packet.known('TransferTargetUniqueid'),
        isSuccess: packet.get('Result') === 'Success',
      };
    }
    case 'VarSet':
      return channel && variableFact(channel, packet.get('Variable') ?? '', packet.get('Value') ?? '');
    case 'MixMonitorStop':
      return channel && { type: 'recording-stopped', channel };
    case 'QueueCallerJoin': {
      const queue = packet.known('Queue');
      return channel && queue !== undefined ? { type: 'queue-entered', channel, queue } : undefined;
    }
    case 'OriginateResponse': {
      const uniqueId = packet.known('Uniqueid') ?? packet.known('ActionID');
      if (packet.get('Response') !== 'Failure' || uniqueId === undefined) return undefined;
      return { type: 'originate-failed', uniqueId, reason: numberOf(packet.get('Reason')) ?? 0 };
    }
    default:
      return undefined;
  }
}

function variableFact(channel: ChannelFacts, variable: string, value: string): JournalFact | undefined {
  if (value === '') return undefined;
  switch (variable.replace(/^_{1,2}/, '')) {
    case 'MIXMONITOR_FILENAME':
      return { type: 'recording-started', channel, file: value };
    case 'TANDEM_ORIGIN':
      return { type: 'marked', channel, origin: value, binding: undefined };
    case 'TANDEM_CRM':
      return { type: 'marked', channel, origin: undefined, binding: value };
    default:
      return undefined;
  }
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isInteger(value) ? undefined : value;
}
