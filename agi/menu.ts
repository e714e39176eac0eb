/** Call menus on Asterisk: `menu,<menu id>`. What is Asterisk's own here: mailboxes and AGI scripts. */
import type { Call, CallApplication } from '../core/call.js';
import { asteriskArguments, checkName } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import { createMenu } from '../core/services/menu-application.js';
import type { MenuDeps, SwitchMenu } from '../core/services/menu-application.js';
import { defaultMenuSettings } from '../core/services/run-menu.js';
import type { MenuSettings } from '../core/services/run-menu.js';
import { asteriskQueue, defaultAsteriskQueueOptions } from './queue-entry.js';
import type { AsteriskQueueOptions } from './queue-entry.js';

export interface AsteriskMenuOptions extends MenuSettings, AsteriskQueueOptions {
  /** dialplan applications, besides AGI, that an `application` route may run, e.g. `Playback` */
  readonly dialplanApplications: readonly string[];
}

export const defaultAsteriskMenuOptions: AsteriskMenuOptions = {
  ...defaultMenuSettings,
  ...defaultAsteriskQueueOptions,
  dialplanApplications: [],
};

export function createAsteriskMenu(deps: MenuDeps, options: AsteriskMenuOptions = defaultAsteriskMenuOptions): CallApplication {
  const words: SwitchMenu = {
    queues: asteriskQueue(options),
    voicemail,
    runOutside: (call, script, argument) => runOutside(call, script, argument, options.dialplanApplications),
  };
  return createMenu(deps, words, options);
}

/** `u`: the unavailable greeting; `s`: without the instructions. */
async function voicemail(call: Call, box: { readonly mailbox: string; readonly instructions: boolean }): Promise<void> {
  await call.execute('VoiceMail', asteriskArguments([checkName('mailbox', box.mailbox), box.instructions ? 'u' : 'us']));
}

/** An AGI script of Asterisk, or a dialplan application that the operator has allowed. */
async function runOutside(call: Call, script: string, argument: string, allowed: readonly string[]): Promise<string | undefined> {
  const args = argument === '' ? [] : argument.split(',');
  if (/\.agi$|^agi:\/\//.test(script)) return runAgi(call, checkName('script', script), args);
  if (!allowed.includes(script)) throw new TandemError('TDM_NOT_FOUND', ['application', script.slice(0, 40)]);
  await call.execute(checkName('application', script), asteriskArguments(args));
  return undefined;
}

/** A VICIdial script says where to go on by SET EXTENSION: when it moved to a single key or letter, that is its answer. */
async function runAgi(call: Call, script: string, args: readonly string[]): Promise<string | undefined> {
  const before = await call.getVariable('EXTEN');
  await call.execute('AGI', asteriskArguments([script, ...args]));
  const after = await call.getVariable('EXTEN');
  return after !== undefined && after !== before && /^[0-9*#A-Z]$/.test(after) ? after : undefined;
}
