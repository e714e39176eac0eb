/** Words of the dialer as people read them: states, results, gates. A part of `strings`. */
import type { CampaignAction } from './lib/campaigns.ts';
import type { Period } from './lib/compliance.ts';
import type { AgentState, CallResult, CampaignState, ContactStatus, Gate } from './lib/dialer-wire.ts';

export const states: Readonly<Record<CampaignState, string>> = {
  draft: 'Draft',
  running: 'Running',
  paused: 'Paused',
  draining: 'Draining',
  stopped: 'Stopped',
  done: 'Done',
};

export const modes: Readonly<Record<string, string>> = {
  IVR: 'IVR',
  PREDICTIVE: 'Predictive',
  PREVIEW: 'Preview',
  PROGRESSIVE: 'Progressive',
  POWER: 'Power',
};

export const actions: Readonly<Record<CampaignAction, string>> = {
  start: 'Start',
  resume: 'Go on',
  pause: 'Pause',
  drain: 'Drain',
  stop: 'Stop',
  purge: 'Purge',
};

/** What follows, before somebody says yes. */
export const actionWhy: Readonly<Record<CampaignAction, string>> = {
  start: 'Its contacts are called from now on, as its rules say.',
  resume: 'Its contacts are called again, as its rules say.',
  pause: 'No new calls. Calls under way go on.',
  drain: 'No new calls. Calls under way go on, and the campaign ends by itself.',
  stop: 'Its contacts wait until it is started again. Calls under way go on.',
  purge: 'All contacts that are still to be called are removed. They cannot be brought back.',
};

export const statuses: Readonly<Record<ContactStatus, string>> = {
  pending: 'To be called',
  agent_pending: 'Waits for an agent',
  dialed: 'In a call',
  ended: 'Ended',
  stopped: 'Stopped',
  failed: 'Failed',
};

export const results: Readonly<Record<CallResult, string>> = {
  CONNECTED: 'Talked to an agent',
  CONNECTED_IVR: 'Talked to the IVR',
  ABANDONED: 'Abandoned',
  CUSTOMER_DROPPED: 'Customer hung up first',
  BUSY: 'Busy',
  NO_ANSWER: 'No answer',
  REJECTED: 'Call rejected',
  SCREENED: 'Screened',
  UNREACHABLE: 'Not reachable',
  INVALID_NUMBER: 'Wrong number',
  CONGESTION: 'Lines full',
  CARRIER_ERROR: 'Carrier fault',
  INTERNAL_ERROR: 'Own fault',
  CANCELLED: 'Given up',
  MACHINE: 'Answering machine',
  FAX: 'Fax',
  LOST: 'Lost',
  BLOCKED_DNC: 'Must not be called',
  BLOCKED_CONSENT: 'No consent',
  MAX_ATTEMPTS: 'Called often enough',
  NO_TIME_ZONE: 'Time zone unknown',
  EXPIRED: 'Out of time',
  REJECTED_BY_AGENT: 'Rejected by an agent',
};

export const gates: Readonly<Record<Gate, string>> = {
  campaign: 'The campaign does not run, or its dates do not',
  expired: 'Their end time is over',
  attempts: 'Called as often as the campaign allows',
  dnc: 'On a list of numbers that must not be called, or such a list is too old',
  consent: 'No consent, and the rules need it',
  window: 'Outside the calling hours where they live, or nobody knows where',
  'retry-time': 'Their next attempt is later',
  caps: 'The number was called as often as rules allow',
  protect: 'Only with an agent who is held for the call',
  'same-number': 'Another call to the number is under way',
  gateway: 'No gateway can be used',
  'callback-agent': 'Callbacks of agents who are not here',
  'skip-hold': 'Skipped by everybody who is here',
};

export const agents: Readonly<Record<AgentState, string>> = {
  ready: 'Free',
  reserved: 'Reserved',
  talk: 'Talking',
  wrap: 'Wrap-up',
  paused: 'On break',
};

export const periods: Readonly<Record<Period, string>> = {
  today: 'Today',
  yesterday: 'Yesterday',
  week: '7 days',
  days30: '30 days',
  month: 'This month',
  lastMonth: 'Last month',
};
