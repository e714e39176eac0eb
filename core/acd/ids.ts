/** Names of things in the queue engine. Branded, so that none is passed for another. */
type Brand<T, B> = T & { readonly __brand: B };

/** Key of a queue, unique without regard to letter case; shown names are apart, so a queue can be renamed. */
export type QueueId = Brand<string, 'QueueId'>;
/** Key of an agent, unique without regard to letter case. */
export type AgentId = Brand<string, 'AgentId'>;
/** One visit to Tandem's queues by one caller or chat; chosen by us, not the channel's id (mod_callcenter's cc_member_uuid). */
export type MemberId = Brand<string, 'MemberId'>;
/** One offer of one member to one agent. */
export type OfferId = Brand<string, 'OfferId'>;
/** Channel id of an agent's or called-back caller's leg, chosen by us before the leg is started: begins with `legPrefix`. */
export type LegId = Brand<string, 'LegId'>;
/** Name of a switch in the settings: the node part of every channel identity. */
export type SwitchId = Brand<string, 'SwitchId'>;

export const queueId = (text: string): QueueId => text as QueueId;
export const agentId = (text: string): AgentId => text as AgentId;
export const memberId = (text: string): MemberId => text as MemberId;
export const offerId = (text: string): OfferId => text as OfferId;
export const legId = (text: string): LegId => text as LegId;
export const switchId = (text: string): SwitchId => text as SwitchId;

/** By this a switch's channel list shows which legs are ours. */
export const legPrefix = 'tandem-';
/** Legs of customers who are called back: out of the queue they go on in the dialplan, and then nobody here knows them. */
export const callbackLegPrefix = `${legPrefix}callback-`;

/** Channel of a supervisor who listens. Without the prefix of agents' legs: it is bridged with nobody, and yet wanted. */
export const spyChannelOf = (leg: LegId): string => `spy-${leg.startsWith(legPrefix) ? leg.slice(legPrefix.length) : leg}`;

/** A live channel: its switch, its unique id there, and its name for commands that want the name. */
export interface CallKey {
  readonly switch: SwitchId;
  /** agi_uniqueid or Unique-ID */
  readonly uniqueId: string;
  /** `PJSIP/1001-00000004`, `sofia/internal/1001@host` */
  readonly channel: string;
}

/** Two keys name the same channel. */
export const sameCall = (a: CallKey, b: CallKey): boolean => a.switch === b.switch && a.uniqueId === b.uniqueId;

/** Text form for maps and storage: `switch uniqueId`. */
export const callText = (call: CallKey): string => `${call.switch} ${call.uniqueId}`;
