/**
 * Chats reach an agent's desktop by webhook (O3, B53): one POST for an offer, one when it is taken back, one when the
 * chat begins. The desktop accepts, refuses and ends through the API. Without an address the news of the engine are
 * the only way, and an offer nobody accepts ends by its ring time.
 *
 * Body: JSON `{id, event: "chat-offer" | "chat-cancelled" | "chat-started", offer, agent, queue, member, ...}`. Headers:
 * `X-Tandem-Date` (ISO 8601), `X-Tandem-Sign` = hex HMAC-SHA256 of date, a line feed and the body, when there is a secret.
 */
import { createHmac } from 'node:crypto';
import type { RingOrder } from '../core/acd/effects.js';
import type { Log, Meter } from '../core/ports.js';
import type { ChatPort, Feed } from '../core/switch.js';
import type { Timers } from './timers.js';

export interface ChatWebhookOptions {
  /** undefined: no webhook */
  readonly url: string | undefined;
  /** '' = unsigned */
  readonly secret: string;
  readonly requestMsMax: number;
  /** tries for one message, the pause before the next doubles */
  readonly triesMax: number;
  readonly firstPauseMs: number;
  /** messages on their way; more are not sent */
  readonly pendingMax: number;
}

export const chatWebhookDefaults: ChatWebhookOptions = {
  url: undefined,
  secret: '',
  requestMsMax: 5_000,
  triesMax: 4,
  firstPauseMs: 500,
  pendingMax: 1_000,
};

export interface ChatWebhookDeps {
  readonly feed: Feed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers: Timers;
  readonly fetch?: typeof fetch;
}

/** Messages of one offer on their way: they arrive in the order in which they were given. */
interface Line {
  tail: Promise<void>;
  waiting: number;
  /** the offer itself is not tried again: a desktop that gets it behind its end would show it for ever */
  isTakenBack: boolean;
}

type Message = Readonly<Record<string, unknown>> & { readonly event: string; readonly offer: string };

export function createChatWebhook(given: Partial<ChatWebhookOptions>, deps: ChatWebhookDeps): ChatPort {
  const options = { ...chatWebhookDefaults, ...given };
  const post = deps.fetch ?? fetch;
  let pending = 0;
  let sent = 0;
  const lines = new Map<string, Line>();

  async function attempt(url: string, body: string): Promise<string | undefined> {
    const date = new Date(deps.timers.nowMs()).toISOString();
    const sign =
      options.secret === '' ? {} : { 'x-tandem-sign': createHmac('sha256', options.secret).update(`${date}\n${body}`).digest('hex') };
    try {
      const response = await post(url, {
        method: 'POST',
        redirect: 'error',
        headers: { 'content-type': 'application/json', 'x-tandem-date': date, ...sign },
        body,
        signal: AbortSignal.timeout(options.requestMsMax),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `status ${response.status}`;
    } catch (e) {
      return e instanceof Error ? e.message : String(e);
    }
  }

  /** The problem of the last try; undefined when it arrived. */
  async function deliver(url: string, message: Message, line: Line): Promise<string | undefined> {
    const body = JSON.stringify({ id: `${message.offer}-${++sent}`, ...message });
    let problem: string | undefined;
    for (let tries = 0; tries < options.triesMax; tries++) {
      if (tries > 0) await pause(deps.timers, options.firstPauseMs * 2 ** (tries - 1));
      if (line.isTakenBack && message.event === 'chat-offer') return problem ?? 'taken back before it was sent';
      problem = await attempt(url, body);
      if (problem === undefined) return undefined;
    }
    return problem;
  }

  async function send(message: Message, onLost: (problem: string) => void): Promise<void> {
    if (options.url === undefined) return;
    if (pending >= options.pendingMax) {
      onLost('too many messages on their way');
      return;
    }
    pending++;
    const problem = await inLine(message, options.url);
    pending--;
    deps.meter.count('tandem_chat_webhooks_total', { outcome: problem === undefined ? 'ok' : 'lost' });
    if (problem !== undefined) onLost(problem);
  }

  async function inLine(message: Message, url: string): Promise<string | undefined> {
    const line = lines.get(message.offer) ?? { tail: Promise.resolve(), waiting: 0, isTakenBack: false };
    lines.set(message.offer, line);
    line.waiting++;
    line.isTakenBack ||= message.event === 'chat-cancelled';
    const delivered = line.tail.then(() => deliver(url, message, line));
    line.tail = delivered.then(() => {
      if (--line.waiting === 0) lines.delete(message.offer);
    });
    return delivered;
  }

  const warn = (message: Message) => (problem: string) =>
    deps.log.warn({ offer: message.offer, event: message.event, problem }, 'chat webhook not delivered');

  return {
    ring(order) {
      const message = offerMessage(order);
      void send(message, (problem) => {
        warn(message)(problem);
        deps.feed({ type: 'offer-failed', offer: order.offer, failure: 'unreachable', detail: `webhook: ${problem}`.slice(0, 200) });
      });
    },
    cancel(offer, reason) {
      const message = { event: 'chat-cancelled', offer, reason };
      void send(message, warn(message));
    },
    connect(order) {
      const message = { event: 'chat-started', ...order };
      void send(message, warn(message));
    },
  };
}

function offerMessage(order: RingOrder): Message {
  const { offer, agent, queue, member, contact, callerNumber, callerName, ringMs, language, leadId, variables } = order;
  return {
    event: 'chat-offer',
    offer,
    agent,
    queue,
    member,
    address: contact,
    callerNumber,
    callerName,
    ringMs,
    language,
    leadId,
    variables,
  };
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => void timers.after(ms, resolve));
}
