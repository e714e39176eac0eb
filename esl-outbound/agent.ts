/** `tandem_app=agent`, `tandem_args=<action>[,...]` on FreeSWITCH: whose telephone it is, its sounds, and hold music for agents who stay on the line. */
import { AssertionError } from 'node:assert/strict';
import type { Call, CallApplication } from '../core/call.js';
import { nameProblem, textProblem } from '../core/dial-string.js';
import { createAgentApplication } from '../core/services/agent-application.js';
import type { AgentDeps } from '../core/services/agent-application.js';
import type { Phone } from '../core/services/agent-phone.js';
import type { AgentPrompts } from '../core/services/agent-prompts.js';
import { TandemError } from '../core/errors.js';
import { EslCall } from './call.js';
import { createDeadMan } from './dead-man.js';
import { isTakenAway } from './member-music.js';
import { memberSessionDefaults } from './member-session.js';

/** Files of FreeSWITCH's own sounds, as its dialplans name them. */
export const freeswitchAgentPrompts: AgentPrompts = {
  'logged-in': ['ivr/ivr-you_are_now_logged_in.wav'],
  'logged-out': ['ivr/ivr-you_are_now_logged_out.wav'],
  paused: ['ivr/ivr-dnd_activated.wav'],
  unpaused: ['ivr/ivr-dnd_cancelled.wav'],
  done: ['ivr/ivr-thank_you.wav'],
  refused: ['ivr/ivr-access_denied.wav'],
  'enter-agent': ['ivr/ivr-please_enter_extension_followed_by_pound.wav'],
  'wrong-agent': ['ivr/ivr-pin_or_extension_is-invalid.wav', 'ivr/ivr-please_enter_extension_followed_by_pound.wav'],
  'enter-pin': ['ivr/ivr-please_enter_pin_followed_by_pound.wav'],
  'wrong-pin': ['ivr/ivr-pin_or_extension_is-invalid.wav', 'ivr/ivr-please_reenter_your_pin.wav'],
  free: ['ivr/ivr-you_are_now_logged_in.wav'],
  talking: ['ivr/ivr-you_are_now_logged_in.wav', 'ivr/ivr-user_busy.wav'],
  'wrap-up': ['ivr/ivr-you_are_now_logged_in.wav', 'ivr/ivr-one_moment_please.wav'],
  beep: ['tone_stream://%(250,50,440)'],
};

export function createEslAgent(deps: AgentDeps): CallApplication {
  return createAgentApplication(deps, { prompts: freeswitchAgentPrompts, phoneOf, hold });
}

/** Only an account whose password FreeSWITCH has checked: the channel's name is what the caller wrote into From. */
export async function phoneOf(call: Call): Promise<Phone | undefined> {
  const [authorized, user, realm, domainName] = await Promise.all(
    ['sip_authorized', 'sip_auth_username', 'sip_auth_realm', 'domain_name'].map((name) => call.getVariable(name)),
  );
  if (authorized !== 'true' || user === undefined || nameProblem('endpoint', user) !== undefined) return undefined;
  const domain = [domainName, realm].find((name) => name !== undefined && nameProblem('domain', name) === undefined);
  return { contact: domain === undefined ? `user/${user}` : `user/${user}@${domain}`, user, domain };
}

const anyMusic = 'local_stream://moh';

/**
 * The channel's hold music, until nobody tells the switch any more that we live. It yields: tone and announcements of an offer are played into it. Rejects TDM_CALL_GONE when a
 * talk takes the channel, since what is ordered then would be played to the two.
 */
async function hold(call: Call): Promise<void> {
  const given = await call.getVariable('hold_music');
  const music = given !== undefined && textProblem(given) === undefined ? given : anyMusic;
  if (!(call instanceof EslCall)) throw new AssertionError({ message: 'a call of the event-socket door wanted' });
  const deadMan = createDeadMan(call.line, call.uniqueId, memberSessionDefaults);
  deadMan.start();
  try {
    if (isTakenAway(await call.line.run('playback', music, 'yielding')))
      throw new TandemError('TDM_CALL_GONE', ['the channel is in a talk']);
  } finally {
    deadMan.stop();
  }
}
