import type { Table } from './table.js';
import { liveAgents, liveChannels, manager, sessionsRecent } from './vicidial-agents.js';
import { cccLog, cccLogArchive, settingsContainers, urlLog, vicidialList } from './vicidial-destination.js';
import * as origin from './vicidial-origin.js';

/** Every VICIdial-named table that we read or write. */
export const vicidialTables: readonly Table[] = [
  ...Object.values(origin),
  vicidialList,
  settingsContainers,
  urlLog,
  cccLog,
  cccLogArchive,
  liveAgents,
  sessionsRecent,
  liveChannels,
  manager,
];
