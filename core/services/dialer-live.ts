/** A campaign as it is this moment (dialer.md B9). */
import type { Campaign } from '../dialer/campaign.js';
import type { DialerAgent } from '../dialer/engine-words.js';
import type { CampaignLive, DialerAgents } from '../dialer-ports.js';
import type { DialerSession } from './dialer-session.js';

/** undefined: no such campaign */
export function liveOf(id: string, session: DialerSession, agents: Pick<DialerAgents, 'isUp' | 'view'>): CampaignLive | undefined {
  const campaign = session.configuration.campaign(id);
  if (!campaign) return undefined;
  const view = session.loop.view();
  const numbers = view.campaign(id);
  const window = session.windows.of(id)?.window;
  return {
    campaign: id,
    mode: campaign.mode,
    state: campaign.state,
    forced: numbers?.forced,
    hopper: numbers?.hopper ?? 0,
    ringing: numbers?.ringing ?? 0,
    waiting: numbers?.waiting ?? 0,
    talking: numbers?.talking ?? 0,
    agents: countAgents(agents.isUp() && campaign.queue !== '' ? (agents.view(campaign.queue)?.agents ?? []) : []),
    window: {
      connected: window?.connected ?? 0,
      abandoned: window?.abandoned ?? 0,
      share: window?.share ?? 0,
      cap: window?.cap ?? campaign.abandonCap,
    },
    decision: numbers?.decision,
    gateways: gatewaysOf(campaign, session),
    answerRate: numbers?.answerRate,
    wrapUp: session.wraps.of(id),
  };
}

function countAgents(agents: readonly DialerAgent[]): CampaignLive['agents'] {
  const count = (...states: readonly DialerAgent['state'][]): number => agents.filter(({ state }) => states.includes(state)).length;
  return {
    ready: count('ready'),
    reserved: count('reserved'),
    talk: count('talk', 'ringing'),
    wrap: count('wrap'),
    paused: count('paused'),
  };
}

/** Its own, and those over which its contacts are called now. */
function gatewaysOf(campaign: Campaign, session: DialerSession): CampaignLive['gateways'] {
  const view = session.loop.view();
  const { defaultSwitch, gatewaysPaused = [] } = session.configuration.settings();
  const named = campaign.gateways.map((way) => ({ switch: way.switch || defaultSwitch, gateway: way.gateway }));
  const used = view.calls(campaign.id).map((call) => ({ switch: call.switch, gateway: call.gateway }));
  const ways = new Map([...named, ...used].map((way) => [`${way.switch} ${way.gateway}`, way]));
  return [...ways].map(([key, way]) => {
    const known = view.gateways().find((one) => one.switch === way.switch && one.gateway === way.gateway);
    return { ...way, state: gatewaysPaused.includes(key) ? 'paused' : (known?.state ?? 'unknown'), calls: known?.calls ?? 0 };
  });
}
