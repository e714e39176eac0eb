/** How a CRM is reached, as its delivery has seen it (crm-vtiger 9.3, 9.5, 9.6): when it may be asked again, by how many at once, how fast. */
import type { CrmDeliveryDeps, CrmDeliveryOptions, CrmDeliveryState } from './crm-delivery-options.js';

type Deps = Pick<CrmDeliveryDeps, 'binding' | 'nowMs' | 'random' | 'log'>;

export class CrmReach {
  readonly #deps: Deps;
  readonly #options: CrmDeliveryOptions;
  #state: CrmDeliveryState;
  #failures = 0;
  #pausedUntilMs = 0;
  /** no message before, while what piled up is sent */
  #drainFromMs = 0;
  #isDraining = false;

  constructor(deps: Deps, options: CrmDeliveryOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#state = { state: 'unknown', sinceMs: deps.nowMs(), problem: '' };
  }

  state(): CrmDeliveryState {
    return this.#state;
  }

  /** Nothing is sent for so long; 0 or less = now. */
  holdMs(): number {
    return Math.max(this.#pausedUntilMs, this.#drainFromMs) - this.#deps.nowMs();
  }

  /** Requests at once: after a failure one asks, and the others wait for what it hears. */
  roomMax(): number {
    return this.#failures > 0 || this.#isDraining ? 1 : this.#options.inFlightMax;
  }

  /** A message is sent. */
  began(): void {
    if (this.#isDraining) this.#drain();
  }

  /** Nothing waits any more. */
  rested(): void {
    this.#isDraining = false;
  }

  pause(ms: number): void {
    this.#pausedUntilMs = this.#deps.nowMs() + ms;
  }

  /** Whatever it waited for: now it is asked again. */
  resume(): void {
    this.#pausedUntilMs = 0;
    this.#drainFromMs = 0;
    if (this.#state.state === 'gone') this.#state = { state: 'unknown', sinceMs: this.#deps.nowMs(), problem: '' };
  }

  up(): void {
    if (this.#failures > 0) {
      this.#deps.log.info({ binding: this.#deps.binding }, 'the CRM answers again');
      this.#isDraining = true;
      this.#drain();
    }
    this.#failures = 0;
    if (this.#state.state !== 'up') this.#state = { state: 'up', sinceMs: this.#deps.nowMs(), problem: '' };
  }

  /** It is asked again later and later. */
  away(problem: string): void {
    this.down('down', problem);
    this.pause(this.backoffMs(this.#failures - 1));
  }

  down(state: 'down' | 'auth' | 'gone', problem: string): void {
    this.#failures += 1;
    if (this.#state.state === state) return;
    this.#state = { state, sinceMs: this.#deps.nowMs(), problem };
    this.#deps.log.error({ binding: this.#deps.binding, problem }, 'a CRM cannot be told of calls: they wait');
  }

  /** After so many failures of one thing. */
  backoffMs(failures: number): number {
    const { retryMsMin, retryMsMax, jitter } = this.#options;
    const ms = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(Math.max(0, failures), 20));
    return ms * (1 - jitter + 2 * jitter * this.#deps.random());
  }

  #drain(): void {
    this.#drainFromMs = this.#deps.nowMs() + 1_000 / this.#options.drainPerSecond;
  }
}
