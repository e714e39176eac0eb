/** Who listens to which FreeSWITCH event, and what has to be subscribed for it (esl-outbound spec section 10). */
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { SwitchEvent } from '../esl-outbound/event.js';

export type EslListener = (event: SwitchEvent) => void;

/** What the link itself needs: liveness, and the results of background jobs. */
const ownEvents = ['HEARTBEAT', 'BACKGROUND_JOB'] as const;
const eventName = /^(?:CUSTOM \S+|(?!CUSTOM$)[A-Z_]+)$/;

/** `CHANNEL_ANSWER`, or `CUSTOM callcenter::info` for a subclass. */
export function keyOf(event: SwitchEvent): string {
  return event.name === 'CUSTOM' ? `CUSTOM ${event.get('Event-Subclass') ?? ''}` : event.name;
}

/** One subscription for all names. Behind the word CUSTOM all further words are subclasses, so it comes last. */
export function subscription(names: Iterable<string>): string {
  const all = [...new Set<string>([...ownEvents, ...names])];
  const custom = all.filter((name) => name.startsWith('CUSTOM ')).map((name) => name.slice('CUSTOM '.length));
  const plain = all.filter((name) => !name.startsWith('CUSTOM '));
  return `event json ${[...plain, ...(custom.length ? ['CUSTOM', ...custom] : [])].join(' ')}`;
}

export class EslEvents {
  readonly #name: string;
  readonly #deps: { readonly log: Log; readonly meter: Meter };
  readonly #listeners = new Map<string, Set<EslListener>>();

  constructor(name: string, deps: { readonly log: Log; readonly meter: Meter }) {
    this.#name = name;
    this.#deps = deps;
  }

  /** Names that somebody has asked for, ever: a name stays subscribed. */
  get names(): IterableIterator<string> {
    return this.#listeners.keys();
  }

  /** True when a name is new and must be subscribed. Throws TDM_BAD_VALUE for a text that is no event name. */
  add(names: readonly string[], listener: EslListener): boolean {
    for (const name of names) {
      if (!eventName.test(name)) throw new TandemError('TDM_BAD_VALUE', ['event name', JSON.stringify(name.slice(0, 60))]);
    }
    const isNew = names.some((name) => !this.#listeners.has(name));
    for (const name of names) {
      const listeners = this.#listeners.get(name) ?? new Set<EslListener>();
      this.#listeners.set(name, listeners.add(listener));
    }
    return isNew;
  }

  remove(names: readonly string[], listener: EslListener): void {
    for (const name of names) this.#listeners.get(name)?.delete(listener);
  }

  /** A listener that throws must neither stop the others nor the link. */
  deliver(event: SwitchEvent): void {
    for (const listener of [...(this.#listeners.get(keyOf(event)) ?? [])]) {
      try {
        listener(event);
      } catch (e) {
        this.#deps.meter.count('tandem_esl_listener_errors_total', { switch: this.#name });
        this.#deps.log.error({ err: e, switch: this.#name, event: keyOf(event) }, 'listener of a FreeSWITCH event failed');
      }
    }
  }
}
