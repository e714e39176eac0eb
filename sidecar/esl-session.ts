/**
 * One connection to a FreeSWITCH event socket from dialling to its end: log in in time, then watch that the
 * switch lives. A new object per attempt, so nothing of an old connection can answer in a new one (E4).
 */
import { TandemError } from '../core/errors.js';
import { downReason, GuardedConnection } from '../esl-outbound/connection.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import '../esl-outbound/parser.js';
import type { EslLinkOptions } from './esl-options.js';
import type { Timers } from './timers.js';

export interface EslSessionHooks {
  readonly timers: Timers;
  onEvent(event: SwitchEvent): void;
  onSkipped(reason: string): void;
  /** the switch took the password */
  onLogin(): void;
  /** once; `isRefusal`: the switch does not want us (password, address list) */
  onEnd(reason: string, isRefusal: boolean): void;
}

export class EslSession {
  readonly connection: GuardedConnection;
  readonly #options: Required<EslLinkOptions>;
  readonly #hooks: EslSessionHooks;
  #heardMs: number;
  #isRefusal = false;
  #isLoggedIn = false;
  #cancelTimer: () => void;

  constructor(options: Required<EslLinkOptions>, hooks: EslSessionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#heardMs = hooks.timers.nowMs();
    const { name, replyMsMax, jobMsMax } = options;
    this.connection = new GuardedConnection([options.host, options.port, options.password], {
      name,
      replyMsMax,
      jobMsMax,
      clock: hooks.timers,
    });
    this.#cancelTimer = hooks.timers.after(options.loginMsMax, () => this.end(`not logged in within ${options.loginMsMax} ms`));
    this.connection.listener = {
      onEvent: (event) => this.#onEvent(event),
      onSkipped: (reason) => hooks.onSkipped(reason),
      onAuthRequest: () => void this.#login(),
      onRejection: (notice) => this.#refused(`address refused: ${notice.body.trim()}`),
      onDisconnectNotice: (notice) => this.#onNotice(notice),
      onEnd: (error) => this.#ended(error),
    };
  }

  /** End the connection for a reason of ours. */
  end(reason: string): void {
    this.connection.fail(new TandemError('TDM_SWITCH_DOWN', [this.#options.name, reason]));
  }

  async #login(): Promise<void> {
    const { user, password } = this.#options;
    try {
      await this.connection.command(user === '' ? `auth ${password}` : `userauth ${user}:${password}`);
    } catch (e) {
      if (!this.connection.over) this.#refused(`login refused: ${e instanceof Error ? e.message : 'unknown'}`);
      return;
    }
    this.#isLoggedIn = true;
    this.#watch();
    this.#hooks.onLogin();
  }

  /** Before the login it means that the password was wrong: the reply to `auth` may be in the same packet. */
  #onNotice(notice: SwitchEvent): void {
    const [firstLine = ''] = notice.body.split('\n', 1);
    if (this.#isLoggedIn) this.end(`the switch ended the connection: ${firstLine}`);
    else this.#refused('login refused');
  }

  #refused(reason: string): void {
    this.#isRefusal = true;
    this.end(reason);
  }

  #onEvent(event: SwitchEvent): void {
    if (event.name === 'HEARTBEAT') this.#heardMs = this.#hooks.timers.nowMs();
    this.#hooks.onEvent(event);
  }

  /** Ask for a sign of life now and then, and expect heartbeats (E21). An unanswered ping ends the connection by itself. */
  #watch(): void {
    const { timers } = this.#hooks;
    const { pingEveryMs, heartbeatMsMax } = this.#options;
    this.#cancelTimer();
    this.#heardMs = timers.nowMs();
    const look = () => {
      if (timers.nowMs() - this.#heardMs > heartbeatMsMax) {
        this.end(`no heartbeat for ${heartbeatMsMax} ms`);
        return;
      }
      this.connection.api('status').catch(() => undefined); // its failure has ended the connection
      this.#cancelTimer = timers.after(pingEveryMs, look);
    };
    this.#cancelTimer = timers.after(pingEveryMs, look);
  }

  #ended(error: TandemError): void {
    this.#cancelTimer();
    this.#hooks.onEnd(downReason(error, this.#options.name), this.#isRefusal);
  }
}
