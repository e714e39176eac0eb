/** One FreeSWITCH call as the core sees it (`core/call.ts`), over an `async full` outbound socket. */
import type { Call } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { ApplicationAddress } from './address.js';
import type { Channel } from './channel.js';
import { refusalOf } from './connection.js';
import type { GuardedConnection } from './connection.js';
import type { SwitchEvent } from './event.js';
import { CallLine } from './line.js';
import { checkedName, checkedValue, quotedValue } from './variables.js';

/** FreeSWITCH plays on over every key but `*` unless told so. */
const noTerminator = 'none';
const terminatorsVariable = 'playback_terminators';
const dialplanPlace = /^[\w*#+.@][\w*#+.@:-]{0,127}$/;
const noSuchChannel = '-ERR No such channel';
/** Modules that an installation may lack, by the application they bring. */
const moduleOf = new Map([
  ['callcenter', 'mod_callcenter'],
  ['voicemail', 'mod_voicemail'],
  ['lua', 'mod_lua'],
]);

export interface EslCallParts {
  readonly connection: GuardedConnection;
  readonly channel: Channel;
  /** the reply to `connect` */
  readonly data: SwitchEvent;
  readonly address: ApplicationAddress;
}

export class EslCall implements Call {
  readonly switchKind = 'freeswitch';
  readonly uniqueId: string;
  readonly channel: string;
  readonly callerIdName: string;
  readonly callerIdNumber: string;
  readonly context: string;
  readonly extension: string;
  readonly args: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** for whoever holds the call longer than one command */
  readonly line: CallLine;
  readonly #connection: GuardedConnection;
  readonly #channel: Channel;
  #terminators: string | undefined;
  readonly #terminatorsBefore: string | undefined;
  #place: string | undefined;
  #hasSaidExit = false;

  constructor({ connection, channel, data, address }: EslCallParts) {
    const header = (name: string) => data.get(name) ?? '';
    this.uniqueId = header('Unique-ID');
    this.channel = header('Channel-Name');
    this.callerIdName = header('Caller-Caller-ID-Name');
    this.callerIdNumber = header('Caller-Caller-ID-Number');
    this.context = header('Caller-Context');
    this.extension = header('Caller-Destination-Number');
    this.args = address.args;
    this.query = address.query;
    this.signal = channel.signal;
    this.#connection = connection;
    this.#channel = channel;
    this.line = new CallLine(connection, channel, this.uniqueId);
    this.#terminatorsBefore = data.variable(terminatorsVariable);
    this.#terminators = this.#terminatorsBefore;
    channel.variables.seen(data);
  }

  async answer(): Promise<void> {
    await this.run('answer', '');
  }

  /** A key kept from before counts, as on Asterisk; keys that stop nothing are dropped. */
  async play(file: string, escapeDigits: string): Promise<{ readonly digit: string; readonly missing: boolean }> {
    this.#assertLive();
    const early = this.#channel.digits.takeOneOf(escapeDigits);
    if (early !== '') return { digit: early, missing: false };
    await this.#setTerminators(escapeDigits === '' ? noTerminator : escapeDigits);
    const done = await this.#playing(file, escapeDigits);
    const response = done.get('Application-Response');
    if (response === 'PLAYBACK ERROR') throw new TandemError('TDM_SWITCH_REFUSED', ['playback', response]);
    const digit = done.variable('playback_terminator_used') ?? this.#keyBeforeStart(escapeDigits);
    return { digit, missing: response === 'FILE NOT FOUND' };
  }

  async waitForDigit(timeoutMs: number): Promise<string> {
    this.#assertLive();
    return this.#channel.digits.next(timeoutMs, this.#connection.options.clock, this.signal);
  }

  async getVariable(name: string): Promise<string | undefined> {
    this.#assertLive();
    const known = this.#channel.variables.get(checkedName(name));
    if (known !== undefined) return known === '' ? undefined : known;
    const value = await this.#api(`uuid_getvar ${this.uniqueId} ${name}`);
    return value === '' || value === '_undef_' ? undefined : value;
  }

  async setVariable(name: string, value: string): Promise<void> {
    this.#assertLive();
    await this.store(name, value);
  }

  /**
   * The caller profile (`caller_id_name` in the dialplan, call records, what the phone of a queue's agent
   * shows) and `effective_caller_id_*`, which wins over the profile on legs this channel dials.
   */
  async setCallerId(name: string, number: string): Promise<void> {
    this.#assertLive();
    for (const value of [name, number]) {
      checkedValue('caller id', value);
      // `set_profile_var` has no form that is not expanded, and expansion eats backslashes.
      if (value.includes('\\')) throw new TandemError('TDM_BAD_VALUE', ['caller id', 'a backslash may not be sent']);
    }
    await Promise.all([
      this.run('set_profile_var', `caller_id_name=${name}`),
      this.run('set_profile_var', `caller_id_number=${number}`),
      this.store('effective_caller_id_name', name),
      this.store('effective_caller_id_number', number),
    ]);
  }

  /** FreeSWITCH hangs the caller up at an application that it does not have, so it is asked first where that may be. */
  async execute(application: string, argument: string): Promise<void> {
    this.#assertLive();
    const module = moduleOf.get(application);
    if (module !== undefined && (await this.#api(`module_exists ${module}`)).trim() === 'false') {
      throw new TandemError('TDM_NOT_FOUND', ['application', `${application} (${module} is not loaded)`]);
    }
    await this.run(application, argument);
  }

  /** Kept until the session ends (`leave`): a transfer at once would run further commands in the new place. */
  goto(place: { readonly context: string; readonly extension: string; readonly priority?: number }): Promise<void> {
    for (const part of [place.extension, place.context]) {
      if (!dialplanPlace.test(part))
        return Promise.reject(new TandemError('TDM_BAD_VALUE', ['dialplan place', JSON.stringify(part.slice(0, 60))]));
    }
    if (this.#channel.gone) return Promise.reject(this.#channel.gone);
    this.#place = `${place.extension} XML ${place.context}`;
    return Promise.resolve();
  }

  /** Resolves when the channel is down. A running application with event-lock would hold up a queued hangup (spec 5). */
  async hangup(): Promise<void> {
    this.#assertLive();
    const { options, runs } = this.#connection;
    const down = this.#untilDown(options.replyMsMax);
    if (runs > 0) await this.#api(`uuid_kill ${this.uniqueId} NORMAL_CLEARING`);
    else await this.#asked(this.#connection.command('sendmsg', { 'call-command': 'hangup', 'hangup-cause': 'NORMAL_CLEARING' }));
    if (!(await down)) throw new TandemError('TDM_SWITCH_SLOW', [options.name, 'hangup', options.replyMsMax]);
  }

  /** Set a variable even after the application was stopped; the session reports results with it. */
  async store(name: string, value: string): Promise<void> {
    const quoted = quotedValue(checkedValue(name, value));
    const answer = await this.#api(`uuid_setvar ${this.uniqueId} ${checkedName(name)}${quoted === '' ? '' : ` ${quoted}`}`);
    const refusal = refusalOf(answer);
    if (refusal !== undefined) throw new TandemError('TDM_SWITCH_REFUSED', ['uuid_setvar', refusal]);
    this.#channel.variables.wrote(name, value);
  }

  /** Keys stop no sound from now on, until the session ends. */
  async ignoreKeys(): Promise<void> {
    await this.#setTerminators(noTerminator);
  }

  /** Run an application to its end; gives its completion event. */
  async run(application: string, argument: string): Promise<SwitchEvent> {
    this.#assertLive();
    const written = this.#channel.variables.unconfirmed();
    const done = await this.#asked(this.#connection.execute(this.uniqueId, application, argument));
    this.#channel.variables.completed(done, written);
    return done;
  }

  /** `exit` is on its way already. */
  get hasSaidExit(): boolean {
    return this.#hasSaidExit;
  }

  /** The end of the session, the caller still there: put back what we changed, and with `go` go where `goto` said. */
  async leave(go: boolean): Promise<void> {
    if (this.#terminators !== this.#terminatorsBefore) await this.store(terminatorsVariable, this.#terminatorsBefore ?? '');
    if (!go || this.#place === undefined) return;
    await this.#transferAndExit(this.#place);
  }

  /**
   * The transfer and `exit` in one write. A connection that ends takes the control flag of its channel away, also
   * when a later `socket` application has set it anew: on FreeSWITCH 1.10.12 the next session of a transferred call
   * then ended at once. So `exit` must be read before the call is in its new place, some 20 ms after the transfer.
   */
  async #transferAndExit(place: string): Promise<void> {
    const transferred = this.#api(`uuid_transfer ${this.uniqueId} ${place}`);
    this.#connection.send('exit'); // same turn of the event loop, so the same write
    this.#hasSaidExit = true;
    const answer = await transferred;
    const refusal = refusalOf(answer);
    if (refusal !== undefined) throw new TandemError('TDM_SWITCH_REFUSED', ['uuid_transfer', refusal]);
  }

  async #playing(file: string, escapeDigits: string): Promise<SwitchEvent> {
    const { digits } = this.#channel;
    // A key between our command and its start reaches the parked channel, not the prompt: stop the prompt for it.
    this.#channel.onStart = () => {
      if (digits.hasOneOf(escapeDigits)) this.#api(`uuid_break ${this.uniqueId}`).catch(() => undefined); // else the prompt just plays on
    };
    try {
      return await this.run('playback', file);
    } finally {
      this.#channel.onStart = () => undefined;
    }
  }

  /** Keys that stop nothing stay for the next command: they may have been pressed after the prompt. */
  #keyBeforeStart(escapeDigits: string): string {
    const { digits } = this.#channel;
    return digits.hasOneOf(escapeDigits) ? digits.takeOneOf(escapeDigits) : '';
  }

  async #setTerminators(keys: string): Promise<void> {
    if (this.#terminators === keys) return;
    await this.store(terminatorsVariable, keys);
    this.#terminators = keys;
  }

  async #api(command: string): Promise<string> {
    const answer = await this.#asked(this.#connection.api(command));
    if (answer.startsWith(noSuchChannel)) throw new TandemError('TDM_CALL_GONE', ['the channel does not exist any more']);
    return answer;
  }

  /** A connection that ends means to the core that the call is gone. */
  async #asked<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (e) {
      if (this.#channel.hungUp && this.#channel.gone) throw this.#channel.gone;
      throw hasCode(e, 'TDM_SWITCH_DOWN') ? new TandemError('TDM_CALL_GONE', ['the connection to the switch ended'], { cause: e }) : e;
    }
  }

  #untilDown(msMax: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#connection.options.clock.after(msMax, () => resolve(false));
      const down = () => {
        cancel();
        resolve(true);
      };
      if (this.signal.aborted) down();
      else this.signal.addEventListener('abort', down, { once: true });
    });
  }

  #assertLive(): void {
    if (this.#channel.gone) throw this.#channel.gone;
  }
}
