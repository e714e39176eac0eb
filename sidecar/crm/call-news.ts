/** Calls in the event feed: put together from the journal's outbox, the desk of the queues' owner, and what the CRMs know. */
import { asteriskContact, asteriskContactProblem } from '../../core/dial-string-asterisk.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { joinUrl, type CrmBinding } from '../../core/crm/binding.js';
import type { CustomerRecord } from '../../core/crm/call-news.js';
import type { CrmStore, Responsible } from '../../core/crm-ports.js';
import type { EventFeed } from '../../core/feed-ports.js';
import type { NewsDesk } from '../../core/feed-news.js';
import type { Roles } from '../../core/journal/roles.js';
import type { Log } from '../../core/ports.js';
import { createCallNewsTeller } from '../../core/services/call-news-teller.js';
import type { CallNewsTeller } from '../../core/services/call-news-teller.js';
import type { ResponsibleFinder } from '../../core/services/responsible.js';
import type { Timers } from '../timers.js';

export interface CallNewsSideDeps {
  readonly store: Pick<CrmStore, 'due' | 'delivered'>;
  readonly desk: NewsDesk;
  readonly feed: EventFeed;
  readonly engine: Pick<QueueEngine, 'onNotice' | 'view' | 'isOwner'>;
  readonly roles: Roles;
  readonly customers: Customers;
  readonly timers: Timers;
  readonly log: Log;
}

/** Who knows customers. */
export interface Asked {
  readonly binding: Pick<CrmBinding, 'crm_url'>;
  readonly finder: ResponsibleFinder | undefined;
}

export interface Customers {
  /** Of this moment, without a question. */
  known(number: string): CustomerRecord | undefined;
  /** Asks, within the time of the bindings; never rejects. */
  find(number: string): Promise<CustomerRecord | undefined>;
}

/** The first binding whose CRM has the number. */
export function createCustomers(parts: readonly Asked[]): Customers {
  const asked = parts.flatMap(({ binding, finder }) => (finder ? [{ binding, finder }] : []));
  const known = (number: string): CustomerRecord | undefined => {
    for (const { binding, finder } of asked) {
      const found = recordOf(binding, finder.known(number));
      if (found) return found;
    }
    return undefined;
  };
  return {
    known,
    async find(number) {
      const answers = await Promise.all(
        asked.map(async ({ binding, finder }) => recordOf(binding, number === '' ? undefined : await finder.find(number))),
      );
      return answers.find((answer) => answer !== undefined);
    },
  };
}

function recordOf({ crm_url }: Asked['binding'], found: Responsible | undefined): CustomerRecord | undefined {
  if (!found || (found.status !== 'FOUND' && found.status !== 'NOUSER')) return undefined;
  const { record, module, extension, name, customerName = '' } = found;
  return { record, url: linkTo(crm_url, record, module), name: customerName, responsible: { extension, name } };
}

/** A vTiger's own page of a record; or the link that a receiver of webhooks answered with. */
function linkTo(crmUrl: string | undefined, record: string, module: string | undefined): string {
  if (/^https?:\/\//.test(record) && URL.canParse(record)) return new URL(record).href;
  const [, id] = /^(?:\d+x)?(\d+)$/.exec(record) ?? [];
  if (crmUrl === undefined || id === undefined || module === undefined || !/^\w{1,50}$/.test(module)) return '';
  return `${joinUrl(crmUrl, 'index.php')}?module=${module}&view=Detail&record=${id}`;
}

export function openCallNews({ desk, engine, roles, customers, timers, ...deps }: CallNewsSideDeps): CallNewsTeller {
  const agents = agentsByExtension(engine, roles);
  const told = createCallNewsTeller({
    ...deps,
    note: (news) => desk.note(news),
    agentOf: agents,
    recordOf: (number) => customers.known(number),
    nowMs: () => timers.nowMs(),
    after: (ms, run) => timers.after(ms, run),
  });
  return {
    ...told,
    teller: {
      ...told.teller,
      messagesOf(notice, atMs) {
        const messages = told.teller.messagesOf(notice, atMs);
        // asked while it rings, so that the next event has it; numbers of a campaign only when somebody is rung for them
        if (messages.some(({ event }) => event === 'call.started')) void customers.find(notice.call.customer.number);
        return messages;
      },
    },
  };
}

/** Agents of the queues by the extension of their telephone; read again when one was configured. */
export function agentsByExtension(engine: CallNewsSideDeps['engine'], roles: Roles): (extension: string) => string | undefined {
  let known: Map<string, string> | undefined;
  engine.onNotice(({ type }) => {
    if (type === 'agent-configured') known = undefined;
  });
  function read(): Map<string, string> {
    const found = new Map<string, string>();
    for (const { id, contact } of engine.view().agentConfigs.values()) {
      const extension = extensionOf(contact ?? '', roles) ?? id.split('@')[0] ?? '';
      if (roles.hasExtension(extension) && !found.has(extension)) found.set(extension, id);
    }
    return found;
  }
  return (extension) => (engine.isOwner() ? (known ??= read()).get(extension) : undefined);
}

function extensionOf(contact: string, roles: Roles): string | undefined {
  const [, user] = /^(?:\[[^\]]*\])?(?:user|sofia\/[^/]+|verto\.rtc)\/([^@/]+)/.exec(contact) ?? [];
  if (user !== undefined) return roles.extensionOf('sofia', user);
  if (contact === '' || asteriskContactProblem(contact) !== undefined) return undefined;
  const { device, channel } = asteriskContact(contact);
  const [technology = '', endpoint = ''] = (device ?? channel).split('/');
  return technology === 'Local' ? endpoint.split('@')[0] : roles.extensionOf(technology, endpoint);
}
