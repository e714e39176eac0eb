/** The dialer's words (dialer.md A2, A3, B2, B4, B5). Literal: they stand in tables, messages and answers. */

export const contactStatuses = ['pending', 'agent_pending', 'dialed', 'ended', 'stopped', 'failed'] as const;
/** E19; `failed` and `ended` are final. A slot is taken in `dialed` and `agent_pending`. */
export type ContactStatus = (typeof contactStatuses)[number];

export const campaignTypes = ['IVR', 'AGENT'] as const;
export type CampaignType = (typeof campaignTypes)[number];

export const dialingModes = ['PREDICTIVE', 'PREVIEW', 'PROGRESSIVE', 'POWER'] as const;
/** `POWER` is ours; the reference knows the other three. */
export type DialingMode = (typeof dialingModes)[number];

export const campaignModes = ['IVR', ...dialingModes] as const;
/** How a campaign dials (B2). */
export type CampaignMode = (typeof campaignModes)[number];

export const routingModes = ['AGENT', 'QUEUE'] as const;
export type RoutingMode = (typeof routingModes)[number];

export const campaignStates = ['draft', 'running', 'paused', 'draining', 'stopped', 'done'] as const;
/** B8 */
export type CampaignState = (typeof campaignStates)[number];

export const agentSources = ['native', 'connector'] as const;
export type AgentSource = (typeof agentSources)[number];

/** Results of calls (B5), and of contacts that ended without one. */
export const results = [
  'CONNECTED',
  'CONNECTED_IVR',
  'ABANDONED',
  'CUSTOMER_DROPPED',
  'BUSY',
  'NO_ANSWER',
  'REJECTED',
  'SCREENED',
  'UNREACHABLE',
  'INVALID_NUMBER',
  'CONGESTION',
  'CARRIER_ERROR',
  'INTERNAL_ERROR',
  'CANCELLED',
  'MACHINE',
  'FAX',
  'LOST',
  'BLOCKED_DNC',
  'BLOCKED_CONSENT',
  'MAX_ATTEMPTS',
  'NO_TIME_ZONE',
  'EXPIRED',
  'REJECTED_BY_AGENT',
] as const;
export type CallResult = (typeof results)[number];

/** Where a contact was held back (B4, table of gates), in the order in which they are asked. */
export const gates = [
  'campaign',
  'expired',
  'attempts',
  'dnc',
  'consent',
  'window',
  'retry-time',
  'caps',
  'protect',
  'same-number',
  'gateway',
  'callback-agent',
  'skip-hold',
] as const;
export type Gate = (typeof gates)[number];

/** What AMD said; `NOTSURE` counts as a person. */
export type AmdVerdict = 'HUMAN' | 'MACHINE' | 'FAX' | 'NOTSURE' | 'HANGUP';

export type GatewayState = 'up' | 'down' | 'invalid';

/** `call_result` of a contact whose gateway is unknown (A2); literal. */
export const invalidGateway = 'Invalid Gateway';
