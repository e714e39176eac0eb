/** A contact that is being called, from the claim to the end. */
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { HangUpReason, HopperContact } from '../engine-words.js';
import type { AmdVerdict, CampaignMode } from '../words.js';
import type { CallView } from './engine-types.js';

export interface Call {
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
  queuedAtMs: number | undefined;
  placedAtMs: number | undefined;
  ringingAtMs: number | undefined;
  answeredAtMs: number | undefined;
  arrivedAtMs: number | undefined;
  /** when it began to wait for an agent */
  offeredAtMs: number | undefined;
  /** until when it may */
  waitUntilMs: number | undefined;
  bridgedAtMs: number | undefined;
  waitedOutAtMs: number | undefined;
  waitedOutReason: string;
  messageAtMs: number | undefined;
  messageMs: number | undefined;
  optedOut: boolean;
  amd: AmdVerdict | undefined;
  /** what becomes of it, once AMD took it for a machine */
  machineOrder: 'HANGUP' | 'MESSAGE' | 'AGENT' | undefined;
  agent: string | undefined;
  hangUpReason: HangUpReason | undefined;
  /** the switch was told, at */
  hangUpAtMs: number | undefined;
  /** nobody knows whether it is there: a restart, a lost reply */
  isUnknown: boolean;
  /** the pacer was told of a person */
  wasAnswerTold: boolean;
  /** no call that an agent will get: a machine, or over */
  isOutOfPace: boolean;
  /** connector: whom the agent request brought, and since when the gateway is asked */
  reserved: { readonly agentExtension: string; readonly agentId: string; readonly queueName: string } | undefined;
  checkingSinceMs: number | undefined;
}

/** The switch has been told to make it. */
export const isPlaced = (call: Call): boolean => call.placedAtMs !== undefined;

/** A person, as far as anybody knows; `NOTSURE` counts as one (B4). */
export const isMachine = (amd: AmdVerdict | undefined): boolean => amd === 'MACHINE' || amd === 'FAX';

export function newCall(
  base: Pick<
    Call,
    | 'id'
    | 'contact'
    | 'from'
    | 'campaign'
    | 'mode'
    | 'kind'
    | 'switch'
    | 'gateway'
    | 'number'
    | 'numberKey'
    | 'callerId'
    | 'queue'
    | 'bucket'
    | 'decisionAtMs'
    | 'claimedAtMs'
    | 'status'
    | 'stage'
    | 'hold'
  >,
): Call {
  return {
    ...base,
    queuedAtMs: undefined,
    placedAtMs: undefined,
    ringingAtMs: undefined,
    answeredAtMs: undefined,
    arrivedAtMs: undefined,
    offeredAtMs: undefined,
    waitUntilMs: undefined,
    bridgedAtMs: undefined,
    waitedOutAtMs: undefined,
    waitedOutReason: '',
    messageAtMs: undefined,
    messageMs: undefined,
    optedOut: false,
    amd: undefined,
    machineOrder: undefined,
    agent: undefined,
    hangUpReason: undefined,
    hangUpAtMs: undefined,
    isUnknown: false,
    wasAnswerTold: false,
    isOutOfPace: false,
    reserved: undefined,
    checkingSinceMs: undefined,
  };
}
