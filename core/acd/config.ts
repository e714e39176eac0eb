/**
 * What is provisioned: queues, agents, tiers, callers known by number, and settings of the whole engine.
 * Times are milliseconds here; the provisioning file speaks seconds (`core/acd/schema.ts`).
 */
import type { OpeningHours } from '../menu/definition.js';
import type { AgentId, QueueId } from './ids.js';
import type { AgentStatus, AgentType, DialerTurn, Strategy } from './words.js';

export { acdSettingsDefaults, agentDefaults, queueDefaults } from './config-defaults.js';

/** Skill levels run from 1 to 10; a need without a level wants 1. */
export const skillLevelMax = 10;

/** What a call wants of an agent. */
export interface SkillNeed {
  readonly skill: string;
  readonly levelMin: number;
  /** false: preferred only. Agents who have it come first, others are taken when none of these is free. */
  readonly isRequired: boolean;
  /** Steps by waiting time, ascending: from `afterMs` on the level is `levelMin`; 0 drops the need (B18). */
  readonly relax: readonly { readonly afterMs: number; readonly levelMin: number }[];
}

/** Where a caller goes when the queue cannot keep him. */
export type Destination =
  | { readonly kind: 'queue'; readonly queue: QueueId; readonly keepWaiting: boolean }
  | { readonly kind: 'extension'; readonly context: string; readonly extension: string }
  /** leave with the result; the dialplan knows what follows */
  | { readonly kind: 'dialplan' };

export type OverflowCause = 'timeout' | 'no-agent' | 'full' | 'join-empty' | 'closed' | 'ewt' | 'queue-removed' | 'waited';

/** First rule whose cause fits wins; without one the member leaves with the cause as its reason. */
export interface OverflowRule {
  readonly on: OverflowCause;
  /** of `waited` and `ewt`: from this long on */
  readonly thresholdMs: number;
  readonly to: Destination;
}

/** Which agents count when a queue is called empty (B20). */
export type PresenceRule = 'logged-in' | 'available' | 'registered';

export interface DissuadingConfig {
  readonly message: string | undefined;
  /** hang up after the message; otherwise queue */
  readonly isFinal: boolean;
  /** 0 = off, each; comparisons as in opensips-call-center 7 */
  readonly onHoldMsMax: number;
  readonly ewtMsMax: number;
  readonly queueSizeMin: number;
  /** OpenSIPS counts the whole system (D-07); ours counts the queue unless told so */
  readonly countsSystem: boolean;
}

export interface AnnounceConfig {
  /** played every `everyMs`, first after `everyMs` (mod_callcenter announce-sound); 0 = off */
  readonly sound: string | undefined;
  readonly everyMs: number;
  readonly position: boolean;
  readonly ewt: boolean;
  /** position and expected wait: first after `firstMs`, then every `positionEveryMs`; 0 = off */
  readonly firstMs: number;
  readonly positionEveryMs: number;
  /** positions beyond this are not said */
  readonly positionMax: number;
}

export interface CallbackConfig {
  /** a caller may ask for it with this key; '' = not offered */
  readonly key: string;
  /** prompt that says so, played with the announcements */
  readonly offer: string | undefined;
  readonly attemptsMax: number;
  readonly retryMs: number;
  readonly ringMs: number;
  /** the called-back caller presses this before an agent is taken; '' = none */
  readonly confirmKey: string;
  readonly confirmPrompt: string | undefined;
  /** a callback not reached by then is closed */
  readonly expireMs: number;
}

export interface StickyConfig {
  /** how far back the last talk may be; 0 = off */
  readonly windowMs: number;
  /** how long a caller waits for that agent alone while he is logged in but busy */
  readonly waitMs: number;
}

/** What reports of this queue go by (B26). */
export interface ServiceLevelConfig {
  /** answered within this time is in time */
  readonly withinMs: number;
  /** goal, percent of the calls */
  readonly percent: number;
  /** who hangs up sooner had dialled wrongly */
  readonly shortAbandonMs: number;
}

export type EwtMethod = 'service-rate' | 'opensips';

export interface QueueConfig {
  readonly id: QueueId;
  /** shown name */
  readonly name: string;
  readonly strategy: Strategy;
  /** OpenSIPS priority: the smaller number is served first, 0 to 4,294,967,295 (O21) */
  readonly priority: number;
  /** when answered calls of campaigns have their turn */
  readonly dialerTurn: DialerTurn;
  readonly timeBaseScore: 'queue' | 'system';
  /** seconds added to every caller's score */
  readonly baseScoreS: number;
  /** class of musiconhold.conf, or a playable of FreeSWITCH; undefined = the switch's default */
  readonly music: string | undefined;
  readonly welcome: string | undefined;
  /** played to the agent before the connection (message_flow_id, cc_outbound_announce) */
  readonly agentAnnouncements: readonly string[];
  readonly announce: AnnounceConfig;
  readonly recordTemplate: string | undefined;
  readonly callerIdPrefix: string | undefined;
  readonly tierRulesApply: boolean;
  readonly tierRuleWaitMs: number;
  readonly tierRuleWaitMultiplyLevel: boolean;
  readonly tierRuleNoAgentNoWait: boolean;
  readonly discardAbandonedAfterMs: number;
  readonly abandonedResumeAllowed: boolean;
  /** 0 = never */
  readonly maxWaitMs: number;
  readonly maxWaitNoAgentMs: number;
  readonly maxWaitNoAgentGraceMs: number;
  readonly ringProgressivelyDelayMs: number;
  /** how many agents may ring at once for one caller in the ring-all family */
  readonly ringAgentsMax: number;
  /** undefined: the engine's */
  readonly ringMs: number | undefined;
  readonly agentNoAnswerStatus: AgentStatus;
  readonly skipAgentsWithExternalCalls: boolean;
  /** OpenSIPS: idle order puts a newly logged-in agent first; mod_callcenter: by the end of the last talk */
  readonly newLoginFirst: boolean;
  /** ceiling over the agent's wrap-up; undefined = none (O30: 0 there means none too) */
  readonly maxWrapUpMs: number | undefined;
  readonly membersMax: number;
  /** who must be there to let a caller in; undefined = nobody (O54) */
  readonly joinWhen: PresenceRule | undefined;
  /** callers leave at once when nobody is there by this rule; undefined = they stay */
  readonly leaveWhen: PresenceRule | undefined;
  readonly dissuading: DissuadingConfig;
  readonly serviceLevel: ServiceLevelConfig;
  readonly ewtMethod: EwtMethod;
  /** handling time to assume before enough calls were seen; undefined: the estimate is unknown till then */
  readonly ewtInitialMs: number | undefined;
  readonly exitKeys: string;
  readonly callback: CallbackConfig;
  /** a message that no agent has heard by then leaves by `timeout` (B51) */
  readonly messageExpireMs: number;
  readonly overflow: readonly OverflowRule[];
  readonly hours: OpeningHours | undefined;
  /** IANA zone of `hours` */
  readonly zone: string;
  readonly sticky: StickyConfig;
  readonly skills: readonly SkillNeed[];
  /** serve by every agent who has the required skills, besides the tiers (O20) */
  readonly servedBySkill: boolean;
  /** among fitting agents the one whose other skills are least rare goes first (B18) */
  readonly reserveRareSkills: boolean;
  readonly chatPolicy: 'balancing' | 'full-load';
  /** the agent presses it before he is connected; '' = none */
  readonly confirmKey: string;
  readonly confirmMs: number;
  /** after the talk the caller's call ends; otherwise its dialplan goes on */
  readonly hangUpAfterTalk: boolean;
  /** callers moved here from another queue start anew unless the mover says otherwise */
  readonly language: string | undefined;
}

/** Pause after an offer that failed for this cause, and the number of such failures in a row that changes the status. */
export interface FailureRule {
  readonly delayMs: number;
  /** 0 = no limit */
  readonly countMax: number;
  /** undefined: the queue's agentNoAnswerStatus */
  readonly status: AgentStatus | undefined;
}

export interface AgentConfig {
  readonly id: AgentId;
  readonly name: string;
  readonly type: AgentType;
  /** dial string of the audio phone; undefined: no audio (O40) */
  readonly contact: string | undefined;
  /** where it differs on FreeSWITCH */
  readonly contactFreeswitch: string | undefined;
  /** the switch to ring from when the caller's own is another; undefined = the caller's */
  readonly switch: string | undefined;
  /** address for chats; undefined: no chats */
  readonly chatAddress: string | undefined;
  readonly chatsMax: number;
  /** undefined: the queue's, then the engine's */
  readonly ringMs: number | undefined;
  /** undefined: the engine's (O44, O45) */
  readonly wrapUpMs: number | undefined;
  readonly noAnswer: FailureRule;
  readonly rejected: FailureRule;
  readonly busy: FailureRule;
  readonly notRegistered: FailureRule;
  readonly skills: ReadonlyMap<string, number>;
  /** device whose state is watched, as the switch names it: `PJSIP/1001`; undefined = the contact's, '' = none */
  readonly device: string | undefined;
  /** status at the first appearance; later it belongs to the agent */
  readonly initialStatus: AgentStatus;
  /** hash (`scrypt$...`) for `Secrets.verifyOwn`, for the `agent` application from a telephone; undefined: only from the agent's own device */
  readonly pin: string | undefined;
}

export interface TierConfig {
  readonly queue: QueueId;
  readonly agent: AgentId;
  /** lower is first */
  readonly level: number;
  readonly position: number;
}

/** A caller known by number (B59): VIPs get points, blocked ones are refused, a personal agent is preferred. */
export interface KnownCaller {
  /** as it arrives, digits with or without plus */
  readonly number: string;
  readonly isBlocked: boolean;
  readonly baseScoreS: number;
  readonly agent: AgentId | undefined;
}

/** Why an agent may be on break (B35). */
export interface PauseReason {
  /** unique without regard to letter case; digits can be dialled */
  readonly code: string;
  /** shown */
  readonly text: string;
  readonly isPaid: boolean;
  /** longest one, 0 = no limit */
  readonly msMax: number;
  /** all of one day together, in the zone of the settings; 0 = no limit */
  readonly dayMsMax: number;
}

/** `listed`: a reason must be one of the list, when there is a list; `required`: and there must be one; `free`: any text. */
export const pauseReasonRules = ['listed', 'required', 'free'] as const;
/** What happens to a break that lasts too long, besides the news of it. */
export const pauseOverLimits = ['tell', 'available', 'log-out'] as const;

export interface AcdSettings {
  /** wrap-up of agents that have none of their own; OpenSIPS: 30 s */
  readonly wrapUpMs: number;
  /** an agent may extend the wrap-up to this long after the talk */
  readonly wrapUpMsMax: number;
  readonly ringMs: number;
  /** shortest pause of an agent after a failed offer, delays of 0 included (freeswitch-callcenter 16) */
  readonly retryPauseMs: number;
  /** how much waiting one step of queue priority is worth; 0 = priority always goes first (B17) */
  readonly priorityStepMs: number;
  /** how long a caller whose session broke keeps the place */
  readonly attachGraceMs: number;
  /** between an agent's answer and the connection, prompts and confirm key aside */
  readonly connectMsMax: number;
  /** a wrap-up without end is not possible; a talk without news from the switch is checked this often */
  readonly talkCheckMs: number;
  readonly membersMax: number;
  readonly decisionsKept: number;
  /** how many agents a decision record gives reasons for */
  readonly explainedAgentsMax: number;
  readonly pauseReasons: (typeof pauseReasonRules)[number];
  readonly pauseOverLimit: (typeof pauseOverLimits)[number];
  /** IANA zone in which a day of breaks begins and ends */
  readonly zone: string;
}

export interface AcdConfig {
  readonly settings: AcdSettings;
  readonly queues: readonly QueueConfig[];
  readonly agents: readonly AgentConfig[];
  readonly tiers: readonly TierConfig[];
  readonly callers: readonly KnownCaller[];
  /** none: a break may have any reason */
  readonly pauseReasons?: readonly PauseReason[];
}
