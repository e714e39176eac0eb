/**
 * A waiting caller on FreeSWITCH: an outbound session that plays music, into which announcements are put (they run inside
 * the endless playback, which goes on behind them). An agent's leg is joined to the channel by `uuid_bridge` from outside:
 * the channel leaves `socket`, and the session ends when it is bridged, so that no connection is held during the talk.
 *
 * Should this process die, the music would go on for ever (esl-outbound 2.4). So the switch is told again and again to
 * break it off a little later: when nobody tells it any more, it does, and the dialplan goes on behind `socket`.
 */
import { AssertionError } from 'node:assert/strict';
import type { Announcement, ConnectOrder, ExitOrder } from '../core/acd/effects.js';
import type { CallKey, MemberId, SwitchId } from '../core/acd/ids.js';
import { freeswitchSound } from '../core/dial-string-freeswitch.js';
import { checkName, textProblem } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { recordFile } from '../core/record-file.js';
import { talkVariables } from '../core/services/queue-result.js';
import type { Feed, HeldSession, OpenSession, SessionEnd } from '../core/switch.js';
import { saidFor } from './announcement.js';
import { EslCall } from './call.js';
import type { SwitchEvent } from './event.js';
import { isTakenAway, MemberMusic, musicEnded, musicOrSilence } from './member-music.js';
import { createDeadMan } from './dead-man.js';
import type { DeadMan } from './dead-man.js';

/** On the channel while a leg may take the caller without asking: its own id. Legs read it (see switch-freeswitch-ring.ts). */
export const waitingVariable = 'tandem_waiting';
/** What says that the talk was: set when it has begun, not before. */
const tellingVariables: readonly string[] = ['TANDEM_RESULT', 'TANDEM_REASON', 'cc_cause', 'cc_agent_bridged'];

export interface MemberSessionLimits {
  /** how often the switch hears that we live */
  readonly aliveEveryMs: number;
  /** after this long without, the caller's music ends and his dialplan goes on; whole seconds */
  readonly aliveSMax: number;
  /** after `prepare` a connection comes within this time, or not at all */
  readonly bridgeMsMax: number;
  /** announcements that wait; more are dropped */
  readonly ordersMax: number;
}

export const memberSessionDefaults: MemberSessionLimits = { aliveEveryMs: 8_000, aliveSMax: 20, bridgeMsMax: 15_000, ordersMax: 16 };

export interface MemberSessionDeps {
  /** of the calls that are given to this */
  readonly switch: SwitchId;
  readonly log: Log;
  /** IANA zone of dates in the names of recordings */
  readonly zone: string;
}

export function createFreeswitchSessions(deps: MemberSessionDeps, limits: Partial<MemberSessionLimits> = {}): OpenSession {
  return (call, member, feed) => {
    if (!(call instanceof EslCall)) throw new AssertionError({ message: 'a call of the event-socket door wanted' });
    return new EslMemberSession(deps, { ...memberSessionDefaults, ...limits }, call, member, feed);
  };
}

class EslMemberSession implements HeldSession {
  readonly call: CallKey;
  readonly ended: Promise<SessionEnd>;
  readonly #deps: MemberSessionDeps;
  readonly #limits: MemberSessionLimits;
  readonly #call: EslCall;
  readonly #member: MemberId;
  readonly #feed: Feed;
  readonly #music: MemberMusic;
  readonly #deadMan: DeadMan;
  readonly #unlisten: () => void;
  #finish: (end: SessionEnd) => void = () => undefined;
  #isOver = false;
  /** the channel has left `socket` */
  #isTaken = false;
  #keys = '';
  #jobs: Promise<void> = Promise.resolve();
  #jobsWaiting = 0;
  #prepared: { readonly order: ConnectOrder; readonly atMs: number; readonly recording: string | undefined } | undefined;

  constructor(deps: MemberSessionDeps, limits: MemberSessionLimits, call: EslCall, member: MemberId, feed: Feed) {
    this.#deps = deps;
    this.#limits = limits;
    this.#call = call;
    this.#member = member;
    this.#feed = feed;
    this.call = { switch: deps.switch, uniqueId: call.uniqueId, channel: call.channel };
    this.#music = new MemberMusic(call.line, call.uniqueId, deps.log);
    this.#deadMan = createDeadMan(call.line, call.uniqueId, limits);
    this.#unlisten = call.line.listen((event) => this.#onEvent(event));
    const over = new Promise<SessionEnd>((resolve) => (this.#finish = resolve));
    this.ended = over.then((end) => this.#leave(end));
    call.signal.addEventListener('abort', () => this.#gone(), { once: true });
    if (call.signal.aborted) this.#gone();
    else this.#begin();
  }

  music(music: string | undefined, keys: string): void {
    this.#keys = keys;
    this.#job('music', async () => {
      const hold = music === undefined ? await this.#holdMusic() : undefined;
      await this.#music.play(musicOrSilence(music, hold));
    });
  }

  message(file: string): void {
    this.#job('message', async () => {
      if (!this.#isBusy)
        await this.#attempt('message', async () => {
          await this.#call.line.run('playback', freeswitchSound(file), 'to-its-end');
        });
      if (!this.#isOver) this.#feed({ type: 'message-ended', member: this.#member });
    });
  }

  announce(announcement: Announcement): void {
    if (this.#jobsWaiting >= this.#limits.ordersMax) return;
    const refused = (file: string, why: string) => this.#deps.log.warn({ call: this.call.uniqueId, file, why }, 'queue: sound left out');
    this.#job('announcement', async () => {
      for (const { application, argument } of saidFor(announcement, refused)) {
        if (this.#isBusy || isTakenAway(await this.#call.line.run(application, argument, 'to-its-end'))) return;
      }
    });
  }

  /** Not behind what is being said: the connection cuts it short. */
  async prepare(order: ConnectOrder): Promise<void> {
    const recording = await this.#recordingOf(order);
    this.#prepared = { order, atMs: this.#nowMs, recording };
    const variables = {
      ...this.#withoutTelling(order),
      ...(recording !== undefined && { cc_record_filename: recording }),
      hangup_after_bridge: String(order.hangUpAfterTalk),
      // we do not stay for the talk: a caller parked after it would be parked for ever
      park_after_bridge: 'false',
    };
    await this.#attempt('variables of the talk', () => this.#store(variables));
  }

  exit(order: ExitOrder): void {
    this.#end({ kind: 'exit', order });
  }

  get #nowMs(): number {
    return this.#call.line.clock.nowMs();
  }

  // ---------------------------------------------------------------- beginning and end

  #begin(): void {
    this.#deadMan.start();
    this.#job('beginning', async () => {
      await this.#call.ignoreKeys();
      await this.#call.store(waitingVariable, this.call.uniqueId);
    });
  }

  #end(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#music.stop();
    this.#unlisten();
    this.#finish(end);
  }

  /** The channel is left as it was found: no music that nobody would end, no order that would come later. */
  async #leave(end: SessionEnd): Promise<SessionEnd> {
    this.#deadMan.stop();
    const { line, uniqueId } = this.#call;
    if (end.kind === 'connected') await this.#attempt('news of the talk', () => this.#tellTalk(end.order));
    else if (line.fate === 'here') {
      line.forgetRuns(musicEnded());
      await this.#attempt('end of the music', async () => {
        await Promise.all([line.api(`uuid_break ${uniqueId} all`), this.#call.store(waitingVariable, '')]);
      });
    } else if (line.fate === 'moved') await this.#attempt('mark of a waiting caller', () => this.#call.store(waitingVariable, ''));
    return end;
  }

  /** The signal of the call: hung up, taken away, connection lost, or Tandem stops. */
  #gone(): void {
    if (this.#isOver) return;
    const { fate } = this.#call.line;
    if (fate === 'here' || fate === 'unknown') {
      this.#feed({ type: 'session-lost', member: this.#member });
      this.#end({ kind: 'lost' });
    } else {
      this.#feed({ type: 'caller-left', member: this.#member, cause: fate === 'moved' ? 'transferred' : 'hangup' });
      this.#end({ kind: 'left' });
    }
  }

  // ---------------------------------------------------------------- what happens

  /** Nothing may be said any more: it would be said into the talk. */
  get #isBusy(): boolean {
    const isConnecting = this.#prepared !== undefined && this.#nowMs - this.#prepared.atMs < this.#limits.bridgeMsMax;
    return this.#isOver || this.#isTaken || isConnecting;
  }

  #onEvent(event: SwitchEvent): void {
    if (event.name === 'CHANNEL_UNPARK') {
      this.#isTaken = true;
      this.#music.stop();
    } else if (event.name === 'DTMF') this.#pressed(event.get('DTMF-Digit') ?? '');
    else if (event.name === 'CHANNEL_BRIDGE') this.#bridged(event);
  }

  #pressed(key: string): void {
    if (key !== '' && this.#keys.includes(key)) this.#feed({ type: 'key-pressed', member: this.#member, key });
  }

  /**
   * By our order, or by a leg that took the caller itself because we were slow: then the switch's link tells the engine.
   * Anybody else who bridges a waiting caller has taken him away.
   */
  #bridged(event: SwitchEvent): void {
    const prepared = this.#prepared;
    if (prepared && this.#nowMs - prepared.atMs < this.#limits.bridgeMsMax) this.#end({ kind: 'connected', order: prepared.order });
    else if (event.variable('cc_cause') === 'answered') this.#end({ kind: 'lost' });
    else {
      this.#feed({ type: 'caller-left', member: this.#member, cause: 'transferred' });
      this.#end({ kind: 'left' });
    }
  }

  // ---------------------------------------------------------------- variables

  #withoutTelling(order: ConnectOrder): Record<string, string> {
    return Object.fromEntries(Object.entries(talkVariables(order, this.#nowMs)).filter(([name]) => !tellingVariables.includes(name)));
  }

  /** The two hear each other: the dialplan behind the talk may know it, and the recording begins. */
  async #tellTalk(order: ConnectOrder): Promise<void> {
    const all = Object.entries(talkVariables(order, this.#nowMs)).filter(([name]) => tellingVariables.includes(name));
    const recording = this.#prepared?.recording;
    await Promise.all([
      this.#store({ ...Object.fromEntries(all), [waitingVariable]: '' }),
      ...(recording === undefined ? [] : [this.#call.line.api(`uuid_record ${this.call.uniqueId} start ${recording}`)]),
    ]);
  }

  async #store(variables: Readonly<Record<string, string>>): Promise<void> {
    const usable = Object.entries(variables).filter(([, value]) => textProblem(value) === undefined);
    await Promise.all(usable.map(([name, value]) => this.#call.store(name, value)));
  }

  /** Whole name of the recording; undefined when there is none or its template cannot be used. */
  async #recordingOf(order: ConnectOrder): Promise<string | undefined> {
    if (order.recordTemplate === undefined) return undefined;
    const { callerIdName, callerIdNumber, extension, uniqueId } = this.#call;
    const { queue, agent, offer, member } = order;
    const values = { queue, agent, offer, member, uuid: uniqueId, caller_id_number: callerIdNumber, caller_id_name: callerIdName };
    return this.#attempt('recording', async () => {
      const clock = { nowMs: this.#nowMs, zone: this.#deps.zone };
      const file = recordFile(order.recordTemplate ?? '', { ...values, destination_number: extension }, clock);
      if (file.startsWith('/')) return file;
      const folder = (await this.#call.line.api('global_getvar recordings_dir')).trim();
      return `${folder === '' || folder.startsWith('-ERR') ? '' : checkName('prompt', folder)}/${file}`;
    });
  }

  async #holdMusic(): Promise<string | undefined> {
    return (await this.#call.getVariable('hold_music')) ?? (await this.#call.line.api('global_getvar hold_music')).trim();
  }

  // ---------------------------------------------------------------- orders one after the other

  #job(what: string, run: () => Promise<void>): void {
    if (this.#isOver) return;
    this.#jobsWaiting++;
    this.#jobs = this.#jobs.then(async () => {
      this.#jobsWaiting--;
      if (!this.#isOver) await this.#attempt(what, run);
    });
  }

  /** A refused command costs what it was for; the caller waits on. */
  async #attempt<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!hasCode(error, 'TDM_CALL_GONE')) this.#deps.log.warn({ call: this.call.uniqueId, what, err: error }, 'queue: command failed');
      return undefined;
    }
  }
}
