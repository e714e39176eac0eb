/**
 * What a switch tells about its channels, in the words of neither switch: the input of the call journal. `ami-facts.ts`
 * and `esl-facts.ts` translate. Events may come doubled, late and, after a lost connection, not at all.
 */

/** A channel as an event shows it; undefined = not said. */
export interface ChannelFacts {
  readonly uniqueId: string;
  /** `PJSIP/101-0000001a`, `Local/101@follow-00000002;1`, `sofia/internal/101@host` */
  readonly name: string;
  /** `101@pbx.example`: whose telephone it is by the directory of the switch, which has asked for a password or dialled it */
  readonly account?: string | undefined;
  /** the trunk, where the switch names it and the channel does not */
  readonly gateway?: string | undefined;
  /** same of both halves of a local channel, where the names do not tell */
  readonly pair?: string | undefined;
  /** id of the oldest channel of the story that this one belongs to; may change to an older one */
  readonly linkedId: string;
  readonly callerNumber: string | undefined;
  readonly callerName: string | undefined;
  /** place in the dialplan; of a new channel of a trunk the number that was called */
  readonly extension: string | undefined;
  /** it came in from outside; false: the switch makes it; undefined: not said */
  readonly isIncoming?: boolean | undefined;
}

export type DialStatus = 'ANSWER' | 'BUSY' | 'CANCEL' | 'CHANUNAVAIL' | 'CONGESTION' | 'NOANSWER' | 'OTHER';

export type JournalEvent = { readonly switch: string; readonly atMs: number } & JournalFact;

export type JournalFact =
  | { readonly type: 'channel-created'; readonly channel: ChannelFacts }
  /** the number or name of the caller became known */
  | { readonly type: 'caller-known'; readonly channel: ChannelFacts }
  /** `from` undefined: an order from outside (originate), nobody's dial */
  | {
      readonly type: 'dial-began';
      readonly from: ChannelFacts | undefined;
      readonly to: ChannelFacts;
      readonly dialString: string;
    }
  | { readonly type: 'dial-ended'; readonly to: ChannelFacts; readonly status: DialStatus }
  /** `swap`: whose place it takes */
  | { readonly type: 'bridge-entered'; readonly bridge: string; readonly channel: ChannelFacts; readonly swap: string | undefined }
  | { readonly type: 'bridge-left'; readonly bridge: string; readonly channel: ChannelFacts }
  | { readonly type: 'bridge-merged'; readonly to: string; readonly from: string }
  | {
      readonly type: 'blind-transferred';
      /** undefined: not said; who talked last */
      readonly transferer: string | undefined;
      readonly transferee: string | undefined;
      readonly extension: string;
      readonly context: string;
      readonly isSuccess: boolean;
      /** of the switch, for what is told again */
      readonly id?: string | undefined;
    }
  | {
      readonly type: 'attended-transferred';
      /** undefined: two channels were joined, which may be such a transfer: the target was asked by an agent before */
      readonly transferer: string | undefined;
      readonly transferee: string | undefined;
      readonly target: string | undefined;
      readonly isSuccess: boolean;
      readonly id?: string | undefined;
    }
  | { readonly type: 'channel-ended'; readonly channel: ChannelFacts; readonly cause: number; readonly sip: number | undefined }
  | { readonly type: 'recording-started'; readonly channel: ChannelFacts; readonly file: string }
  | { readonly type: 'recording-stopped'; readonly channel: ChannelFacts }
  | { readonly type: 'queue-entered'; readonly channel: ChannelFacts; readonly queue: string }
  /** he waits in one of Tandem's own queues from now on; the switch knows nothing of them */
  | { readonly type: 'caller-queued'; readonly uniqueId: string; readonly queue: string }
  /** marks of ours on a channel: who ordered the call (`crm`, `dialer`), for which binding, under which id */
  | { readonly type: 'marked'; readonly channel: ChannelFacts; readonly origin: string | undefined; readonly binding: string | undefined }
  /** who orders the call whose first channel will have this id, told before it has */
  | ({ readonly type: 'announced'; readonly uniqueId: string } & CallMarks)
  /**
   * A leg that Tandem's queue engine rings for this caller, before or after its channel exists. `agent`: of the queues;
   * `extension`: his, for a telephone that is none of the map
   */
  | {
      readonly type: 'leg-tied';
      readonly leg: string;
      readonly to: string;
      readonly queue: string;
      readonly agent?: string | undefined;
      readonly extension?: string | undefined;
      /** of the customer in the lists of the call centre */
      readonly lead?: number | undefined;
    }
  /** the queue engine has done with a leg whose channel lives on: an agent who stays on the line */
  | { readonly type: 'leg-untied'; readonly leg: string }
  /** an originate that came to nothing, maybe without any channel (`Reason` of OriginateResponse) */
  | { readonly type: 'originate-failed'; readonly uniqueId: string; readonly reason: number }
  /**
   * Every channel there, asked for at `askedAtMs`; `bridge` where it is in one. `heard`: ids of those that events spoke of since
   * then: they live, listed or not, whatever the clock of the switch makes of their begin
   */
  | {
      readonly type: 'channels-listed';
      readonly askedAtMs: number;
      readonly channels: readonly (ChannelFacts & { readonly bridge: string | undefined; readonly createdAtMs: number })[];
      readonly heard?: ReadonlySet<string>;
    }
  | { readonly type: 'time-passed' };

/** Who ordered a call, and what for. */
export interface CallMarks {
  /** `crm`, `dialer`, `callback` */
  readonly origin: string;
  /** CRM binding; '' = none */
  readonly binding: string;
  /** of the customer, when it is known before he is dialled: his channel shows the number that he sees; undefined = not known */
  readonly number?: string | undefined;
  /** of the dialer */
  readonly campaign?: string | undefined;
  readonly contact?: string | undefined;
}

export type FactOf<T extends JournalFact['type']> = Extract<JournalFact, { type: T }>;
