/** News of callers' channels for their sessions: keys, connections, hang-ups (asterisk-behaviour 3). */
import type { ChannelListener, ChannelWatch } from '../agi/channel-watch.js';
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { AmiLink } from './ami.js';

/** for the question whether a channel exists */
const livesMsMax = 500;

export interface Callers extends ChannelWatch {
  /** we have sent this channel to another place of the dialplan */
  transferred(uniqueId: string): void;
  close(): void;
}

export function createCallers(deps: { readonly link: AmiLink; readonly log: Log }): Callers {
  const { link, log } = deps;
  const listeners = new Map<string, Set<ChannelListener>>();
  const isUp = (): boolean => link.status().state === 'up';

  function tell(id: string | undefined, run: (listener: ChannelListener) => void): void {
    for (const listener of listeners.get(id ?? '') ?? []) run(listener);
  }

  const stops = [
    link.on('DTMFEnd', (event) => {
      if (event.get('direction') === 'Received') tell(event.get('uniqueid'), (to) => to.key?.(event.get('digit') ?? ''));
    }),
    link.on('BridgeEnter', (event) => tell(event.get('uniqueid'), (to) => to.bridged?.())),
    link.on(['HangupRequest', 'Hangup'], (event) => tell(event.get('uniqueid'), (to) => to.gone?.())),
  ];

  return {
    isUp,
    onUp(listener) {
      let was = isUp();
      return link.onState(({ state }) => {
        const is = state === 'up';
        if (is !== was) listener((was = is));
      });
    },
    watch(uniqueId, listener) {
      listeners.set(uniqueId, (listeners.get(uniqueId) ?? new Set()).add(listener));
      return () => {
        const all = listeners.get(uniqueId);
        all?.delete(listener);
        if (all?.size === 0) listeners.delete(uniqueId);
      };
    },
    async lives(uniqueId) {
      try {
        await link.action({ Action: 'Getvar', Channel: uniqueId, Variable: 'CHANNEL(state)' }, { timeoutMs: livesMsMax });
        return true;
      } catch (error) {
        return hasCode(error, 'TDM_SWITCH_REFUSED') ? false : undefined;
      }
    },
    async setVariables(channel, variables) {
      const sets = Object.entries(variables).map(([name, value]) =>
        link.action({ Action: 'Setvar', Channel: channel, Variable: name, Value: value }),
      );
      await Promise.all(sets);
    },
    stopPlaying(channel) {
      link.action({ Action: 'ControlPlayback', Channel: channel, Control: 'stop' }).catch((error: unknown) => {
        log.debug({ channel, err: error }, 'asterisk: a prompt could not be stopped');
      });
    },
    transferred: (uniqueId) => tell(uniqueId, (to) => to.transferred?.()),
    close() {
      for (const stop of stops) stop();
      listeners.clear();
    },
  };
}
