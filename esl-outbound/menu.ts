/** Call menus on FreeSWITCH: `tandem_app=menu`, `tandem_args=<menu id>`. What is FreeSWITCH's own here: mailboxes and scripts. */
import type { Call, CallApplication } from '../core/call.js';
import { checkName, freeswitchWords } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import { createMenu } from '../core/services/menu-application.js';
import type { MenuDeps, SwitchMenu } from '../core/services/menu-application.js';
import { defaultMenuSettings } from '../core/services/run-menu.js';
import type { MenuSettings } from '../core/services/run-menu.js';
import { defaultFreeswitchQueueOptions, freeswitchQueue } from './queue-entry.js';
import type { FreeswitchQueueOptions } from './queue-entry.js';

export interface FreeswitchMenuOptions extends MenuSettings, FreeswitchQueueOptions {
  /** mod_voicemail profile */
  readonly voicemailProfile: string;
  /** domain of mailboxes given without one, or with Asterisk's context `default`; '' = the channel's `domain_name` */
  readonly voicemailDomain: string;
  /** dialplan applications that an `application` route may run, e.g. `playback` */
  readonly dialplanApplications: readonly string[];
}

export const defaultFreeswitchMenuOptions: FreeswitchMenuOptions = {
  ...defaultMenuSettings,
  ...defaultFreeswitchQueueOptions,
  voicemailProfile: 'default',
  voicemailDomain: '',
  dialplanApplications: [],
};

export function createFreeswitchMenu(deps: MenuDeps, options: FreeswitchMenuOptions = defaultFreeswitchMenuOptions): CallApplication {
  const words: SwitchMenu = {
    queues: freeswitchQueue(deps.log, options),
    voicemail: (call, box) => voicemail(call, box, options),
    runOutside: (call, script, argument) => runOutside(call, script, argument, options.dialplanApplications),
  };
  return createMenu(deps, words, options);
}

async function voicemail(
  call: Call,
  box: { readonly mailbox: string; readonly instructions: boolean },
  options: FreeswitchMenuOptions,
): Promise<void> {
  const [id = '', given = ''] = box.mailbox.split('@');
  const own = options.voicemailDomain === '' ? await call.getVariable('domain_name') : options.voicemailDomain;
  const domain = given === '' || given === 'default' ? (own ?? 'default') : given;
  await call.setVariable('skip_instructions', box.instructions ? '' : 'true');
  const profile = checkName('domain', options.voicemailProfile);
  await call.execute('voicemail', freeswitchWords([profile, checkName('domain', domain), checkName('mailbox', id)]));
}

/** A Lua script, or a dialplan application that the operator has allowed. There are no AGI scripts here. */
async function runOutside(call: Call, script: string, argument: string, allowed: readonly string[]): Promise<string | undefined> {
  const words = argument === '' ? [] : argument.split(',');
  if (script.endsWith('.lua')) await call.execute('lua', freeswitchWords([checkName('script', script), ...words]));
  else if (allowed.includes(script)) await call.execute(checkName('application', script), freeswitchWords(words));
  else throw new TandemError('TDM_NOT_FOUND', ['application', script.slice(0, 40)]);
  return undefined;
}
