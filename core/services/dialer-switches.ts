/** The switches as the dialer sees them: up or down, how fast they may be dialled, which gateways may be used. */
import type { Campaign, DialerSettings } from '../dialer/campaign.js';
import type { DialerEvent } from '../dialer/engine-words.js';
import type { DialerEngineView } from '../dialer/engine/engine-types.js';
import type { DialSwitch } from '../dialer-ports.js';
import type { Log } from '../ports.js';
import type { After } from './deadline.js';

/** A switch that does not say how fast it may be dialled is dialled by the settings alone. */
export const askSpeedMsMax = 2_000;

export interface DialerSwitchesDeps {
  readonly switches: ReadonlyMap<string, DialSwitch>;
  readonly view: () => DialerEngineView;
  readonly settings: () => DialerSettings;
  readonly feed: (event: DialerEvent) => void;
  readonly isEnded: () => boolean;
  readonly after: After;
  readonly log: Log;
}

export interface DialerSwitches {
  /** Its link came up or went down, or nobody has said yet. */
  changed(id: string): void;
  /** false: paused by a person, or known to be down */
  isUsable(campaign: Campaign, gateway: string): boolean;
  /** Asks about a gateway that was down. */
  checkGateway(id: string, gateway: string): void;
}

export function createDialerSwitches(deps: DialerSwitchesDeps): DialerSwitches {
  const { switches, feed, log } = deps;

  function speedOf(port: DialSwitch): Promise<number | undefined> {
    return new Promise((resolve) => {
      const cancel = deps.after(askSpeedMsMax, () => resolve(undefined));
      void port
        .callsPerSecondMax()
        .catch(() => undefined)
        .then((speed) => {
          cancel();
          resolve(speed);
        });
    });
  }

  /** exceeding it leaves contacts in `dialed` in the reference (A4) */
  function warn(id: string, speed: number | undefined): void {
    const { callsPerSecond } = deps.settings();
    if (speed !== undefined && callsPerSecond >= speed)
      log.warn(
        { switch: id, sessionsPerSecond: speed, callsPerSecond },
        'calls per second must stay below what the switch takes: lowered to 80 % of it',
      );
  }

  async function cameUp(port: DialSwitch): Promise<void> {
    const speed = await speedOf(port);
    if (deps.isEnded() || !port.isUp()) return;
    warn(port.id, speed);
    feed({ type: 'switch-changed', switch: port.id, isUp: true, callsPerSecondMax: speed });
  }

  return {
    changed(id) {
      const port = switches.get(id);
      if (!port) return;
      if (port.isUp()) void cameUp(port);
      else feed({ type: 'switch-changed', switch: id, isUp: false, callsPerSecondMax: undefined });
    },
    isUsable(campaign, gateway) {
      const { defaultSwitch, gatewaysPaused = [] } = deps.settings();
      const id = campaign.gateways.find((way) => way.gateway === gateway)?.switch || defaultSwitch;
      if (gatewaysPaused.includes(`${id} ${gateway}`)) return false;
      return (
        deps
          .view()
          .gateways()
          .find((known) => known.switch === id && known.gateway === gateway)?.state !== 'down'
      );
    },
    checkGateway(id, gateway) {
      const port = switches.get(id);
      if (!port?.isUp()) return;
      port.checkGateway(gateway).then(
        (state) => feed({ type: 'gateway-checked', switch: id, gateway, state }),
        () => undefined, // asked again soon
      );
    },
  };
}
