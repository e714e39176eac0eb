/** The connection of one call for whoever holds it for long: applications inside one another, and every event. */
import type { Channel, ChannelFate } from './channel.js';
import type { Clock } from './clock.js';
import type { GuardedConnection } from './connection.js';
import type { SwitchEvent } from './event.js';

export class CallLine {
  readonly #connection: GuardedConnection;
  readonly #channel: Channel;
  readonly #uniqueId: string;

  constructor(connection: GuardedConnection, channel: Channel, uniqueId: string) {
    this.#connection = connection;
    this.#channel = channel;
    this.#uniqueId = uniqueId;
  }

  get clock(): Clock {
    return this.#connection.options.clock;
  }

  get fate(): ChannelFate {
    return this.#channel.fate;
  }

  /** Output of an API command as it came. Rejects TDM_SWITCH_DOWN, TDM_SWITCH_SLOW. */
  api(command: string): Promise<string> {
    return this.#connection.api(command);
  }

  /**
   * Run an application; resolves with its completion event. `yielding`: what is ordered later runs inside it, and it goes
   * on behind that; otherwise the orders wait for its end. Rejects TDM_CALL_GONE when the call goes first.
   */
  run(application: string, argument: string, manner: 'yielding' | 'to-its-end'): Promise<SwitchEvent> {
    return this.#connection.execute(this.#uniqueId, application, argument, undefined, manner === 'yielding');
  }

  /** What is ordered and has not begun is forgotten, what runs ends (`uuid_break all`): no completion is waited for. */
  forgetRuns(reason: Error): void {
    this.#connection.endRuns(this.#uniqueId, reason);
  }

  /** Hear every event of the channel; one listener at a time. The result ends it. */
  listen(listener: (event: SwitchEvent) => void): () => void {
    this.#channel.onAny = listener;
    return () => {
      if (this.#channel.onAny === listener) this.#channel.onAny = () => undefined;
    };
  }
}
