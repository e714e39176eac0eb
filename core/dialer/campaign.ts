/** A campaign and the dialer's own settings. Times are milliseconds here; API and files speak seconds (`campaign-schema.ts`). */
import type { AgentSource, CallResult, CampaignMode, CampaignState, DialingMode } from './words.js';

export interface CampaignGateway {
  /** name of the switch in the settings; '' = the dialer's default switch */
  readonly switch: string;
  /** FreeSWITCH gateway or PJSIP endpoint */
  readonly gateway: string;
  /** calls on it at once; 0 = no limit of its own */
  readonly channelsMax: number;
}

/** B6: what follows a result. Delays are taken in order, the last one again and again. */
export interface RetryRule {
  readonly retry: boolean;
  readonly delaysMs: readonly number[];
  /** calls with this result, at most */
  readonly attemptsMax: number;
  /** tried next in the part of the day with the fewest attempts */
  readonly otherPartOfDay: boolean;
  /** only with an agent who is held for it */
  readonly guaranteedOnly: boolean;
  readonly then: 'final' | 'next-number' | 'number-bad' | 'carrier-error';
}

/** What an agent says after a talk (B46). */
export interface Disposition {
  readonly name: string;
  readonly text: string;
  readonly isFinal: boolean;
  readonly isSuccess: boolean;
  readonly dnc: 'none' | 'campaign' | 'client' | 'global';
  readonly callback: boolean;
  /** called again after this long; undefined = not */
  readonly recycleMs: number | undefined;
  /** it was a machine after all: for the pacer and the abandonment figure */
  readonly isMachine: boolean;
}

export interface SafeHarbour {
  /** sound file as the switch knows it */
  readonly audio: string;
  /** keys that put the number on the DNC list; '' = none */
  readonly optOutDigits: string;
  readonly optOutPrompt: string;
  readonly maxMs: number;
  /** onto which lists an opt-out goes */
  readonly optOutScope: 'campaign' | 'client' | 'global';
}

export interface Amd {
  readonly mode: 'off' | 'switch' | 'external';
  readonly maxMs: number;
  readonly onMachine: 'HANGUP' | 'MESSAGE' | 'AGENT';
  readonly message: string;
}

export interface Preview {
  /** 0 = no limit */
  readonly ms: number;
  readonly onTimeout: 'DIAL' | 'SKIP' | 'PAUSE_AGENT';
  readonly skipHoldMs: number;
}

export interface Campaign {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  /** made from contacts of the reference's intake, without settings of its own */
  readonly isImplicit: boolean;
  readonly mode: CampaignMode;
  readonly agentSource: AgentSource;
  /** whose agents; of an IVR campaign where key 1 leads */
  readonly queue: string;
  /** B4 profile */
  readonly profile: string;
  readonly client: string;
  /** for numbers in national form, ISO 3166-1 alpha-2; '' = numbers are international or as dialled */
  readonly country: string;
  /** for contacts whose zone nobody knows; '' = none */
  readonly timeZone: string;
  readonly gateways: readonly CampaignGateway[];
  /** taken in turn; shown to the customer */
  readonly callerIds: readonly string[];
  readonly ivr: string;
  /** smaller share of agents and slots with a smaller weight; 0 = last */
  readonly weight: number;
  /** 0 = none of its own */
  readonly slotsMax: number;
  readonly orderWithin: 'FIFO' | 'LIFO' | 'PRIORITY' | 'SCORE';
  readonly abandonCap: number;
  /** of the cap */
  readonly abandonGoal: number;
  readonly graceMs: number;
  readonly linesPerAgentMax: number;
  readonly minPredictiveAgents: number;
  /** POWER: calls for each ready agent */
  readonly lines: number;
  readonly ringTimeoutMs: number;
  readonly minRingMs: number;
  readonly preview: Preview;
  readonly amd: Amd;
  readonly safeHarbour: SafeHarbour | undefined;
  readonly retry: Readonly<Partial<Record<CallResult, RetryRule>>>;
  readonly attemptsMax: number;
  readonly attemptsPerNumberDay: number;
  /** begins of the parts, minutes of the local day, and the end of the last */
  readonly dayParts: readonly number[];
  readonly startsAtMs: number | undefined;
  readonly endsAtMs: number | undefined;
  readonly stickyStop: boolean;
  readonly callbackPatienceMs: number;
  /** an agent's own callback that he did not take */
  readonly callbackThen: 'queue' | 'supervisor';
  readonly confirmInvalid: boolean;
  readonly dispositions: readonly Disposition[];
  /** calls that ring longer than 15 s are hung up when agents vanish */
  readonly cutOnCollapse: boolean;
  /** inbound demand to keep agents for, as a share (pacing `reserve`) */
  readonly inboundReserve: number;
  readonly record: boolean;
  /** grows with each change */
  readonly revision: number;
  readonly startedAtMs: number | undefined;
}

/** Names of A4, and ours. */
export interface DialerSettings {
  readonly defaultIvr: string;
  readonly serviceIdentifier: string;
  /** base URL; '' = off */
  readonly voiceConnector: string;
  /** CONTACT_RETRIEVAL_DELAY */
  readonly cycleMs: number;
  readonly callsPerSecond: number;
  readonly slotsMax: number;
  /** MAX_CALL_TIME */
  readonly callMsMax: number;
  /** EFSWITCH-IP of the literal commands: domain and context */
  readonly domain: string;
  /** switch of gateways that name none */
  readonly defaultSwitch: string;
  readonly strictReferenceStrings: boolean;
  readonly strictReferenceFailover: boolean;
  readonly strictSameNumber: boolean;
  /** profile and mode of campaigns that exist by their contacts alone */
  readonly referenceProfile: string;
  readonly referenceMode: DialingMode;
  /** how long an agent is held for a call, and an agent request waits */
  readonly reservationMs: number;
  /** gateways over which nobody is called until a person says so (B8), each `<switch> <gateway>`, the switch by its name */
  readonly gatewaysPaused?: readonly string[];
}
