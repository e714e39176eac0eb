/**
 * A waiting caller on Asterisk: an idle FastAGI session with hold music (asterisk-behaviour 3, ways B and C). An agent's
 * leg takes the channel away by its own `Bridge`; what `HANGUP` meant is then asked of the manager link. Should
 * this process die, the music goes on and the dialplan leads the caller back.
 *
 * Keys come from the manager link while the session is idle, and from the commands while it plays. Without a link the
 * session asks for them in short turns, so that orders still get through.
 */
import { AssertionError } from 'node:assert/strict';
import type { Announcement, ConnectOrder, ExitOrder } from '../core/acd/effects.js';
import type { CallKey, MemberId, SwitchId } from '../core/acd/ids.js';
import { textProblem } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { After } from '../core/services/deadline.js';
import { talkVariables } from '../core/services/queue-result.js';
import type { Feed, HeldSession, OpenSession, SessionEnd } from '../core/switch.js';
import { partsOf } from './announcement.js';
import { AgiCall } from './call.js';
import { ChannelFate } from './channel-fate.js';
import type { ChannelWatch } from './channel-watch.js';
import { MemberKeys } from './member-keys.js';

export interface MemberSessionLimits {
  /** one turn of asking for a key without a manager link; an order waits at most this long */
  readonly keyTurnMs: number;
  /** for the variables before a connection; then the caller is connected without them */
  readonly prepareMsMax: number;
  /** orders that wait for the one being carried out; more announcements are dropped */
  readonly ordersMax: number;
}

export const memberSessionDefaults: MemberSessionLimits = { keyTurnMs: 200, prepareMsMax: 500, ordersMax: 32 };

export interface MemberSessionDeps {
  /** of the calls that are given to this */
  readonly switch: SwitchId;
  readonly watch: ChannelWatch;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** between the answer `-1` and the line HANGUP */
const hangupLineMsMax = 200;
/** after `prepare` a connection comes within this time, or not at all */
const connectionMsMax = 15_000;

type Job = () => Promise<SessionEnd | undefined>;

export function createAsteriskSessions(deps: MemberSessionDeps, limits: Partial<MemberSessionLimits> = {}): OpenSession {
  return (call, member, feed) => {
    if (!(call instanceof AgiCall)) throw new AssertionError({ message: 'a call of the FastAGI door wanted' });
    return new AsteriskMemberSession(deps, { ...memberSessionDefaults, ...limits }, call, member, feed);
  };
}

class AsteriskMemberSession implements HeldSession {
  readonly call: CallKey;
  readonly ended: Promise<SessionEnd>;
  private readonly deps: MemberSessionDeps;
  private readonly limits: MemberSessionLimits;
  private readonly line: AgiCall;
  private readonly member: MemberId;
  private readonly feed: Feed;
  private readonly fate: ChannelFate;
  private readonly keys: MemberKeys;
  private readonly jobs: Job[] = [];
  private readonly missing = new Set<string>();
  private musicClass: string | undefined;
  private wake: () => void = () => undefined;
  private language: string | undefined;
  private prepared: { readonly order: ConnectOrder; readonly atMs: number } | undefined;
  private isPlaying = false;
  /** what is being said is cut short: something more urgent waits */
  private isHurried = false;
  private isOver = false;

  constructor(deps: MemberSessionDeps, limits: MemberSessionLimits, line: AgiCall, member: MemberId, feed: Feed) {
    this.deps = deps;
    this.limits = limits;
    this.line = line;
    this.member = member;
    this.feed = feed;
    this.call = { switch: deps.switch, uniqueId: line.uniqueId, channel: line.channel };
    this.fate = new ChannelFate(deps.watch, deps.after, line.uniqueId);
    this.keys = new MemberKeys(deps, line.uniqueId, (key) => this.pressed(key));
    this.keys.onChange = () => this.wake();
    line.signal.addEventListener('abort', () => this.wake(), { once: true });
    this.ended = this.run();
  }

  music(music: string | undefined, keys: string): void {
    this.order(async () => {
      this.musicClass = music;
      this.keys.wanted = keys;
      await this.startMusic();
    });
  }

  message(file: string): void {
    this.order(async () => {
      await this.attempt('message', () => this.play(file, ''));
      this.feed({ type: 'message-ended', member: this.member });
    });
  }

  announce(announcement: Announcement): void {
    if (this.jobs.length >= this.limits.ordersMax) return;
    this.order(() => this.say(announcement));
  }

  /** Not behind what is being said: the agent waits. */
  async prepare(order: ConnectOrder): Promise<void> {
    this.prepared = { order, atMs: this.deps.nowMs() };
    this.hurry();
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.deps.after(this.limits.prepareMsMax, resolve)));
    await Promise.race([this.attempt('variables of the talk', () => this.setTalkVariables(order)), late]);
    cancel();
  }

  exit(order: ExitOrder): void {
    this.hurry();
    this.jobs.length = 0;
    this.enqueue(async () => {
      this.keys.wanted = '';
      await this.attempt('end of the music', () => this.line.stopMusic());
      return { kind: 'exit', order };
    });
  }

  // ---------------------------------------------------------------- the loop

  private order(run: () => Promise<void>): void {
    this.enqueue(() => run().then(() => undefined));
  }

  private enqueue(job: Job): void {
    if (this.isOver) return;
    this.jobs.push(job);
    this.wake();
  }

  private async run(): Promise<SessionEnd> {
    try {
      return await this.work();
    } catch (error) {
      // nothing in the loop may throw while the call lives; should it, the caller keeps the place
      this.deps.log.error({ call: this.line.uniqueId, member: this.member, err: error }, 'session of a waiting caller failed');
      return this.lost();
    } finally {
      this.isOver = true;
      this.jobs.length = 0;
      this.fate.close();
      this.keys.close();
    }
  }

  private async work(): Promise<SessionEnd> {
    while (!this.isGone) {
      const job = this.jobs.shift();
      if (job) {
        this.isHurried = false;
        const end = await job();
        if (end) return end;
      } else if (this.keys.mustAsk) await this.askKey();
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.whatBecame();
  }

  private get isGone(): boolean {
    return this.line.signal.aborted;
  }

  private async askKey(): Promise<void> {
    await this.attempt('key', async () => {
      const key = await this.line.waitForDigit(this.limits.keyTurnMs);
      if (key !== '') this.keys.commandGave(key);
    });
  }

  private pressed(key: string): void {
    if (!this.isOver) this.feed({ type: 'key-pressed', member: this.member, key });
  }

  // ---------------------------------------------------------------- saying something

  private async say(announcement: Announcement): Promise<void> {
    await this.speak(announcement.language);
    for (const part of partsOf(announcement)) {
      if (this.isHurried || this.isGone) break;
      const key = await this.attempt('announcement', () =>
        'file' in part ? this.play(part.file, this.keys.wanted) : this.line.sayNumber(part.number, this.keys.wanted),
      );
      if (key !== undefined && key !== '') {
        this.keys.commandGave(key);
        break;
      }
    }
    await this.startMusic();
  }

  /** A file that is not there is not tried again for this caller (freeswitch-callcenter 8.4). */
  private async play(file: string, keys: string): Promise<string> {
    if (this.missing.has(file)) return '';
    this.isPlaying = true;
    this.keys.isCommandTakingKeys = keys !== '';
    try {
      const { digit, missing } = await this.line.play(file, keys);
      if (missing) {
        this.missing.add(file);
        this.deps.log.warn({ call: this.line.uniqueId, file }, 'queue: sound file is missing');
      }
      return digit;
    } finally {
      this.isPlaying = false;
      this.keys.isCommandTakingKeys = false;
    }
  }

  private async speak(language: string | undefined): Promise<void> {
    if (language === undefined || language === this.language) return;
    this.language = language;
    await this.attempt('language', () => this.line.setVariable('CHANNEL(language)', language));
  }

  /** Every prompt ends the music (asterisk-behaviour 3). */
  private async startMusic(): Promise<void> {
    await this.attempt('music', () => this.line.startMusic(this.musicClass));
  }

  private hurry(): void {
    this.isHurried = true;
    if (this.isPlaying) this.deps.watch.stopPlaying(this.line.channel);
  }

  private async setTalkVariables(order: ConnectOrder): Promise<void> {
    const variables = Object.fromEntries(
      Object.entries(talkVariables(order, this.deps.nowMs())).filter(([, value]) => textProblem(value) === undefined),
    );
    if (!this.line.isBusy) await this.line.setVariables(variables);
    else await this.deps.watch.setVariables(this.line.channel, variables);
  }

  // ---------------------------------------------------------------- the end

  /** A refused command costs what it was for; the caller waits on. */
  private async attempt<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (hasCode(error, 'TDM_CALL_GONE')) await this.goneOrLater();
      else this.deps.log.warn({ call: this.line.uniqueId, what, err: error }, 'queue: command failed');
      return undefined;
    }
  }

  /** The answer of a dead channel comes before its HANGUP (asterisk-behaviour 1.7); no further command till then. */
  private async goneOrLater(): Promise<void> {
    const { signal } = this.line;
    if (signal.aborted) return;
    let cancel = (): void => undefined;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      cancel = this.deps.after(hangupLineMsMax, resolve);
    });
    cancel();
  }

  private async whatBecame(): Promise<SessionEnd> {
    if (!this.line.isHungUp) return this.lost();
    const { prepared } = this;
    const isFresh = prepared !== undefined && this.deps.nowMs() - prepared.atMs < connectionMsMax;
    // not offered to anybody until it is known
    const became = await this.fate.known(isFresh, () => this.feed({ type: 'session-lost', member: this.member }));
    // without news the agent's leg knows better: it tells when its bridge found nobody
    if (prepared && (became === 'bridged' || (became === 'unknown' && isFresh))) return { kind: 'connected', order: prepared.order };
    if (isFresh && became === 'elsewhere') return this.lost();
    const isHangup = became === 'gone' || became === 'unknown';
    this.feed({ type: 'caller-left', member: this.member, cause: isHangup ? 'hangup' : 'transferred' });
    return { kind: 'left' };
  }

  private lost(): SessionEnd {
    this.feed({ type: 'session-lost', member: this.member });
    return { kind: 'lost' };
  }
}
