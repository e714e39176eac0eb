/** The door for FreeSWITCH calls: accepts `socket` connections and runs the application each call names. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createAddressList, loopbackOnly } from '../core/address-list.js';
import type { CallApplication } from '../core/call.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { plainName } from './address.js';
import type { ApplicationAddress } from './address.js';
import type { Clock } from './clock.js';
import './parser.js';
import { Session } from './session.js';
import type { Chooser, SessionLimits } from './session.js';

export interface EslServerOptions extends SessionLimits {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
  /** addresses or networks (`10.0.0.0/8`) that may connect; others are closed unheard */
  readonly allow: readonly string[];
  /** more calls are told TDM_BUSY and go on in the dialplan */
  readonly sessionsMax: number;
  /** calls being told so at the same time; beyond that connections are closed at once */
  readonly refusalsMax: number;
}

export const eslServerDefaults: EslServerOptions = {
  host: '127.0.0.1',
  port: 8084,
  allow: loopbackOnly,
  sessionsMax: 2_000,
  refusalsMax: 100,
  handshakeMsMax: 3_000,
  lingerS: 5,
  replyMsMax: 5_000,
  applicationEndMsMax: 5_000,
  exitMsMax: 1_000,
};

/** one line per reason and this time; the metric counts all */
const refusalLogMs = 10_000;

export interface EslServerDeps {
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

export interface EslServer {
  /** Resolves with the port in use. Rejects TDM_BAD_SETTING when the address cannot be had. */
  listen(): Promise<number>;
  /**
   * Take no new calls, wait for the others at most `graceMs`, then stop them; resolves when all are closed,
   * with the number of those that were stopped.
   */
  close(graceMs: number): Promise<number>;
  /** calls that are being served */
  sessions(): number;
}

/** `applications`: by name; a call may spell the name with or without `.agi`. */
export function createEslServer(
  options: Partial<EslServerOptions>,
  applications: Readonly<Record<string, CallApplication>>,
  deps: EslServerDeps,
): EslServer {
  return new OutboundServer({ ...eslServerDefaults, ...options }, applications, deps);
}

class OutboundServer implements EslServer {
  readonly #options: EslServerOptions;
  readonly #applications: ReadonlyMap<string, CallApplication>;
  readonly #deps: EslServerDeps;
  readonly #isAllowed: (address: string) => boolean;
  readonly #sessions = new Set<Session>();
  readonly #server: Server;
  readonly #quietUntilMs = new Map<string, number>();
  #stopping = false;
  #idle: () => void = () => undefined;

  constructor(options: EslServerOptions, applications: Readonly<Record<string, CallApplication>>, deps: Required<EslServerDeps>) {
    this.#options = options;
    this.#applications = new Map(Object.entries(applications).map(([name, application]) => [plainName(name), application]));
    this.#deps = deps;
    this.#isAllowed = createAddressList(options.allow, 'ESL allowed addresses');
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  listen(): Promise<number> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const onError = (e: Error) => reject(new TandemError('TDM_BAD_SETTING', [`ESL address ${host}:${port}`, e.message], { cause: e }));
      this.#server.once('error', onError);
      this.#server.listen(port, host, () => {
        this.#server.off('error', onError);
        this.#server.on('error', (e) => this.#deps.log.error({ err: e }, 'esl: connection could not be accepted'));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  sessions(): number {
    return this.#sessions.size;
  }

  async close(graceMs: number): Promise<number> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const stopped = (await this.#emptyWithin(graceMs)) ? 0 : await this.#stopAll();
    await closed;
    return stopped;
  }

  /** The dialplan of each call is told TDM_STOPPING; who does not end in time is cut. */
  async #stopAll(): Promise<number> {
    const { applicationEndMsMax, replyMsMax, exitMsMax } = this.#options;
    const stopped = this.#sessions.size;
    this.#deps.log.warn({ sessions: stopped }, 'esl: calls are stopped');
    for (const session of this.#sessions) session.stop(new TandemError('TDM_STOPPING'));
    if (!(await this.#emptyWithin(applicationEndMsMax + replyMsMax + exitMsMax))) {
      this.#deps.log.error({ sessions: this.#sessions.size }, 'esl: calls are cut');
      for (const session of this.#sessions) session.destroy(new TandemError('TDM_STOPPING'));
    }
    return stopped;
  }

  #accept(socket: Socket): void {
    const { log } = this.#deps;
    const address = socket.remoteAddress ?? '';
    if (!this.#isAllowed(address)) {
      this.#drop(socket, 'address');
      return;
    }
    const limit = this.#options.sessionsMax;
    const tooMany = this.#sessions.size >= limit;
    if (this.#sessions.size >= limit + this.#options.refusalsMax) {
      this.#drop(socket, 'limit');
      return;
    }
    const choose: Chooser = tooMany ? refuse(new TandemError('TDM_BUSY', [`${limit} calls`])) : (wanted) => this.#choose(wanted);
    this.#track(socket, choose).catch((e: unknown) => {
      log.error({ err: e }, 'esl: session broke');
      socket.destroy();
    });
  }

  async #track(socket: Socket, choose: Chooser): Promise<void> {
    const { meter, clock } = this.#deps;
    const startedMs = clock.nowMs();
    const session = new Session(socket, this.#options, this.#deps); // throws when the peer is gone already
    this.#sessions.add(session);
    meter.set('tandem_esl_sessions', this.#sessions.size);
    const outcome = await session.run(choose);
    this.#sessions.delete(session);
    meter.set('tandem_esl_sessions', this.#sessions.size);
    meter.count('tandem_esl_sessions_total', { outcome });
    meter.observe('tandem_esl_session_seconds', (clock.nowMs() - startedMs) / 1000);
    if (this.#sessions.size === 0) this.#idle();
  }

  #choose(address: ApplicationAddress): CallApplication {
    if (this.#stopping) throw new TandemError('TDM_STOPPING');
    const application = this.#applications.get(address.name);
    if (!application) throw new TandemError('TDM_NOT_FOUND', ['Application', address.name]);
    return application;
  }

  /** Unlike a refused connection this costs an async call its dialplan (spec section 3), so it is kept for strangers and floods. */
  #drop(socket: Socket, reason: 'address' | 'limit'): void {
    this.#refused(reason, { address: socket.remoteAddress });
    socket.on('error', () => undefined); // a reset after our close is of no interest
    socket.destroy();
  }

  /** Counted always, told now and then: a stranger must not be able to fill the log. */
  #refused(reason: string, fields: object): void {
    const { log, meter, clock } = this.#deps;
    meter.count('tandem_esl_refused_total', { reason });
    const nowMs = clock.nowMs();
    if (nowMs < (this.#quietUntilMs.get(reason) ?? -Infinity)) return;
    this.#quietUntilMs.set(reason, nowMs + refusalLogMs);
    log.warn({ ...fields, reason }, 'esl: connection refused');
  }

  /** True when the last session ended in time. */
  #emptyWithin(ms: number): Promise<boolean> {
    if (this.#sessions.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ms, () => resolve(false));
      this.#idle = () => {
        cancel();
        resolve(true);
      };
    });
  }
}

function refuse(error: TandemError): Chooser {
  return () => {
    throw error;
  };
}
