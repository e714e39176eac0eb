/** Switches, agents, doors and the voice connector as the dialer sees them. Times are Unix ms. */
import type { AgentsView, ArrivalPlan, DialSwitchEvent, OriginateOrder } from './dialer/engine-words.js';
import type { AmdVerdict, GatewayState } from './dialer/words.js';

// ------------------------------------------------------------------ switches

/** Calls to customers on one switch. None of the orders rejects; outcomes come through `feed`. */
export interface DialSwitch {
  readonly id: string;
  readonly kind: 'asterisk' | 'freeswitch';
  isUp(): boolean;
  originate(order: OriginateOrder): void;
  /** also before the channel exists */
  hangUp(callId: string, reason: string): void;
  /** Rejects TDM_SWITCH_DOWN, _SLOW. */
  checkGateway(gateway: string): Promise<GatewayState>;
  /** Every channel there by its unique id. Rejects when it cannot be asked. */
  liveCalls(): Promise<{ readonly askedAtMs: number; readonly calls: ReadonlyMap<string, { readonly isAnswered: boolean }> }>;
  /** sessions-per-second of FreeSWITCH; undefined where there is none */
  callsPerSecondMax(): Promise<number | undefined>;
  /** the dialplan has this place (A18); undefined: cannot be asked there */
  hasExtension(context: string, extension: string): Promise<boolean | undefined>;
  /** a sound file is there; undefined: cannot be asked */
  hasSound(file: string): Promise<boolean | undefined>;
  onState(listener: (isUp: boolean) => void): void;
  close(): void;
}

/** Made for each link; `feed` gets what it hears, `lag` how late events are. */
export type DialFeed = (event: DialSwitchEvent) => void;

// ------------------------------------------------------------------ agents (B1, queue engine port)

export type AgentNews =
  | { readonly type: 'connected'; readonly callId: string; readonly agent: string; readonly atMs: number }
  /** `callId` undefined: an inbound talk of the same agents */
  | {
      readonly type: 'talk-ended';
      readonly callId: string | undefined;
      readonly agent: string;
      readonly talkMs: number;
      readonly atMs: number;
    }
  | { readonly type: 'wrap-ended'; readonly agent: string; readonly wrapMs: number; readonly atMs: number }
  | { readonly type: 'inbound-came'; readonly queue: string; readonly atMs: number }
  | { readonly type: 'reservation-lost'; readonly key: string; readonly reason: string };

export interface DialerAgents {
  /** False: no snapshot can be had now, nothing is dialled that needs agents (B11). */
  isUp(): boolean;
  view(queue: string): AgentsView | undefined;
  /** the agent, or why not */
  reserve(order: {
    readonly key: string;
    readonly queue: string;
    readonly agent: string | undefined;
    readonly untilMs: number;
    readonly isSoft: boolean;
    /** keep this agent away from calls, whatever his telephone does: wrap-up after a call that the queues do not see */
    readonly isBare?: boolean;
  }): Promise<{ readonly agent: string } | { readonly reason: string }>;
  /** Calls of ours that agents have now. `sinceMs`: the talk's begin, Unix ms. */
  talks(): readonly { readonly callId: string; readonly agent: string; readonly sinceMs: number }[];
  release(key: string): Promise<void>;
  pause(agent: string, reason: string): Promise<void>;
  onNews(listener: (news: AgentNews) => void): () => void;
}

/** Called by the application `dialer_call` at both doors. */
export interface DialerDoor {
  /** Resolves at once; undefined: no call of ours, or of another process. */
  arrived(callId: string, amd: AmdVerdict | undefined): Promise<ArrivalPlan | undefined>;
  waitedOut(callId: string, reason: string): void;
  messagePlayed(callId: string, ms: number): void;
  /** Stored when it resolves. */
  optedOut(callId: string): Promise<void>;
}

// ------------------------------------------------------------------ voice connector

export interface VoiceConnector {
  /** 5 s; true on 2xx. Never rejects. */
  post(
    path: 'agent-request' | 'end-chat' | 'call-result',
    key: string,
    body: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly ok: boolean; readonly status: number | undefined }>;
}
