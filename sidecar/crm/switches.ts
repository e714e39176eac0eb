/** The switches that are configured, Asterisk and FreeSWITCH side by side: what feeds the call journal, and what takes orders. */
import type { CrmSwitch } from '../../core/crm-ports.js';
import type { Log } from '../../core/ports.js';
import type { RunningJournal } from '../../core/services/crm-journal.js';
import type { Links } from '../links.js';
import { freeswitchSwitchDefaults } from '../switch-freeswitch.js';
import type { Timers } from '../timers.js';
import { feedFromAsterisk } from './feed-asterisk.js';
import { feedFromFreeswitch } from './feed-freeswitch.js';
import { createCrmAsterisk } from './switch-asterisk.js';
import { createCrmFreeswitch } from './switch-freeswitch.js';

export interface CrmSwitches {
  readonly byName: ReadonlyMap<string, CrmSwitch>;
  /** Events of all of them from now on; each result ends one. */
  feed(journal: FedJournal): readonly (() => void)[];
}

type FedJournal = Pick<RunningJournal, 'tell' | 'openCalls' | 'isReading'>;

/** `wrapped`: each switch as the requests of CRMs may use it. */
export function openCrmSwitches(
  { ami, esl }: Pick<Links, 'ami' | 'esl'>,
  { timers, log }: { readonly timers: Timers; readonly log: Log },
  wrapped: (port: CrmSwitch) => CrmSwitch,
): CrmSwitches {
  const { domain } = freeswitchSwitchDefaults;
  return {
    byName: new Map([
      ...[...ami].map(([name, link]) => [name, wrapped(createCrmAsterisk(name, { link, timers }))] as const),
      ...[...esl].map(([name, link]) => [name, wrapped(createCrmFreeswitch(name, { link, domain, timers, log }))] as const),
    ]),
    feed: (journal) => [
      ...[...ami].map(([name, link]) => feedFromAsterisk(name, { link, timers, log }, (event) => journal.tell(event))),
      ...[...esl].map(([name, link]) => {
        const known = (): ReadonlySet<string> | undefined => (journal.isReading() ? undefined : channelsOf(journal, name));
        return feedFromFreeswitch(name, { link, known, timers, log }, (event) => journal.tell(event));
      }),
    ],
  };
}

const channelsOf = (journal: FedJournal, at: string): ReadonlySet<string> =>
  new Set(journal.openCalls().flatMap((call) => (call.switch === at ? call.channels.map(({ uniqueId }) => uniqueId) : [])));
