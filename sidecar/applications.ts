/** Which applications each door offers, put together once from the services. */
import { createAgiCallerCode } from '../agi/caller-code.js';
import { createAgiLookupInsert } from '../agi/lookup-insert.js';
import { withoutGuard } from '../agi/guard.js';
import { createAsteriskMenu } from '../agi/menu.js';
import { asteriskQueue } from '../agi/queue-entry.js';
import type { CallApplication } from '../core/call.js';
import type { DialerDoor } from '../core/dialer-ports.js';
import type { Containers, Handovers, Log, Meter, Menus } from '../core/ports.js';
import { createQueueEntry } from '../core/services/enter-queue.js';
import { createForeignCode } from '../core/services/foreign-code.js';
import type { LookupExit, LookupInsert } from '../core/services/lookup-insert.js';
import { lookupLetter } from '../core/services/run-script.js';
import type { TagCallDeps } from '../core/services/tag-call.js';
import type { TrackedCalls } from '../core/services/tracked-calls.js';
import { createEslCallerCode } from '../esl-outbound/caller-code.js';
import { createEslLookupInsert } from '../esl-outbound/lookup-insert.js';
import { createFreeswitchMenu } from '../esl-outbound/menu.js';
import { freeswitchQueue } from '../esl-outbound/queue-entry.js';
import { doorAgentLeg, doorAgents, doorDialerCalls, doorMessages, doorQueues, doorTracks } from './queue-doors.js';
import type { AcdDoors } from './queue-doors.js';

export interface ApplicationDeps extends Omit<TagCallDeps, 'log' | 'meter'> {
  readonly lookup: LookupInsert;
  readonly containers: Containers;
  readonly handovers: Handovers;
  readonly menus: Menus;
  readonly log: Log;
  readonly meter: Meter;
  /** Tandem's own queues; without them `queue_entry` leads to the switch's */
  readonly queueDoors?: AcdDoors | undefined;
  /** answered calls of campaigns come to it */
  readonly dialerDoor?: DialerDoor | undefined;
  /** the same at both doors */
  readonly more?: Applications | undefined;
  /** agents' calls outside the queues */
  readonly tracked?: TrackedCalls | undefined;
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
  const queues = doorQueues(deps.queueDoors, { asterisk: asteriskQueue(), freeswitch: freeswitchQueue(deps.log) }, deps);
  const agents = doorAgents(deps.queueDoors, deps);
  const messages = doorMessages(deps.queueDoors, deps);
  const dialled = doorDialerCalls(deps.queueDoors, deps.dialerDoor, deps);
  const tracks = doorTracks(deps.queueDoors, deps.tracked, deps);
  const menuDeps = (kind: keyof typeof queues, applications: Applications) => ({
    menus: deps.menus,
    log: deps.log,
    meter: deps.meter,
    nowMs: deps.nowMs,
    isForeignCode,
    queues: queues[kind],
    applications,
    runLookup: lookupLetter(applications['ccc_lookup_insert'] ?? (() => Promise.resolve())),
  });

  const agi: Record<string, CallApplication> = {
    ...deps.more,
    ...createAgiLookupInsert(deps, lookupOptions),
    ...createAgiCallerCode(deps, tagOptions),
  };
  agi['queue_entry'] = withoutGuard(createQueueEntry({ ...queueDeps, queues: queues.asterisk }));
  const agentLeg = doorAgentLeg(deps.queueDoors, deps);
  if (agentLeg) agi['agent_leg'] = agentLeg;
  // the guard stays: it ends soon, and the channel may be dead already
  if (messages.asterisk) agi['queue_message'] = messages.asterisk;
  if (dialled.asterisk) agi['dialer_call'] = dialled.asterisk;
  if (tracks.asterisk) agi['callcenter_track'] = tracks.asterisk;
  if (agents.asterisk) agi['agent'] = withoutGuard(agents.asterisk);
  agi['menu'] = withoutGuard(createAsteriskMenu(menuDeps('asterisk', agi)));

  const esl: Record<string, CallApplication> = {
    ...deps.more,
    ...createEslLookupInsert(deps, lookupOptions),
    ...createEslCallerCode(deps, tagOptions),
  };
  esl['queue_entry'] = createQueueEntry({ ...queueDeps, queues: queues.freeswitch });
  if (messages.freeswitch) esl['queue_message'] = messages.freeswitch;
  if (dialled.freeswitch) esl['dialer_call'] = dialled.freeswitch;
  if (tracks.freeswitch) esl['callcenter_track'] = tracks.freeswitch;
  if (agents.freeswitch) esl['agent'] = agents.freeswitch;
  esl['menu'] = createFreeswitchMenu(menuDeps('freeswitch', esl));
  return { agi, esl };
}
