import { ownTables } from './000001-own-tables.js';
import { accountAddresses } from './000002-account-addresses.js';
import { queueEngine } from './000003-queue-engine.js';
import { queues } from './000004-queues.js';
import { pauseReasons } from './000005-pause-reasons.js';
import { events } from './000006-events.js';
import { access } from './000007-access.js';
import { reports } from './000008-reports.js';
import { opensips } from './000009-opensips.js';
import { holdTime } from './000010-hold-time.js';
import { dialer } from './000011-dialer.js';
import { crm } from './000012-crm.js';
import { origin } from './000013-origin.js';
import { dialerOutboxCall } from './000014-dialer-outbox-call.js';
import { tollDays } from './000015-toll-days.js';
import { dialerProgress } from './000016-dialer-progress.js';
import type { Migration } from './migration.js';

/** In order; the id is the place in the list plus one (a test checks it). */
export const migrations: readonly Migration[] = [
  ownTables,
  accountAddresses,
  queueEngine,
  queues,
  pauseReasons,
  events,
  access,
  reports,
  opensips,
  holdTime,
  dialer,
  crm,
  origin,
  dialerOutboxCall,
  tollDays,
  dialerProgress,
];
