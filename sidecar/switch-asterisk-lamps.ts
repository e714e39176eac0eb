/** Lamps of the agents (B40): device states `Custom:tandem-<agent>` for hints of the dialplan. */
import type { AgentId } from '../core/acd/ids.js';
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { deviceStateOfLamp, lampWord, type LampFacts } from '../core/services/lamp-word.js';
import type { AmiLink } from './ami.js';

/** More agents than this have no lamp. */
export const lampsMax = 50_000;

export interface Lamps {
  show(agent: AgentId, now: LampFacts): void;
  close(): void;
}

/** `Custom:tandem-<agent>`; what a function's argument may not hold becomes `_`. */
export const lampDevice = (agent: AgentId): string => `Custom:tandem-${agent.replace(/[^A-Za-z0-9_.@+-]/g, '_')}`;

export function createLamps({ link, log }: { readonly link: AmiLink; readonly log: Log }): Lamps {
  const shown = new Map<string, string>();
  /** devices whose state has to be told; a Map, because what is added meanwhile is met too */
  const due = new Map<string, true>();
  let isWorking = false;

  async function set(device: string, state: string): Promise<void> {
    try {
      await link.action({ Action: 'Setvar', Variable: `DEVICE_STATE(${device})`, Value: state });
    } catch (error) {
      // shown again when the link is up
      if (!hasCode(error, 'TDM_SWITCH_DOWN')) log.warn({ device, err: error }, 'asterisk: a lamp could not be set');
    }
  }

  /** One action at a time: a start with many agents must not stand before the calls on the same link. Newest state only. */
  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    for (const [device] of due) {
      due.delete(device);
      const state = shown.get(device);
      if (state !== undefined) await set(device, state);
    }
    isWorking = false;
  }

  const stop = link.onState(({ state }) => {
    if (state !== 'up') return;
    for (const device of shown.keys()) due.set(device, true);
    void work();
  });

  return {
    show(agent, now) {
      const device = lampDevice(agent);
      const state = deviceStateOfLamp[lampWord(now)];
      if (shown.get(device) === state || (!shown.has(device) && shown.size >= lampsMax)) return;
      shown.set(device, state);
      due.set(device, true);
      void work();
    },
    close: stop,
  };
}
