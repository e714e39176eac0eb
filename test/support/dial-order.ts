/** An order to call a customer, whole and valid, with what a test changes. */
import type { OriginateOrder } from '../../core/dialer/engine-words.js';

export const dialOrder = (overrides: Partial<OriginateOrder> = {}): OriginateOrder => ({
  callId: 'c0ffee00-0000-4000-8000-000000000001',
  contactId: 'c0ffee00-0000-4000-8000-000000000001',
  campaignId: 'spring',
  mode: 'PROGRESSIVE',
  kind: 'agent-native',
  switch: 'fs1',
  gateway: 'carrier',
  number: '4915112345',
  callerId: '4930555',
  ivr: '9664',
  agentExtension: '1004',
  queueName: 'sales',
  queueType: 'NAME',
  serviceIdentifier: '1218',
  domain: '192.0.2.10',
  ringTimeoutMs: 25_000,
  strictStrings: false,
  amd: { mode: 'off', maxMs: 1_800 },
  record: true,
  ...overrides,
});
