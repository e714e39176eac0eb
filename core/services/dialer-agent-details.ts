/** Agent details of the voice connector (dialer.md A17.2), answered with its HTTP statuses. */
import { callIdOf } from '../dialer/contact.js';
import type { Contact } from '../dialer/contact.js';
import type { DialerControl, DialerStore } from '../dialer-ports.js';
import { hasCode } from '../errors.js';
import type { Log } from '../ports.js';
import type { DialerSession } from './dialer-session.js';

export interface AgentDetailsDeps {
  readonly session: () => DialerSession | undefined;
  readonly store: Pick<DialerStore, 'contact'>;
  readonly log: Log;
}

type Details = Parameters<DialerControl['agentDetails']>[0];

export function createAgentDetails({ session: current, store, log }: AgentDetailsDeps): DialerControl['agentDetails'] {
  /** The engine knows no such call: late or repeated (409, and an agent who was reserved is freed), or nobody's (404). */
  async function late(session: DialerSession, details: Details): Promise<404 | 409> {
    const contact = await contactOf(store, details.callId);
    if (!contact) return 404;
    if (details.isReserved) {
      const outbox = [endChat(details, contact, session.configuration.settings().serviceIdentifier)];
      await session.saver.save([{ transition: undefined, record: undefined, outbox, dnc: [], audit: [] }]);
      session.outbox?.wake();
    }
    return 409;
  }

  async function handle(session: DialerSession, details: Details): Promise<200 | 404 | 409 | 500> {
    const { callId, agentId, queueName } = details;
    const agentExtension = details.isReserved ? details.agentExtension : undefined;
    const answer = await session.loop.ask({ type: 'agent-details', callId, agentExtension, agentId, queueName });
    if (answer.kind !== 'agent-details') return 500;
    session.outbox?.wake();
    return answer.status === 404 ? late(session, details) : answer.status;
  }

  return async (details) => {
    const session = current();
    if (!session || session.saver.isStoreAway()) return 503; // it may be repeated; the agent is held for the TTL
    try {
      return await handle(session, details);
    } catch (error) {
      if (hasCode(error, 'TDM_STORE_DOWN', 'TDM_STANDBY', 'TDM_STOPPING')) return 503;
      log.error({ error, call: details.callId }, 'agent details of the voice connector could not be handled');
      return 500;
    }
  };
}

/** Of a call id: the contact's own, or with the number of the call behind it (`callIdOf`). */
async function contactOf(store: Pick<DialerStore, 'contact'>, callId: string): Promise<Contact | undefined> {
  const first = await store.contact(callId);
  const [, id, dials] = /^(.+)\.(\d+)$/.exec(callId) ?? [];
  if (first || id === undefined) return first;
  const contact = await store.contact(id);
  return contact && callIdOf(id, Number(dials)) === callId && Number(dials) <= contact.dials ? contact : undefined;
}

/** A17.3; the same late reservation repeated is the same message. */
const endChat = ({ callId, agentExtension }: Details, contact: Contact, serviceIdentifier: string) => ({
  key: `${callId}:end-chat:late-${agentExtension}-${contact.dialTimeMs ?? 0}`,
  kind: 'end-chat' as const,
  body: { uuid: callId, reason: 'LATE_RESERVATION', agentExtension, customerNumber: contact.customerNumber, serviceIdentifier },
});
