/** Which applications each door offers, put together once from the services. */
import { createAgiCallerCode } from '../agi/caller-code.js';
import { createAgiLookupInsert } from '../agi/lookup-insert.js';
import { withoutGuard } from '../agi/guard.js';
import { createAsteriskMenu } from '../agi/menu.js';
import { createAsteriskQueueEntry } from '../agi/queue-entry.js';
import type { CallApplication } from '../core/call.js';
import type { Containers, Handovers, Log, Meter, Menus } from '../core/ports.js';
import { createForeignCode } from '../core/services/foreign-code.js';
import type { LookupExit, LookupInsert } from '../core/services/lookup-insert.js';
import { lookupLetter } from '../core/services/run-script.js';
import type { TagCallDeps } from '../core/services/tag-call.js';
import { createEslCallerCode } from '../esl-outbound/caller-code.js';
import { createEslLookupInsert } from '../esl-outbound/lookup-insert.js';
import { createFreeswitchMenu } from '../esl-outbound/menu.js';
import { createFreeswitchQueueEntry } from '../esl-outbound/queue-entry.js';

export interface ApplicationDeps extends Omit<TagCallDeps, 'log' | 'meter'> {
  readonly lookup: LookupInsert;
  readonly containers: Containers;
  readonly handovers: Handovers;
  readonly menus: Menus;
  readonly log: Log;
  readonly meter: Meter;
}

export interface ApplicationOptions {
  readonly serverIp: string;
  readonly silence: boolean;
  readonly failExit: LookupExit;
  /** how old a call of ours may be whose code still names its lead in a queue */
  readonly codeWindowMs: number;
}

export type Applications = Readonly<Record<string, CallApplication>>;

export function createApplications(
  deps: ApplicationDeps,
  options: ApplicationOptions,
): { readonly agi: Applications; readonly esl: Applications } {
  const lookupOptions = { silence: options.silence, internalErrorExit: options.failExit };
  const tagOptions = { serverIp: options.serverIp };
  const isForeignCode = createForeignCode(deps, options.codeWindowMs);
  const queueDeps = { log: deps.log, meter: deps.meter, isForeignCode };
  const menuDeps = (applications: Applications, lookup: CallApplication | undefined) => ({
    menus: deps.menus,
    log: deps.log,
    meter: deps.meter,
    nowMs: deps.nowMs,
    isForeignCode,
    applications,
    runLookup: lookupLetter(lookup ?? (() => Promise.resolve())),
  });

  const agi: Record<string, CallApplication> = { ...createAgiLookupInsert(deps, lookupOptions), ...createAgiCallerCode(deps, tagOptions) };
  const queueEntry = createAsteriskQueueEntry(queueDeps);
  agi['queue_entry'] = withoutGuard(queueEntry);
  agi['menu'] = withoutGuard(createAsteriskMenu(menuDeps(agi, agi['ccc_lookup_insert'])));

  const esl: Record<string, CallApplication> = { ...createEslLookupInsert(deps, lookupOptions), ...createEslCallerCode(deps, tagOptions) };
  esl['queue_entry'] = createFreeswitchQueueEntry(queueDeps);
  esl['menu'] = createFreeswitchMenu(menuDeps(esl, esl['ccc_lookup_insert']));
  return { agi, esl };
}
