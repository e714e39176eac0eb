/** What a campaign is without settings of its own (dialer.md A4, B2 to B6). */
import type { Campaign, DialerSettings, Disposition, RetryRule } from './campaign.js';
import type { CallResult } from './words.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const none: RetryRule = { retry: false, delaysMs: [], attemptsMax: 1, otherPartOfDay: false, guaranteedOnly: false, then: 'final' };
const again = (delaysMs: readonly number[], attemptsMax: number, more: Partial<RetryRule> = {}): RetryRule => ({
  ...none,
  retry: true,
  delaysMs,
  attemptsMax,
  ...more,
});

const trunk = again([5 * minuteMs], 5, { then: 'carrier-error' });

/** B6; a result without a rule is final. */
export const retryDefaults: Readonly<Partial<Record<CallResult, RetryRule>>> = {
  CONNECTED: none,
  CONNECTED_IVR: none,
  CUSTOMER_DROPPED: again([4 * hourMs], 2),
  ABANDONED: again([24 * hourMs], 1, { guaranteedOnly: true }),
  BUSY: again([10 * minuteMs, 30 * minuteMs, 2 * hourMs], 4, { then: 'next-number' }),
  NO_ANSWER: again([4 * hourMs], 5, { otherPartOfDay: true, then: 'next-number' }),
  MACHINE: again([24 * hourMs], 3, { otherPartOfDay: true }),
  REJECTED: again([24 * hourMs], 2),
  SCREENED: again([24 * hourMs], 2),
  UNREACHABLE: again([2 * hourMs, 24 * hourMs], 3),
  INVALID_NUMBER: { ...none, then: 'number-bad' },
  CONGESTION: again(
    [1, 2, 4, 8, 15].map((n) => n * minuteMs),
    10,
    { then: 'carrier-error' },
  ),
  CARRIER_ERROR: trunk,
  INTERNAL_ERROR: { ...trunk, then: 'final' }, // ours: it is not to be read as the carrier's
  CANCELLED: { ...trunk, then: 'final' },
  LOST: none,
  FAX: none,
};

const said = (name: string, text: string, more: Partial<Disposition> = {}): Disposition => ({
  name,
  text,
  isFinal: true,
  isSuccess: false,
  dnc: 'none',
  callback: false,
  recycleMs: undefined,
  isMachine: false,
  ...more,
});

export const dispositionDefaults: readonly Disposition[] = [
  said('SALE', 'sold', { isSuccess: true }),
  said('NOT_INTERESTED', 'not interested'),
  said('CALLBACK', 'wants to be called back', { isFinal: false, callback: true }),
  said('DNC', 'never call again', { dnc: 'client' }),
  said('WRONG_NUMBER', 'wrong person'),
  said('RECYCLE', 'try again another day', { isFinal: false, recycleMs: 24 * hourMs }),
  said('MACHINE', 'answering machine', { isFinal: false, recycleMs: 24 * hourMs, isMachine: true }),
];

export const campaignDefaults: Omit<Campaign, 'id' | 'name' | 'mode' | 'profile'> = {
  state: 'draft',
  isImplicit: false,
  agentSource: 'native',
  queue: '',
  client: '',
  country: '',
  timeZone: '',
  gateways: [],
  callerIds: [],
  ivr: '',
  weight: 1,
  slotsMax: 0,
  orderWithin: 'FIFO',
  abandonCap: 0.03,
  abandonGoal: 0.98,
  graceMs: 2_000,
  linesPerAgentMax: 12,
  minPredictiveAgents: 3,
  lines: 2,
  ringTimeoutMs: 25_000,
  minRingMs: 15_000,
  preview: { ms: 0, onTimeout: 'SKIP', skipHoldMs: hourMs },
  amd: { mode: 'off', maxMs: 1_800, onMachine: 'HANGUP', message: '' },
  safeHarbour: undefined,
  retry: retryDefaults,
  attemptsMax: 6,
  attemptsPerNumberDay: 2,
  dayParts: [8 * 60, 12 * 60, 17 * 60, 21 * 60],
  startsAtMs: undefined,
  endsAtMs: undefined,
  stickyStop: true,
  callbackPatienceMs: 30 * minuteMs,
  callbackThen: 'queue',
  confirmInvalid: false,
  dispositions: dispositionDefaults,
  cutOnCollapse: false,
  inboundReserve: 0,
  record: false,
  revision: 0,
  startedAtMs: undefined,
};

/** Defaults of A4, with those of ours where the reference has none or a slow one. */
export const dialerSettingsDefaults: DialerSettings = {
  defaultIvr: '',
  serviceIdentifier: '',
  voiceConnector: '',
  cycleMs: 1_000,
  callsPerSecond: 10,
  slotsMax: 10,
  callMsMax: 60 * minuteMs,
  domain: '',
  defaultSwitch: '',
  strictReferenceStrings: false,
  strictReferenceFailover: false,
  strictSameNumber: false,
  referenceProfile: 'reference',
  referenceMode: 'PROGRESSIVE',
  reservationMs: 90_000,
};
