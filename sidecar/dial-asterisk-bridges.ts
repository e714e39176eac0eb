/** When a call to a customer talks to somebody: alone in a bridge nobody does, it counts when the second has come (A10). */
import type { AmiPacket } from './ami-packet.js';
import type { DialCall } from './dial-calls.js';

export class DialBridges {
  readonly #calls = new Map<string, DialCall>();
  readonly #bridges = new WeakMap<DialCall, string>();

  /** BridgeEnter, of `own` or of somebody who joins it: the call that is bridged by it, once. */
  entered(event: AmiPacket, own: DialCall | undefined): DialCall | undefined {
    const bridge = event.known('bridgeuniqueid');
    if (bridge === undefined) return undefined;
    if (own && !own.isBridged) {
      this.#calls.set(bridge, own);
      this.#bridges.set(own, bridge);
    }
    const call = this.#calls.get(bridge);
    if (!call || call.isBridged || Number(event.get('bridgenumchannels')) < 2) return undefined;
    call.isBridged = true;
    this.#calls.delete(bridge);
    return call;
  }

  ended(call: DialCall): void {
    const bridge = this.#bridges.get(call);
    if (bridge !== undefined) this.#calls.delete(bridge);
  }

  clear(): void {
    this.#calls.clear();
  }
}
