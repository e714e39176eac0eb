/**
 * One connection to an Asterisk manager, from the first byte to the end, on a fresh Manager of the
 * asterisk-manager library. The library connects, logs in, writes the actions and keeps their callbacks;
 * its reader, dispatcher and reconnecting stay out of use (dependencies section 6, M1 to M15).
 */
import AMI from 'asterisk-manager';
import { TandemError } from '../core/errors.js';
import { encodeAction, type AmiFields } from './ami-action.js';
import type { AmiPacket } from './ami-packet.js';
import { createPendingActions, type AmiActionOptions, type AmiAnswer } from './ami-pending.js';
import { createAmiReader } from './ami-reader.js';
import type { Timers } from './timers.js';

export interface AmiSessionOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly secret: string;
  /** event classes of manager.conf, e.g. `call,agent`; Asterisk sends no others */
  readonly eventMask: string;
  /** from the first SYN to the accepted login and event mask, ms */
  readonly loginMsMax: number;
  /** for actions that name no time of their own, ms */
  readonly actionMs: number;
  readonly pingEveryMs: number;
  readonly pingMsMax: number;
  readonly pendingMax: number;
}

export interface AmiSessionDeps {
  readonly timers: Timers;
  readonly createManager: typeof AMI;
  /** a new ActionID, unique over processes and connections (M6) */
  readonly newId: () => string;
  /** events that were not part of an answer, in order of arrival; must not throw */
  readonly onEvents: (events: readonly AmiPacket[]) => void;
  /** once, also when it never opened; `reason` for people */
  readonly onEnd: (reason: string, isRefusal: boolean) => void;
}

export interface AmiSession {
  /** Resolves when logged in, or ended before. Never rejects: a failure is told by `onEnd`. */
  readonly open: Promise<void>;
  readonly version: string | undefined;
  readonly pending: number;
  readonly action: (fields: AmiFields, options?: AmiActionOptions) => Promise<AmiAnswer>;
  end(reason: string, cause?: unknown): void;
}

const bytesPerRead = 64 * 1024;

export function openAmiSession(options: AmiSessionOptions, deps: AmiSessionDeps): AmiSession {
  const { name } = options;
  const reader = createAmiReader();
  const pending = createPendingActions(name, options.pendingMax, deps.timers);
  const manager = deps.createManager(undefined, undefined, options.user, options.secret, true);
  const socket = new AbortController();
  let phase: 'opening' | 'open' | 'ended' = 'opening';
  let isRefused = false;
  let cancelTimer = deps.timers.after(options.loginMsMax, () => end(`no login within ${options.loginMsMax} ms`));
  let opened: () => void = () => undefined;
  const open = new Promise<void>((resolve) => (opened = resolve));

  function end(reason: string, cause?: unknown): void {
    if (phase === 'ended') return;
    phase = 'ended';
    cancelTimer();
    manager.removeAllListeners();
    // The orphaned socket still reports its abort; without a listener that would end the process.
    manager.on('error', () => undefined);
    socket.abort();
    pending.rejectAll(new TandemError('TDM_SWITCH_DOWN', [name, reason], { cause }));
    opened();
    deps.onEnd(reason, isRefused);
  }

  function read(chunk: Uint8Array): void {
    let packets: readonly AmiPacket[];
    try {
      packets = reader.push(chunk);
    } catch (error) {
      end(describe(error), error);
      return;
    }
    const events: AmiPacket[] = [];
    for (const packet of packets) {
      // A listener of an earlier packet may have ended the session; what follows is of no concern then.
      if (socket.signal.aborted) return;
      if (packet.event !== '') {
        if (!pending.take(packet)) events.push(packet);
      } else if (packet.actionId !== '') respond(packet);
    }
    if (events.length > 0) deps.onEvents(events);
  }

  /** Wake the library's callback. Only ids that it or we gave out: the name of an emitter's event must not come from the wire (M13). */
  function respond(packet: AmiPacket): void {
    const id = packet.actionId;
    const isLogin = phase === 'opening' && /^\d+$/.test(id); // the library numbers its login by the clock
    if (!isLogin && !pending.has(id)) return;
    const isError = packet.get('response')?.toLowerCase() === 'error';
    manager.emit(id, isError ? packet : undefined, packet);
  }

  function action(fields: AmiFields, actionOptions: AmiActionOptions = {}): Promise<AmiAnswer> {
    if (phase === 'ended') return Promise.reject(new TandemError('TDM_SWITCH_DOWN', [name, 'connection ended']));
    const encoded = encodeAction(fields);
    const actionid = deps.newId();
    const answered = (_failure: unknown, packet: unknown) => pending.respond(actionid, packet as AmiPacket);
    const timeoutMs = actionOptions.timeoutMs ?? options.actionMs;
    const answer = pending.wait(actionid, fields.Action, { ...actionOptions, timeoutMs }, () => manager.removeListener(actionid, answered));
    if (pending.has(actionid)) manager.action({ ...encoded, actionid }, answered);
    return answer;
  }

  function onLogin(failure: unknown): void {
    if (failure !== undefined) {
      isRefused = true;
      end(`login refused: ${(failure as AmiPacket).get('message') ?? 'no reason given'}`);
      return;
    }
    action({ Action: 'Events', EventMask: options.eventMask }).then(
      () => {
        if (phase !== 'opening') return;
        phase = 'open';
        cancelTimer();
        pingLater();
        opened();
      },
      (error: unknown) => end(`event mask: ${describe(error)}`, error),
    );
  }

  function pingLater(): void {
    cancelTimer = deps.timers.after(options.pingEveryMs, () => {
      action({ Action: 'Ping' }, { timeoutMs: options.pingMsMax }).then(
        () => {
          if (phase === 'open') pingLater();
        },
        (error: unknown) => end(`Ping: ${describe(error)}`, error),
      );
    });
  }

  manager.removeAllListeners('rawevent'); // the library's dispatcher
  manager.on('error', (error: Error) => end(describe(error), error));
  manager.on('close', () => end('closed by the switch'));
  // With `onread` the library's reader never sees a byte.
  const onread = {
    buffer: Buffer.allocUnsafe(bytesPerRead),
    callback: (length: number, bytes: Uint8Array) => {
      read(bytes.subarray(0, length));
      return true;
    },
  };
  const address = { port: options.port, host: options.host, signal: socket.signal, noDelay: true, onread };
  manager.connect(address, undefined, () => manager.login(onLogin));

  return {
    open,
    get version() {
      return reader.version;
    },
    get pending() {
      return pending.size;
    },
    action,
    end,
  };
}

/** The message, or the code of an error without one (several addresses tried). */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message !== '' ? error.message : ((error as NodeJS.ErrnoException).code ?? error.name);
}
