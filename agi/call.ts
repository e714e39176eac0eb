/** One live call on Asterisk: `core/call.ts` in AGI words (asterisk-behaviour 1). */
import type { Call } from '../core/call.js';
import { TandemError } from '../core/errors.js';
import { applicationArguments, decodePercent, field, requestQuery } from './environment.js';
import type { AgiEnvironment } from './environment.js';
import type { AgiLimits } from './limits.js';
import { manyAtOnce } from './many-variables.js';
import { applicationName, callerNumber, digitSet, quoted, variableName, word } from './quote.js';
import type { AgiReply } from './reply.js';
import { AgiRefusal } from './session.js';
import type { AgiSession } from './session.js';

/** URIENCODE writes into 4096 bytes and stops when the next triple does not fit. */
const encodedBytesMax = 4_092;
/**
 * Names have at most 80 characters, so a command stays below the shortest limit of 2046 bytes; values of
 * `encodedBytesMax` each stay below the limit of a reply (64 Ki).
 */
const variablesPerCommand = 14;
const waitMsMax = 24 * 3_600_000;

export class AgiCall implements Call {
  readonly switchKind = 'asterisk';
  readonly uniqueId: string;
  readonly channel: string;
  readonly callerIdName: string;
  readonly callerIdNumber: string;
  readonly context: string;
  readonly extension: string;
  readonly args: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  private readonly session: AgiSession;
  private readonly limits: AgiLimits;
  private readonly controller = new AbortController();

  constructor(session: AgiSession, environment: AgiEnvironment, limits: AgiLimits) {
    this.session = session;
    this.limits = limits;
    this.uniqueId = field(environment, 'agi_uniqueid');
    this.channel = field(environment, 'agi_channel');
    this.callerIdName = field(environment, 'agi_calleridname');
    this.callerIdNumber = field(environment, 'agi_callerid');
    this.context = field(environment, 'agi_context');
    this.extension = field(environment, 'agi_extension');
    this.args = applicationArguments(environment);
    this.query = requestQuery(environment);
    session.once('hangup', () => this.abort(new TandemError('TDM_CALL_GONE', ['HANGUP from Asterisk'])));
    session.once('close', () => this.abort(new TandemError('TDM_CALL_GONE', ['session closed'])));
    if (session.hungUp || !session.isOpen) this.abort(new TandemError('TDM_CALL_GONE', ['session is over already']));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** HANGUP came: the caller has gone, or the channel was taken away (asterisk-behaviour 1.6). Otherwise the session broke. */
  get isHungUp(): boolean {
    return this.session.hungUp;
  }

  /** The session is over and nothing was said of the channel: it may live. */
  get isBroken(): boolean {
    return !this.session.isOpen && !this.session.hungUp;
  }

  /** A command is in flight. */
  get isBusy(): boolean {
    return this.session.isBusy;
  }

  /** What runs now lives on in the switch without this session, e.g. a bridge: a stop need not wait for it. */
  outlivesSession = false;

  /** At a stop: end the session of a call that does not need it. */
  release(): void {
    if (this.outlivesSession) this.session.destroy('Tandem is stopping, the call goes on');
  }

  /** Tell the application that its call is over; the first reason is kept. */
  abort(reason: TandemError): void {
    this.controller.abort(reason);
  }

  async answer(): Promise<void> {
    this.notFailed('ANSWER', await this.session.sendCommand('ANSWER'));
  }

  async play(file: string, escapeDigits: string): Promise<{ readonly digit: string; readonly missing: boolean }> {
    const line = `STREAM FILE ${word(file, 'prompt')} ${digitSet(escapeDigits)}`;
    const reply = await this.session.sendCommand(line, this.limits.playMsMax);
    if (reply.result !== '-1') return { digit: keyOf(reply), missing: false };
    // -1 at the first sample is a missing file, or a caller who left at that moment: the channel tells.
    if (reply.attrs['endpos'] !== '0') throw gone('STREAM FILE');
    await this.mustLive('STREAM FILE');
    return { digit: '', missing: true };
  }

  async waitForDigit(timeoutMs: number): Promise<string> {
    if (!(timeoutMs >= 0 && timeoutMs <= waitMsMax)) throw new TandemError('TDM_BAD_VALUE', ['wait for a key', `0 to ${waitMsMax} ms`]);
    const waitMs = Math.round(timeoutMs);
    const reply = await this.session.sendCommand(`WAIT FOR DIGIT ${waitMs}`, waitMs + this.limits.commandMsMax);
    return keyOf(this.notFailed('WAIT FOR DIGIT', reply));
  }

  /**
   * The value is read percent-encoded, because a caller can put line feeds into it that would imitate
   * replies (rule 5). An empty one is asked for again plainly: only that tells "empty" from "not set".
   */
  async getVariable(name: string): Promise<string | undefined> {
    const variable = variableName(name);
    const { value: encoded = '' } = await this.session.sendCommand(`GET FULL VARIABLE \${URIENCODE(\${${variable}})}`);
    if (encoded.length >= encodedBytesMax) throw new TandemError('TDM_BAD_VALUE', [`variable ${variable}`, 'too long to be read whole']);
    if (encoded !== '') return decodePercent(encoded);
    const reply = await this.session.sendCommand(`GET VARIABLE ${variable}`);
    return reply.result === '1' ? (reply.value ?? '') : undefined;
  }

  /** One command for many. A reply that is not whole, since a value is very long, is left to the questions one by one. */
  async getVariables(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (let at = 0; at < names.length; at += variablesPerCommand) {
      const some = names.slice(at, at + variablesPerCommand).map(variableName);
      const asked = some.map((name) => `\${URIENCODE(\${${name}})}|`).join('');
      const { value = '' } = await this.session.sendCommand(`GET FULL VARIABLE ${asked}.`);
      const parts = value.split('|');
      const isWhole = parts.length === some.length + 1 && parts.at(-1) === '.' && parts.every(({ length }) => length < encodedBytesMax);
      for (const [i, name] of some.entries()) {
        const text = isWhole ? decodePercent(parts[i] ?? '') : ((await this.getVariable(name)) ?? '');
        if (text !== '') found.set(name, text);
      }
    }
    return found;
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.session.sendCommand(`SET VARIABLE ${variableName(name)} ${quoted(value, `variable ${name}`)}`);
  }

  /** One command for many; what it could not set, since the caller was just leaving, is set one by one. */
  async setVariables(variables: Readonly<Record<string, string>>): Promise<void> {
    const { joined, single } = manyAtOnce(Object.entries(variables));
    const left = [...single];
    for (const { argument, pairs } of joined) {
      const reply = await this.session.sendCommand(`EXEC MSet ${argument}`).catch((error: unknown) => {
        if (!(error instanceof AgiRefusal)) throw error;
      });
      if (reply?.result !== '0') left.push(...pairs);
    }
    await Promise.all(left.map(([name, value]) => this.setVariable(name, value)));
  }

  async setCallerId(name: string, number: string): Promise<void> {
    await this.session.sendCommand(`SET CALLERID ${quoted(`${name} <${callerNumber(number)}>`, 'caller-ID name')}`);
  }

  async execute(application: string, argument: string): Promise<void> {
    const name = applicationName(application);
    const line = argument === '' ? `EXEC ${name}` : `EXEC ${name} ${quoted(argument, `argument of ${name}`)}`;
    const { result } = await this.session.sendCommand(line, Infinity);
    if (result === '-2') throw new TandemError('TDM_SWITCH_REFUSED', [`EXEC ${name}`, 'unknown application']);
    // -1 is also Dial's answer when the called side hung up and the caller is still there (1.8).
    if (result === '-1') await this.mustLive(`EXEC ${name}`);
  }

  /** Hold music until the next prompt or the end of the call; it goes on when this session ends (asterisk-behaviour 2). */
  async startMusic(musicClass: string | undefined): Promise<void> {
    await this.session.sendCommand(musicClass === undefined ? 'SET MUSIC ON' : `SET MUSIC ON ${word(musicClass, 'music class')}`);
  }

  async stopMusic(): Promise<void> {
    await this.session.sendCommand('SET MUSIC OFF');
  }

  /** Say a whole number in the call's language; a key of `escapeDigits` stops it and is returned, else ''. */
  async sayNumber(number: number, escapeDigits: string): Promise<string> {
    if (!Number.isSafeInteger(number)) throw new TandemError('TDM_BAD_VALUE', ['number to say', 'a whole number']);
    const reply = await this.session.sendCommand(`SAY NUMBER ${number} ${digitSet(escapeDigits)}`, this.limits.playMsMax);
    if (reply.result === '-1') await this.mustLive('SAY NUMBER');
    return keyOf(reply);
  }

  async goto(place: { readonly context: string; readonly extension: string; readonly priority?: number }): Promise<void> {
    const priority = place.priority ?? 1;
    if (!Number.isInteger(priority) || priority < 1) throw new TandemError('TDM_BAD_VALUE', ['priority', 'a whole number from 1']);
    const context = word(place.context, 'context');
    const extension = word(place.extension, 'extension');
    await this.session.sendCommand(`SET CONTEXT ${context}`);
    await this.session.sendCommand(`SET EXTENSION ${extension}`);
    await this.session.sendCommand(`SET PRIORITY ${priority}`);
  }

  async hangup(): Promise<void> {
    this.notFailed('HANGUP', await this.session.sendCommand('HANGUP'));
  }

  private notFailed(command: string, reply: AgiReply): AgiReply {
    if (reply.result === '-1') throw gone(command);
    return reply;
  }

  /** Rejects TDM_CALL_GONE on a dead channel: Asterisk answers 511 there, or -1. */
  private async mustLive(command: string): Promise<void> {
    if (this.session.hungUp) throw gone(command);
    this.notFailed(command, await this.session.sendCommand('CHANNEL STATUS'));
  }
}

function gone(command: string): TandemError {
  return new TandemError('TDM_CALL_GONE', [`${command} answered -1`]);
}

/** A key arrives as its ASCII code; 0 is none. */
function keyOf(reply: AgiReply): string {
  const code = Number(reply.result);
  return code > 0 && code < 128 ? String.fromCharCode(code) : '';
}
