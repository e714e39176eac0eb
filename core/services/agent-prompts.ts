/** What an agent hears, in words that each door translates to its switch's sound files; and keys that he dials. */
import type { Call } from '../call.js';
import { hasCode } from '../errors.js';
import type { Log } from '../ports.js';

export type AgentPrompt =
  | 'logged-in'
  | 'logged-out'
  | 'paused'
  | 'unpaused'
  | 'done'
  | 'refused'
  | 'enter-agent'
  | 'wrong-agent'
  | 'enter-pin'
  | 'wrong-pin'
  // answers of `status`
  | 'free'
  | 'talking'
  | 'wrap-up'
  /** when none of the files is there */
  | 'beep';

/** Sound files, played one after the other. */
export type AgentPrompts = Readonly<Record<AgentPrompt, readonly string[]>>;

export interface KeyWaits {
  readonly firstMsMax: number;
  readonly nextMsMax: number;
  readonly keysMax: number;
}

export const keyWaits: KeyWaits = { firstMsMax: 6_000, nextMsMax: 4_000, keysMax: 20 };

const anyKey = '0123456789*#';

export interface AgentVoice {
  say(prompt: AgentPrompt): Promise<void>;
  /** Digits dialled during or after the prompt, up to `#` or a pause; '' when none came. */
  ask(prompt: AgentPrompt): Promise<string>;
}

/** A file that is missing, or that the switch cannot play, never fails the wish. Rejects only like a call that is gone. */
export function createAgentVoice(call: Call, prompts: AgentPrompts, log: Log, waits: KeyWaits = keyWaits): AgentVoice {
  async function play(file: string, keys: string): Promise<{ readonly digit: string; readonly missing: boolean }> {
    try {
      return await call.play(file, keys);
    } catch (e) {
      if (hasCode(e, 'TDM_CALL_GONE')) throw e;
      log.warn({ call: call.uniqueId, file, err: e }, 'agent: sound file cannot be played');
      return { digit: '', missing: true };
    }
  }

  async function speak(prompt: AgentPrompt, keys: string): Promise<string> {
    let isHeard = false;
    for (const file of prompts[prompt]) {
      const { digit, missing } = await play(file, keys);
      if (digit !== '') return digit;
      isHeard ||= !missing;
    }
    if (isHeard) return '';
    for (const file of prompts.beep) {
      const { digit } = await play(file, keys);
      if (digit !== '') return digit;
    }
    return '';
  }

  return {
    async say(prompt) {
      await speak(prompt, '');
    },
    async ask(prompt) {
      let key = await speak(prompt, anyKey);
      if (key === '') key = await call.waitForDigit(waits.firstMsMax);
      let digits = '';
      while (key !== '' && key !== '#' && digits.length < waits.keysMax) {
        // a star begins anew, for who has mistyped
        digits = key === '*' ? '' : digits + key;
        key = await call.waitForDigit(waits.nextMsMax);
      }
      return digits;
    },
  };
}
