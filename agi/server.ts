/**
 * The FastAGI door: listens, guards, and runs the application that the script name asks for. The
 * caller is never worse off: whatever fails, the session is closed and the dialplan goes on.
 *
 * Metrics: tandem_agi_sessions (gauge), tandem_agi_sessions_total{application,result},
 * tandem_agi_session_seconds{application}, tandem_agi_refused_total{reason},
 * tandem_agi_protocol_errors_total, tandem_agi_command_timeouts_total, tandem_agi_accept_errors_total.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createAddressList, loopbackOnly } from '../core/address-list.js';
import type { CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { findApplication, reasonOf, reportFailure } from './applications.js';
import { AgiCall } from './call.js';
import { scriptName } from './environment.js';
import type { AgiEnvironment } from './environment.js';
import { agiLimitDefaults } from './limits.js';
import type { AgiLimits } from './limits.js';
import { AgiSession } from './session.js';

export interface AgiServerOptions extends AgiLimits {
  readonly host: string;
  /** 0: any free port, see what `listen` resolves to */
  readonly port: number;
  /** connections not yet accepted; Asterisk waits 2 s for a place (asterisk-behaviour 2) */
  readonly backlog: number;
  /** addresses and networks that may connect */
  readonly allow: readonly string[];
  readonly sessionsMax: number;
  /** idle time before TCP looks whether the peer still exists */
  readonly keepAliveMs: number;
}

export const agiServerDefaults: AgiServerOptions = {
  ...agiLimitDefaults,
  host: '127.0.0.1',
  port: 4573,
  backlog: 1_024,
  allow: loopbackOnly,
  sessionsMax: 5_000,
  keepAliveMs: 30_000,
};

export interface AgiServerDeps {
  readonly log: Log;
  readonly meter: Meter;
  /** monotonic or Unix milliseconds, for durations only */
  readonly nowMs?: () => number;
}

export interface AgiServer {
  /** Resolves with the port in use; rejects TDM_BAD_SETTING when the address cannot be had. */
  listen(): Promise<number>;
  /**
   * Stop accepting, let calls finish for up to `graceMs`, then abort their signals and close them.
   * Resolves with the number of calls that had to be aborted.
   */
  close(graceMs: number): Promise<number>;
  /** sessions open now */
  sessions(): number;
}

/** one line per reason and this time; the metric counts all */
const refusalLogMs = 10_000;

type Outcome = 'ok' | 'error' | 'gone' | 'unknown';

export function createAgiServer(
  settings: Partial<AgiServerOptions>,
  applications: Readonly<Record<string, CallApplication>>,
  deps: AgiServerDeps,
): AgiServer {
  return new FastAgiDoor({ ...agiServerDefaults, ...settings }, applications, deps);
}

class FastAgiDoor implements AgiServer {
  private readonly options: AgiServerOptions;
  private readonly applications: Readonly<Record<string, CallApplication>>;
  private readonly deps: AgiServerDeps;
  private readonly nowMs: () => number;
  private readonly allows: (address: string) => boolean;
  private readonly server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  /** each connection until its application has settled and its socket is closed */
  private readonly running = new Map<AgiSession, Promise<void>>();
  private readonly calls = new Set<AgiCall>();
  private readonly quietUntilMs = new Map<string, number>();
  private isStopping = false;

  constructor(options: AgiServerOptions, applications: Readonly<Record<string, CallApplication>>, deps: AgiServerDeps) {
    this.options = options;
    this.applications = applications;
    this.deps = deps;
    this.nowMs = deps.nowMs ?? (() => performance.now());
    this.allows = createAddressList(options.allow, 'FastAGI allowed addresses');
  }

  sessions(): number {
    return this.running.size;
  }

  listen(): Promise<number> {
    const { host, port, backlog } = this.options;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => {
        reject(new TandemError('TDM_BAD_SETTING', ['FastAGI address', `${host}:${port}: ${error.message}`], { cause: error }));
      };
      this.server.once('error', refuse);
      this.server.listen({ host, port, backlog }, () => {
        this.server.off('error', refuse);
        // e.g. no descriptor left for a new connection: the calls we have go on
        this.server.on('error', (error) => this.acceptFailed(error));
        const address = this.server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  async close(graceMs: number): Promise<number> {
    this.isStopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const call of this.calls) call.release();
    await settledWithin([...this.running.values()], graceMs);
    const left = this.running.size;
    const reason = new TandemError('TDM_STOPPING');
    for (const call of [...this.calls]) call.abort(reason);
    for (const session of [...this.running.keys()]) session.destroy('Tandem is stopping');
    await closed; // all sockets are closed; an application that does not heed its signal is left behind
    if (left > 0) this.deps.log.warn({ sessions: left, graceMs }, 'agi: calls aborted at stop');
    return left;
  }

  private acceptFailed(error: Error): void {
    this.deps.meter.count('tandem_agi_accept_errors_total');
    this.deps.log.error({ err: error }, 'agi: connection could not be accepted');
  }

  private accept(socket: Socket): void {
    const reason = this.whyRefused(socket);
    if (reason === undefined) {
      socket.setKeepAlive(true, this.options.keepAliveMs);
      this.track(new AgiSession(socket, this.options));
      return;
    }
    socket.on('error', (error) => this.deps.log.debug({ err: error }, 'agi: refused connection failed'));
    socket.destroy();
    this.refused(reason, { address: socket.remoteAddress });
  }

  private whyRefused(socket: Socket): string | undefined {
    if (socket.remoteAddress === undefined || !this.allows(socket.remoteAddress)) return 'address';
    if (this.isStopping) return 'stopping';
    return this.running.size >= this.options.sessionsMax ? 'sessions-max' : undefined;
  }

  /** Counted always, told now and then: a stranger must not be able to fill the log. */
  private refused(reason: string, fields: object): void {
    this.deps.meter.count('tandem_agi_refused_total', { reason });
    const nowMs = this.nowMs();
    if (nowMs < (this.quietUntilMs.get(reason) ?? -Infinity)) return;
    this.quietUntilMs.set(reason, nowMs + refusalLogMs);
    this.deps.log.warn({ ...fields, reason }, 'agi: connection refused');
  }

  private track(session: AgiSession): void {
    session.on('protocolError', (reason: string) => {
      this.deps.meter.count('tandem_agi_protocol_errors_total');
      this.deps.log.warn({ reason }, 'agi: protocol error');
    });
    session.on('commandTimeout', (error: TandemError) => {
      this.deps.meter.count('tandem_agi_command_timeouts_total');
      this.deps.log.warn({ err: error }, 'agi: command timed out');
    });
    const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
    const done = this.serve(session)
      .then(() => closed)
      .then(() => {
        this.running.delete(session);
        this.deps.meter.set('tandem_agi_sessions', this.running.size);
      });
    this.running.set(session, done);
    this.deps.meter.set('tandem_agi_sessions', this.running.size);
  }

  /** One session from its environment to its close. Never rejects. */
  private async serve(session: AgiSession): Promise<void> {
    const startedAtMs = this.nowMs();
    try {
      const environment = await session.environment;
      const [application, outcome] = await this.runApplication(session, environment);
      this.deps.meter.count('tandem_agi_sessions_total', { application, result: outcome });
      this.deps.meter.observe('tandem_agi_session_seconds', (this.nowMs() - startedAtMs) / 1_000, { application });
    } catch (error) {
      this.refused('environment', { err: error });
    }
    await session.end();
  }

  private async runApplication(session: AgiSession, environment: AgiEnvironment): Promise<[string, Outcome]> {
    const script = scriptName(environment);
    const application = findApplication(this.applications, script);
    const call = new AgiCall(session, environment, this.options);
    const guard = this.closeAfterHangup(session);
    this.calls.add(call);
    try {
      if (!application) throw new TandemError('TDM_NOT_FOUND', ['AGI application', script]);
      await application.run(call);
      return [application.name, 'ok'];
    } catch (error) {
      const outcome = await this.failed(call, script, error);
      return application ? [application.name, outcome] : ['unknown', 'unknown'];
    } finally {
      this.calls.delete(call);
      guard.stop();
    }
  }

  private async failed(call: AgiCall, script: string, error: unknown): Promise<Outcome> {
    const fields = { application: script, uniqueId: call.uniqueId, err: error };
    if (hasCode(error, 'TDM_CALL_GONE')) {
      this.deps.log.debug(fields, 'agi: call gone');
      return 'gone';
    }
    this.deps.log.error(fields, 'agi: application failed');
    if (!call.signal.aborted) {
      await reportFailure(call, reasonOf(error)).catch((e: unknown) =>
        this.deps.log.warn({ ...fields, err: e }, 'agi: result could not be told'),
      );
    }
    return 'error';
  }

  /** An application that overlooks HANGUP must not keep the channel for ever (asterisk-behaviour 1.9). */
  private closeAfterHangup(session: AgiSession): { stop: () => void } {
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      timer = setTimeout(() => void session.end(), this.options.hangupMsMax);
    };
    if (session.hungUp) arm();
    else session.once('hangup', arm);
    return {
      stop: () => {
        session.off('hangup', arm);
        clearTimeout(timer);
      },
    };
  }
}

/** Waits for all, at most `ms`. */
async function settledWithin(promises: readonly Promise<void>[], ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([Promise.all(promises), late]);
  clearTimeout(timer);
}
