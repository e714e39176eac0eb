/** Wrap-up of agents after the calls of each campaign (dialer.md B9), of the last ones that this process has heard of. */
import type { AgentNews } from '../dialer-ports.js';
import { spreadOf } from '../dialer/live-figures.js';
import type { Spread } from '../dialer/live-figures.js';
import type { Meter } from '../ports.js';

export const dialerWrapLimits = {
  /** newest of each campaign */
  keptMax: 500,
  campaignsMax: 1_000,
  agentsMax: 20_000,
};

export interface DialerWraps {
  heard(news: AgentNews): void;
  of(campaign: string): Spread;
}

export function createDialerWraps(
  campaignOf: (callId: string) => string | undefined,
  meter: Pick<Meter, 'observe'>,
  limits = dialerWrapLimits,
): DialerWraps {
  const wraps = new Map<string, number[]>();
  /** campaign of the last talk of each agent */
  const talked = new Map<string, string>();
  /** a talk's call may be over before its end is told: campaigns are noted when the two are joined */
  const note = (agent: string, campaign: string | undefined): void => {
    if (campaign === undefined) talked.delete(agent);
    else if (talked.has(agent) || talked.size < limits.agentsMax) talked.set(agent, campaign);
  };

  return {
    heard(news) {
      if (news.type === 'connected') note(news.agent, campaignOf(news.callId));
      else if (news.type === 'talk-ended' && news.callId === undefined) note(news.agent, undefined);
      if (news.type !== 'wrap-ended') return;
      const campaign = talked.get(news.agent);
      talked.delete(news.agent);
      if (campaign === undefined) return;
      meter.observe('tandem_dialer_wrap_seconds', news.wrapMs / 1000);
      const kept = wraps.get(campaign) ?? [];
      if (wraps.has(campaign) || wraps.size < limits.campaignsMax) wraps.set(campaign, kept);
      kept.push(news.wrapMs);
      if (kept.length > limits.keptMax) kept.shift();
    },
    of: (campaign) => spreadOf(wraps.get(campaign) ?? []),
  };
}
