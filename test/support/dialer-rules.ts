/** Contacts, campaigns and facts for tests of the dialer's rules; no database. */
import type { GateFacts } from '../../core/dialer-ports.js';
import { campaignDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign } from '../../core/dialer/campaign.js';
import type { GateContext } from '../../core/dialer/compliance/gates.js';
import type { Profile } from '../../core/dialer/compliance/profile.js';
import { shippedProfiles } from '../../core/dialer/compliance/profiles.js';
import type { CallRecord, Contact } from '../../core/dialer/contact.js';
import type { CounterRow } from '../../core/dialer-ports.js';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** a Wednesday, 15:00 in Berlin */
export const nowMs = Date.UTC(2026, 10, 25, 14, 0, 0);

export function profileOf(name: string): Profile {
  const profile = shippedProfiles.get(name);
  if (!profile) throw new Error(`no profile ${name}`);
  return profile;
}

export const campaignOf = (more: Partial<Campaign> = {}): Campaign => ({
  ...campaignDefaults,
  id: 'spring',
  name: 'spring',
  mode: 'PROGRESSIVE',
  profile: 'eu-generic',
  state: 'running',
  queue: 'sales',
  gateways: [{ switch: '', gateway: 'gw1', channelsMax: 0 }],
  ...more,
});

export const contactOf = (more: Partial<Contact> = {}): Contact => ({
  id: 'c1',
  customerNumber: '+4930123456',
  campaignType: 'AGENT',
  gatewayId: '',
  campaignContactId: undefined,
  campaignId: 'spring',
  startTimeMs: undefined,
  endTimeMs: undefined,
  priority: 5,
  ivr: undefined,
  dialingMode: undefined,
  routingMode: undefined,
  resourceId: undefined,
  queueName: undefined,
  tenantId: undefined,
  listId: undefined,
  numberKey: '4930123456',
  numbers: [],
  zones: [],
  region: undefined,
  consentUntilMs: Infinity,
  answeredBefore: false,
  data: {},
  seq: 1,
  status: 'pending',
  callResult: undefined,
  result: undefined,
  receivedTimeMs: nowMs - hourMs,
  dialTimeMs: undefined,
  attempts: 0,
  dials: 0,
  resultCounts: {},
  partCounts: [],
  numberIndex: 0,
  nextAttemptAtMs: nowMs - hourMs,
  callbackAtMs: undefined,
  callbackAgent: undefined,
  callbackPatienceUntilMs: undefined,
  skippedBy: {},
  disposition: undefined,
  ...more,
});

export const factsOf = (more: Partial<GateFacts> = {}, contact: Partial<Contact> = {}): GateFacts => {
  const own = contactOf(contact);
  return {
    contact: own,
    numberKey: own.numberKey,
    dnc: [],
    numberHours: [],
    lastAbandonedMs: undefined,
    lastMachineMs: undefined,
    isNumberActive: false,
    ...more,
  };
};

export const contextOf = (more: Partial<GateContext> = {}, campaign: Partial<Campaign> = {}): GateContext => ({
  campaign: campaignOf(campaign),
  profile: profileOf('eu-generic'),
  settings: { strictSameNumber: false },
  suppression: new Map(),
  isForcedOneToOne: false,
  purpose: 'fill',
  ...more,
});

export const counterRow = (bucketMs: number, more: Partial<CounterRow> = {}): CounterRow => ({
  campaign: 'spring',
  bucketMs,
  placed: 0,
  answered: 0,
  persons: 0,
  connected: 0,
  connectedIvr: 0,
  abandoned: 0,
  customerDropped: 0,
  machines: 0,
  machinesByAgent: 0,
  busy: 0,
  noAnswer: 0,
  invalid: 0,
  trunk: 0,
  other: 0,
  talkMs: 0,
  ringMs: 0,
  waitMs: 0,
  optedOut: 0,
  messagesPlayed: 0,
  ...more,
});

export const callOf = (more: Partial<CallRecord> = {}): CallRecord => ({
  callId: 'c1',
  contactId: 'c1',
  campaignId: 'spring',
  listId: undefined,
  mode: 'PREDICTIVE',
  number: '+4915112345678',
  numberKey: '4915112345678',
  callerId: '+4930999',
  switch: '',
  gateway: 'gw1',
  placedAtMs: nowMs - 60_000,
  ringingAtMs: nowMs - 58_000,
  answeredAtMs: undefined,
  offeredAtMs: undefined,
  bridgedAtMs: undefined,
  endedAtMs: nowMs,
  cause: 'NO_ANSWER',
  q850: 19,
  sip: undefined,
  result: 'NO_ANSWER',
  countsAsAttempt: true,
  agent: undefined,
  amd: undefined,
  messageAtMs: undefined,
  messageMs: undefined,
  optedOut: false,
  endedBy: 'unknown',
  decisionAtMs: undefined,
  recording: undefined,
  ...more,
});
