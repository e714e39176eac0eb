/** A contact that is being called, from the claim to the end. */
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { HangUpReason, HopperContact } from '../engine-words.js';
import type { AmdVerdict, CampaignMode } from '../words.js';
import type { CallView } from './engine-types.js';

/** What is known when a contact is claimed. */
export interface CallBase {
  readonly id: string;
  readonly contact: Contact;
  /** undefined after a restart */
  readonly from: HopperContact | undefined;
  /** as it was; the one in force is used where it still exists */
  readonly campaign: Campaign;
  readonly mode: CampaignMode;
  readonly kind: 'ivr' | 'agent-connector' | 'agent-native';
  readonly switch: string;
  readonly gateway: string;
  readonly number: string;
  readonly numberKey: string;
  readonly callerId: string;
  /** whose agents take it */
  readonly queue: string;
  /** kind of contact for the pacer of its queue; undefined: no call of the pacer */
  readonly bucket: number | undefined;
  readonly decisionAtMs: number | undefined;
  readonly claimedAtMs: number;
  status: 'dialed' | 'agent_pending';
  stage: CallView['stage'];
  /** the reservation it was made for, while it is there */
  hold: string | undefined;
}

/** From the claim to the end. A class, so that all calls have one shape: there are thousands, and each tick looks at all. */
export class Call {
  readonly id: string;
  readonly contact: Contact;
  /** undefined after a restart */
  readonly from: HopperContact | undefined;
  /** as it was; the one in force is used where it still exists */
  readonly campaign: Campaign;
  readonly mode: CampaignMode;
  readonly kind: 'ivr' | 'agent-connector' | 'agent-native';
  readonly switch: string;
  readonly gateway: string;
  readonly number: string;
  readonly numberKey: string;
  readonly callerId: string;
  /** whose agents take it */
  readonly queue: string;
  /** kind of contact for the pacer of its queue; undefined: no call of the pacer */
  readonly bucket: number | undefined;
  readonly decisionAtMs: number | undefined;
  readonly claimedAtMs: number;
  status: 'dialed' | 'agent_pending';
  stage: CallView['stage'];
  /** the reservation it was made for, while it is there */
  hold: string | undefined;
  queuedAtMs: number | undefined = undefined;
  placedAtMs: number | undefined = undefined;
  ringingAtMs: number | undefined = undefined;
  answeredAtMs: number | undefined = undefined;
  arrivedAtMs: number | undefined = undefined;
  /** when it began to wait for an agent */
  offeredAtMs: number | undefined = undefined;
  /** until when it may */
  waitUntilMs: number | undefined = undefined;
  bridgedAtMs: number | undefined = undefined;
  waitedOutAtMs: number | undefined = undefined;
  waitedOutReason: string = '';
  messageAtMs: number | undefined = undefined;
  messageMs: number | undefined = undefined;
  optedOut: boolean = false;
  amd: AmdVerdict | undefined = undefined;
  /** what becomes of it, once AMD took it for a machine */
  machineOrder: 'HANGUP' | 'MESSAGE' | 'AGENT' | undefined = undefined;
  agent: string | undefined = undefined;
  hangUpReason: HangUpReason | undefined = undefined;
  /** the switch was told, at */
  hangUpAtMs: number | undefined = undefined;
  /** nobody knows whether it is there: a restart, a lost reply */
  isUnknown: boolean = false;
  /** the pacer was told of a person */
  wasAnswerTold: boolean = false;
  /** no call that an agent will get: a machine, or over */
  isOutOfPace: boolean = false;
  /** connector: whom the agent request brought, and since when the gateway is asked */
  reserved: { readonly agentExtension: string; readonly agentId: string; readonly queueName: string } | undefined = undefined;
  checkingSinceMs: number | undefined = undefined;
  /** a message about it may still come or be on its way: no other call gets its id */
  isIdSpent: boolean = false;

  constructor(base: CallBase) {
    this.id = base.id;
    this.contact = base.contact;
    this.from = base.from;
    this.campaign = base.campaign;
    this.mode = base.mode;
    this.kind = base.kind;
    this.switch = base.switch;
    this.gateway = base.gateway;
    this.number = base.number;
    this.numberKey = base.numberKey;
    this.callerId = base.callerId;
    this.queue = base.queue;
    this.bucket = base.bucket;
    this.decisionAtMs = base.decisionAtMs;
    this.claimedAtMs = base.claimedAtMs;
    this.status = base.status;
    this.stage = base.stage;
    this.hold = base.hold;
  }
}

/** The switch has been told to make it. */
export const isPlaced = (call: Call): boolean => call.placedAtMs !== undefined;

/** A person, as far as anybody knows; `NOTSURE` counts as one (B4). */
export const isMachine = (amd: AmdVerdict | undefined): boolean => amd === 'MACHINE' || amd === 'FAX';
