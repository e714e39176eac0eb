/** The application `menu,<menu id>` put together: the same on both switches, but for the switch's own words. */
import type { CallApplication } from '../call.js';
import { enterQueue } from './enter-queue.js';
import type { EnterQueueDeps, SwitchQueue } from './enter-queue.js';
import { createMenuApplication } from './run-menu.js';
import type { MenuSettings, RunMenuDeps } from './run-menu.js';
import { createScriptRunner } from './run-script.js';
import type { RunScript } from './run-script.js';

export interface MenuDeps extends Pick<RunMenuDeps, 'menus' | 'log' | 'meter' | 'nowMs' | 'runLookup'> {
  /** our applications by name; read when a menu uses one, so that `menu` itself may be among them */
  readonly applications: Readonly<Record<string, CallApplication>>;
  readonly isForeignCode?: EnterQueueDeps['isForeignCode'];
  /** instead of the switch's own queues */
  readonly queues?: SwitchQueue | undefined;
}

/** What a switch does in its own way. */
export interface SwitchMenu {
  readonly queues: SwitchQueue;
  readonly voicemail: RunMenuDeps['voicemail'];
  /** a script or dialplan application of the switch; rejects TDM_NOT_FOUND when there is none such */
  readonly runOutside: RunScript;
}

export function createMenu(deps: MenuDeps, words: SwitchMenu, settings: MenuSettings): CallApplication {
  const queues = deps.queues ?? words.queues;
  const queueDeps: EnterQueueDeps = { queues, log: deps.log, meter: deps.meter, isForeignCode: deps.isForeignCode };
  return createMenuApplication({
    ...deps,
    settings,
    enterQueue: (call, request) => enterQueue(queueDeps, call, request),
    voicemail: words.voicemail,
    runScript: createScriptRunner({ applications: deps.applications, runOutside: words.runOutside }),
  });
}
