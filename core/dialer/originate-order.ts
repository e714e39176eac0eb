/** What a switch is told to make a call to a customer (dialer.md A8 to A10). */
import type { CampaignMode } from './words.js';

export interface OriginateOrder {
  /** channel id of the call */
  readonly callId: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly mode: CampaignMode;
  /** which literal command (A9, A10), or our own */
  readonly kind: 'ivr' | 'agent-connector' | 'agent-native';
  readonly switch: string;
  readonly gateway: string;
  readonly number: string;
  /** the number in E.164 with +, as it may be understood, for the caps against toll fraud */
  readonly e164?: readonly string[];
  readonly callerId: string;
  /** kind ivr: extension */
  readonly ivr: string;
  /** kind agent-connector */
  readonly agentExtension: string;
  readonly queueName: string;
  readonly queueType: 'NAME' | 'ID';
  readonly serviceIdentifier: string;
  readonly domain: string;
  readonly ringTimeoutMs: number;
  readonly strictStrings: boolean;
  readonly amd: { readonly mode: 'off' | 'switch' | 'external'; readonly maxMs: number };
  readonly record: boolean;
  /** message that the dialplan plays by itself when the call is answered and Tandem is away; undefined: the dialplan's own */
  readonly fallbackSound?: string | undefined;
}
