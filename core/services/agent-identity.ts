/**
 * Who stands behind a telephone, and whether he may speak for the agent: from his own telephone without more ado, from
 * any other with the agent's PIN. Wrong PINs are counted by agent; the own telephone still works then, so nobody is
 * locked out by a stranger's guessing.
 */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentConfig } from '../acd/config.js';
import type { Call } from '../call.js';
import { createLockout, lockoutDefaults } from '../cluster/lockout.js';
import type { Lockout } from '../cluster/lockout.js';
import { TandemError } from '../errors.js';
import { agentsOfPhone, isOwnPhone } from './agent-phone.js';
import type { Phone } from './agent-phone.js';
import type { AgentVoice } from './agent-prompts.js';
import { agentNamed } from './queue-name.js';

export const pinLimits = {
  /** tries in one call */
  triesMax: 3,
  /** wrong PINs after which none is taken */
  failuresMax: 5,
  /** length of the first lock; each further one is twice as long */
  lockMs: 300_000,
};

export const createPinLockout = (): Lockout =>
  createLockout({ ...lockoutDefaults, failuresMax: pinLimits.failuresMax, lockMs: pinLimits.lockMs });

/** Compares with the stored hash; in the same time for every wrong PIN. */
export type VerifyPin = (stored: string, pin: string) => Promise<boolean>;

export interface PinDeps {
  readonly lockout: Lockout;
  readonly verifyPin: VerifyPin;
  readonly nowMs: () => number;
}

/** The agent named, or the one whose telephone it is, or the one whose number is dialled now. Rejects TDM_NOT_FOUND. */
export async function whichAgent(
  view: AcdState,
  call: Call,
  named: string | undefined,
  phone: Phone | undefined,
  voice: AgentVoice,
): Promise<AgentConfig> {
  if (named !== undefined) {
    const found = agentNamed(view, named);
    if (found === undefined) throw new TandemError('TDM_NOT_FOUND', ['agent', named]);
    return found;
  }
  const owners = phone === undefined ? [] : agentsOfPhone(view, phone);
  const [owner] = owners;
  if (owner !== undefined && owners.length === 1) return owner;
  // the number is only a hint whom it may be: his PIN decides
  const byNumber = owners.length > 1 ? undefined : agentNamed(view, call.callerIdNumber);
  return byNumber ?? askedAgent(view, voice);
}

async function askedAgent(view: AcdState, voice: AgentVoice): Promise<AgentConfig> {
  let digits = '';
  for (let tries = 0; tries < pinLimits.triesMax; tries++) {
    digits = await voice.ask(tries === 0 ? 'enter-agent' : 'wrong-agent');
    const found = agentNamed(view, digits);
    if (found !== undefined) return found;
  }
  throw new TandemError('TDM_NOT_FOUND', ['agent', digits === '' ? 'of this telephone' : digits]);
}

/** Resolves when the caller may speak for the agent. Rejects TDM_REFUSED, TDM_UNAUTHENTICATED, TDM_TOO_MANY. */
export async function mustBe(
  deps: PinDeps,
  view: AcdState,
  agent: AgentConfig,
  phone: Phone | undefined,
  given: string | undefined,
  voice: AgentVoice,
): Promise<void> {
  if (phone !== undefined && isOwnPhone(agent, view.agents.get(agent.id)?.contactOverride, phone)) return;
  if (agent.pin === undefined || agent.pin === '')
    throw new TandemError('TDM_REFUSED', [`agent ${agent.id} has no PIN: only the own telephone`]);
  const stored = agent.pin;
  await mustKnowPin(deps, `agent ${agent.id}`, (pin) => deps.verifyPin(stored, pin), given, voice);
}

/** One try with a PIN that came with the call; else the PIN is asked for, a few times. `who` is what is locked. */
export async function mustKnowPin(
  deps: Pick<PinDeps, 'lockout' | 'nowMs'>,
  who: string,
  isRight: (pin: string) => Promise<boolean>,
  given: string | undefined,
  voice: AgentVoice,
): Promise<void> {
  for (let tries = 0; tries < (given === undefined ? pinLimits.triesMax : 1); tries++) {
    mustNotBeLocked(deps, who);
    const pin = given ?? (await voice.ask(tries === 0 ? 'enter-pin' : 'wrong-pin'));
    // guesses that ran side by side must not learn that they were right
    mustNotBeLocked(deps, who);
    if (pin !== '' && (await isRight(pin)) && !deps.lockout.isLocked(who, '', deps.nowMs())) {
      deps.lockout.succeeded(who, '', deps.nowMs());
      return;
    }
    if (pin !== '') deps.lockout.failed(who, '', deps.nowMs());
  }
  throw new TandemError('TDM_UNAUTHENTICATED', [`wrong PIN of ${who}`]);
}

function mustNotBeLocked(deps: Pick<PinDeps, 'lockout' | 'nowMs'>, who: string): void {
  if (deps.lockout.isLocked(who, '', deps.nowMs())) throw new TandemError('TDM_TOO_MANY', [`wrong PINs of ${who}`]);
}
