/** What the call journal has not stored yet: the newest state of each call, with its messages. Bounded, since a database may be away for long. */
import type { NewCrmMessage } from '../crm-ports.js';
import type { JournalCall } from '../journal/call.js';

export interface CrmBatch {
  readonly calls: readonly JournalCall[];
  readonly messages: readonly NewCrmMessage[];
}

interface Waiting {
  call: JournalCall;
  messages: NewCrmMessage[];
}

export interface CrmWaitingLimits {
  /** beyond it the messages of the call that waits longest are lost */
  readonly messagesMax: number;
  /** beyond it the call that waits longest is lost with its messages; first one that is over */
  readonly callsMax: number;
  /** calls that are stored at once */
  readonly batchMax: number;
}

export class CrmWaiting {
  readonly #limits: CrmWaitingLimits;
  readonly #onLost: (count: number) => void;
  readonly #of = new Map<string, Waiting>();
  #messages = 0;

  /** `onLost`: so many calls and messages are given up. */
  constructor(limits: CrmWaitingLimits, onLost: (count: number) => void) {
    this.#limits = limits;
    this.#onLost = onLost;
  }

  get isEmpty(): boolean {
    return this.#of.size === 0;
  }

  get messageCount(): number {
    return this.#messages;
  }

  call(id: string): JournalCall | undefined {
    return this.#of.get(id)?.call;
  }

  put(call: JournalCall): void {
    const waiting = this.#of.get(call.id);
    if (waiting) waiting.call = call;
    else this.#of.set(call.id, { call, messages: [] });
    if (this.#of.size <= this.#limits.callsMax) return;
    // never the one that has just come: what is told of it comes next
    const isOther = ({ call: other }: Waiting): boolean => other.id !== call.id;
    this.#drop(this.#first((one) => isOther(one) && one.call.state === 'done') ?? this.#first(isOther));
  }

  add(call: JournalCall, message: NewCrmMessage): void {
    if (!this.#of.has(call.id)) this.put(call);
    const waiting = this.#of.get(call.id);
    if (!waiting) {
      this.#onLost(1);
      return;
    }
    waiting.messages.push(message);
    this.#messages += 1;
    if (this.#messages <= this.#limits.messagesMax) return;
    const oldest = this.#first(({ messages }) => messages.length > 0);
    if (!oldest) return;
    this.#messages -= oldest.messages.length;
    this.#onLost(oldest.messages.length);
    oldest.messages = [];
  }

  #first(fits: (waiting: Waiting) => boolean): Waiting | undefined {
    for (const waiting of this.#of.values()) if (fits(waiting)) return waiting;
    return undefined;
  }

  #drop(oldest: Waiting | undefined): void {
    if (!oldest) return;
    this.#of.delete(oldest.call.id);
    this.#messages -= oldest.messages.length;
    this.#onLost(1 + oldest.messages.length);
  }

  /** The calls that wait longest as they are now, each with all its messages: none is ever stored without the other. */
  take(): CrmBatch {
    const calls: JournalCall[] = [];
    const messages: NewCrmMessage[] = [];
    for (const [id, waiting] of this.#of) {
      if (calls.length >= this.#limits.batchMax) break;
      // a fold goes on changing it
      calls.push(JSON.parse(JSON.stringify(waiting.call)) as JournalCall);
      for (const message of waiting.messages) messages.push(message);
      this.#of.delete(id);
    }
    this.#messages -= messages.length;
    return { calls, messages };
  }

  /** A batch that could not be stored: before what came since. */
  takeBack({ calls, messages }: CrmBatch): void {
    const since = new Map(this.#of);
    this.#of.clear();
    for (const call of calls) this.#of.set(call.id, { call, messages: [] });
    for (const message of messages) this.#of.get(message.callId)?.messages.push(message);
    for (const [id, waiting] of since) {
      const earlier = this.#of.get(id);
      this.#of.set(id, { call: waiting.call, messages: [...(earlier?.messages ?? []), ...waiting.messages] });
    }
    this.#messages += messages.length;
  }

  /** Everything is given up; how much it was. */
  clear(): { readonly calls: number; readonly messages: number } {
    const lost = { calls: this.#of.size, messages: this.#messages };
    this.#of.clear();
    this.#messages = 0;
    if (lost.calls > 0) this.#onLost(lost.calls + lost.messages);
    return lost;
  }
}
