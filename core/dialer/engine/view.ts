/** What others may read (engine-types.ts); nothing here changes anything. */
import type { Call } from './call.js';
import type { CallView, CampaignNumbers, DialerEngineView, GatewayView } from './engine-types.js';
import { breakerWord } from './gateways.js';
import { busyOf } from './hoppers.js';
import { requestsAllowed } from './connector.js';
import type { Gateway } from './parts.js';
import { previewView } from './previews.js';
import { activeNow, freeSlots } from './slots.js';
import { callsPerSecondNow } from './switches.js';
import type { DialerWorld } from './world.js';

const callView = (call: Call): CallView => ({
  ...{ callId: call.id, contactId: call.contact.id, campaign: call.campaign.id, mode: call.mode },
  ...{ switch: call.switch, gateway: call.gateway, status: call.status, stage: call.stage, agent: call.agent },
  ...{ isGuaranteed: call.hold !== undefined || call.reserved !== undefined },
  ...{ placedAtMs: call.placedAtMs, answeredAtMs: call.answeredAtMs, amd: call.amd },
});

function gatewayView(w: DialerWorld, { switch: id, gateway, breaker, state, calls, checkedAtMs }: Gateway): GatewayView {
  const isPaused = w.settings.gatewaysPaused?.includes(`${id} ${gateway}`) ?? false;
  const word = breakerWord(breaker.state(w.nowMs));
  return {
    ...{ switch: id, gateway, calls, checkedAtMs },
    state: word ?? state ?? 'unknown',
    reason: isPaused ? 'paused by a person' : breaker.reason(),
  };
}

function numbersOf(w: DialerWorld, id: string): CampaignNumbers | undefined {
  const campaign = w.campaigns.get(id);
  if (!campaign) return undefined;
  const { placed, answered, forced, kind, limit, pace } = w.tally(id);
  const calls = [...w.calls.values()].filter((call) => call.campaign.id === id);
  const at = (...stages: readonly CallView['stage'][]): number => calls.filter(({ stage }) => stages.includes(stage)).length;
  const claims = [...w.claims.values()].reduce((sum, order) => sum + (order.campaign.id === id ? order.countMax : 0), 0);
  const holds = [...w.holds.values()].filter((h) => h.campaign === id && (h.state === 'asked' || h.state === 'held')).length;
  const isFew = kind === 'held' && (campaign.mode === 'POWER' || campaign.mode === 'PREDICTIVE');
  return {
    ...{ campaign: id, mode: campaign.mode, forced: forced ?? (isFew ? 'too few standby agents' : undefined) },
    ...{ hopper: w.hoppers.get(id)?.items.length ?? 0, preparing: claims + holds + at('agent-asked', 'checking', 'queued') },
    ...{ ringing: at('ringing'), waiting: at('waiting'), talking: at('talking') + (campaign.mode === 'IVR' ? at('answered') : 0) },
    ...{ placed, answered, answerRate: placed > 0 ? answered / placed : undefined },
    decision: kind === 'predictive' ? w.groups.get(campaign.queue)?.last : undefined,
    ...{ limit, pace },
  };
}

export function viewOf(w: DialerWorld): DialerEngineView {
  const calls = [...w.calls.values()];
  const count = (status: Call['status']): number => calls.filter((call) => call.status === status).length;
  return {
    active: { dialed: count('dialed'), agentPending: count('agent_pending'), other: activeNow(w) - calls.length },
    freeSlots: freeSlots(w),
    callsPerSecond: callsPerSecondNow(w),
    voiceConnector: w.settings.voiceConnector === '' ? 'off' : w.requests.failures > 0 || requestsAllowed(w) === 0 ? 'down' : 'up',
    call: (id) => {
      const call = w.calls.get(id);
      return call && callView(call);
    },
    calls: (campaign) => [...w.calls.values()].filter((call) => campaign === undefined || call.campaign.id === campaign).map(callView),
    gateways: () => [...w.gateways.values()].map((gateway) => gatewayView(w, gateway)),
    preview: (agent) => {
      const preview = w.previews.get(agent);
      return preview && previewView(preview);
    },
    previews: () => [...w.previews.values()].map(previewView),
    campaign: (id) => numbersOf(w, id),
    decisions(id, countMax) {
      const campaign = w.campaigns.get(id);
      return campaign?.mode === 'PREDICTIVE' ? (w.groups.get(campaign.queue)?.pacer.decisions(countMax) ?? []) : [];
    },
    busyContacts: (campaign) => busyOf(w, campaign),
  };
}
