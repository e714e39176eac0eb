/**
 * A small voice connector in this process (dialer.md A17.4, last line): connector mode without a CCM. An agent request
 * reserves an agent of Tandem's own queues and answers with agent details; END_CHAT frees him; a call result becomes the
 * delivery notification of A17.4, posted to a CCM or kept.
 */
import { deliveryStatusOf } from '../core/dialer/results.js';
import type { CallResult } from '../core/dialer/words.js';
import type { DialerAgents, DialerControl, VoiceConnector } from '../core/dialer-ports.js';
import type { Log } from '../core/ports.js';
import type { Timers } from './timers.js';

export interface OwnConnectorOptions {
  /** where delivery notifications go; '' = kept only */
  readonly notificationsUrl: string;
  readonly reservationMs: number;
}

export const ownConnectorLimits = {
  /** notifications that are kept to be looked at */
  keptMax: 1_000,
  /** agents held at once */
  heldMax: 20_000,
  /** an agent who talks is held on; the queue engine ends each hold after an hour */
  holdMs: 3_000_000,
  holdAgainMs: 1_500_000,
  requestMsMax: 5_000,
  /** calls whose end is remembered while a CCM that is away has not been told of it */
  endedMax: 20_000,
};

export interface OwnConnectorDeps {
  readonly agents: Pick<DialerAgents, 'reserve' | 'release'>;
  /** contact of an agent of the queue engine: `PJSIP/1001`, `user/1001@example.org` */
  readonly contactOf: (agent: string) => string | undefined;
  /** wrap-up of this agent after a call of this queue, ms; 0 = none */
  readonly wrapUpMsOf: (agent: string, queue: string) => number;
  /** the dialer's face towards voice connectors (A17.2) */
  readonly agentDetails: DialerControl['agentDetails'];
  readonly newId: () => string;
  readonly fetch: typeof fetch;
  readonly timers: Timers;
  readonly log: Log;
}

type Body = Readonly<Record<string, unknown>>;

export interface OwnVoiceConnector extends VoiceConnector {
  /** newest last */
  notifications(): readonly Body[];
  close(): void;
}

interface Held {
  readonly agent: string;
  readonly queue: string;
  /** ends the renewal */
  readonly cancel: () => void;
}

const keyOf = (callId: string): string => `vc:${callId}`;

/** The part of a contact that a switch knows as the agent's extension; undefined: there is none. */
export function extensionOf(contact: string): string | undefined {
  const plain = contact.replace(/^(?:[[{<][^\]}>]*[\]}>])*/, '');
  const extension = plain.slice(plain.lastIndexOf('/') + 1).replace(/@.*$/, '');
  return /^\+?[A-Za-z0-9_.*#-]{1,40}$/.test(extension) ? extension : undefined;
}

export function createOwnVoiceConnector(
  options: OwnConnectorOptions,
  deps: OwnConnectorDeps,
  limits = ownConnectorLimits,
): OwnVoiceConnector {
  const { agents, timers, log } = deps;
  /** calls whose agent is held */
  const held = new Map<string, Held>();
  const kept: Body[] = [];
  /** calls whose agent went his way, and whose notification the CCM has not taken yet */
  const ended = new Set<string>();

  function free(callId: string): void {
    held.get(callId)?.cancel();
    held.delete(callId);
    agents
      .release(keyOf(callId))
      .catch((error: unknown) => log.warn({ error, call: callId }, 'an agent of the own voice connector could not be freed'));
  }

  /** The answer comes after the request was accepted, as from any voice connector. */
  async function findAgent(callId: string, body: Body): Promise<void> {
    const queue = textOf(body['queue']);
    const agent = body['routingMode'] === 'AGENT' ? textOf(body['resourceId']) : undefined;
    const order = { key: keyOf(callId), queue, agent, untilMs: timers.nowMs() + options.reservationMs, isSoft: true };
    const found = await agents.reserve(order).catch((error: unknown) => ({ reason: String(error) }));
    const extension = 'agent' in found ? extensionOf(deps.contactOf(found.agent) ?? '') : undefined;
    const isReserved = 'agent' in found && extension !== undefined && held.size < limits.heldMax;
    if (!isReserved && 'agent' in found) free(callId);
    const agentId = isReserved ? found.agent : '';
    const status = await deps.agentDetails({ callId, isReserved, agentExtension: extension ?? '', agentId, queueName: queue });
    if (!isReserved) return;
    if (status === 200) holdOn(callId, queue, found.agent);
    else free(callId);
  }

  function holdOn(callId: string, queue: string, agent: string): void {
    const again = (): void => {
      const order = { key: keyOf(callId), queue, agent, untilMs: timers.nowMs() + limits.holdMs, isSoft: false };
      agents.reserve(order).catch(() => undefined);
      held.set(callId, { agent, queue, cancel: timers.after(limits.holdAgainMs, again) });
    };
    again();
  }

  /** The talk is over. The queues did not see it, so his wrap-up is a hold, whatever his telephone does; its end is the hold's. */
  function wrapUp(callId: string): void {
    const { agent, queue, cancel } = held.get(callId) ?? {};
    const wrapUpMs = agent === undefined || queue === undefined ? 0 : Math.min(deps.wrapUpMsOf(agent, queue), limits.holdMs);
    if (agent === undefined || queue === undefined || wrapUpMs <= 0) {
      free(callId);
      return;
    }
    cancel?.();
    held.delete(callId);
    const order = { key: keyOf(callId), queue, agent, untilMs: timers.nowMs() + wrapUpMs, isSoft: false, isBare: true };
    agents.reserve(order).catch((error: unknown) => log.warn({ error, call: callId }, 'wrap-up of an agent could not be kept'));
  }

  async function notify(body: Body): Promise<boolean> {
    const callId = textOf(body['uuid']);
    // the same result again, since the CCM was away: his wrap-up goes on
    if (!ended.has(callId)) {
      if (body['result'] === 'CONNECTED') wrapUp(callId);
      else free(callId);
    }
    const notification = notificationOf(body);
    if (options.notificationsUrl !== '' && !(await sent(notification))) {
      if (ended.size < limits.endedMax) ended.add(callId);
      return false;
    }
    ended.delete(callId);
    kept.push(notification);
    if (kept.length > limits.keptMax) kept.shift();
    return true;
  }

  function notificationOf(body: Body): Body {
    // as the campaign manager sent it, also when the contact was called once more
    const contactId = textOf(body['contactId']) || textOf(body['uuid']);
    return {
      id: deps.newId(),
      header: {
        channelData: { channelCustomerIdentifier: body['customerNumber'], serviceIdentifier: body['serviceIdentifier'] },
        sender: { id: 'dialer', type: 'CONNECTOR', senderName: 'dialer' },
        originalMessageId: contactId,
        schedulingMetaData: { campaignId: body['campaignId'], campaignContactId: body['campaignContactId'] },
      },
      body: {
        type: 'DELIVERYNOTIFICATION',
        messageId: contactId,
        status: deliveryStatusOf(textOf(body['result']) as CallResult),
        reasonCode: body['callResult'],
      },
    };
  }

  async function sent(notification: Body): Promise<boolean> {
    try {
      const response = await deps.fetch(options.notificationsUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'tandem' },
        body: JSON.stringify(notification),
        redirect: 'error',
        signal: AbortSignal.timeout(limits.requestMsMax),
      });
      await response.body?.cancel();
      return response.ok;
    } catch (error) {
      log.debug({ error }, 'a delivery notification could not be posted');
      return false;
    }
  }

  const accepted = { ok: true, status: 202 };
  return {
    async post(path, _key, body) {
      if (path === 'agent-request') {
        const callId = textOf(body['callUid']);
        timers.after(0, () => {
          findAgent(callId, body).catch((error: unknown) =>
            log.error({ error, call: callId }, 'the own voice connector found no agent: an error of ours'),
          );
        });
        return accepted;
      }
      if (path === 'end-chat') free(textOf(body['uuid']));
      else if (!(await notify(body).catch(() => false))) return { ok: false, status: 503 };
      return accepted;
    },
    notifications: () => kept,
    close() {
      for (const { cancel } of held.values()) cancel();
      held.clear();
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
