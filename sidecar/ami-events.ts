/** Who listens to which manager event. Names live in a Map of our own, so no event can pose as one of the link's (M13). */
import type { Log, Meter } from '../core/ports.js';
import type { AmiPacket } from './ami-packet.js';

export type AmiListener = (event: AmiPacket) => void;

export interface AmiEvents {
  /** Hear the events of these names, spelled as Asterisk does, or of all with '*'. The result ends it. */
  readonly on: (names: string | readonly string[], listener: AmiListener) => () => void;
  readonly deliver: (event: AmiPacket) => void;
}

export function createAmiEvents(switchName: string, deps: { readonly log: Log; readonly meter: Meter }): AmiEvents {
  const listeners = new Map<string, Set<AmiListener>>();

  /** A listener that throws must neither stop the others nor the link. */
  function tell(listener: AmiListener, event: AmiPacket): void {
    try {
      listener(event);
    } catch (error) {
      deps.meter.count('tandem_ami_listener_errors_total', { switch: switchName });
      deps.log.error({ switch: switchName, event: event.event, error }, 'listener of a manager event failed');
    }
  }

  return {
    on(names, listener) {
      const list = typeof names === 'string' ? [names] : names;
      for (const name of list) listeners.set(name, (listeners.get(name) ?? new Set<AmiListener>()).add(listener));
      return () => {
        for (const name of list) listeners.get(name)?.delete(listener);
      };
    },
    deliver(event) {
      for (const listener of listeners.get(event.event) ?? []) tell(listener, event);
      for (const listener of listeners.get('*') ?? []) tell(listener, event);
    },
  };
}
