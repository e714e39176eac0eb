/** The queue engine under `/api/v1`. A process that does not own the queues answers TDM_STANDBY. */
import { Router } from 'express';
import { noToday } from '../../core/board/no-today.js';
import type { Today } from '../../core/report-ports.js';
import type { SegmentPages } from '../../core/segment-ports.js';
import { createLiveBoard } from '../../core/services/live-board.js';
import { limitByAddress } from '../address-limit.js';
import { systemTimers, type Timers } from '../timers.js';
import { boardFrame, createBoardRoutes, type BoardTools } from './board.js';
import { createCallCardRoutes, type CallCardTools } from './call-card.js';
import { createDeskRoutes, type DeskTools } from './desk.js';
import { createExplainRoutes } from './explain.js';
import { createChatRoutes } from './chats.js';
import type { MemberRouteTools } from './join-request.js';
import { createMemberListRoutes } from './member-lists.js';
import { createCallbackRoutes, createMemberRoutes, createMessageRoutes } from './members.js';
import { createPermit, type PermissionDeps } from './permission.js';
import { createProvisioningRoutes, type ProvisioningTools } from './provisioning.js';
import { createAgentRoutes, createQueueRoutes } from './queues.js';
import { createSegmentRoutes } from './segments.js';
import { createStatisticsRoutes, type StatisticsTools } from './statistics.js';
import { createSupervisionRoutes, type SupervisionTools } from './supervision.js';
import { createTierListRoutes } from './tier-lists.js';

export interface QueueApiDeps extends PermissionDeps, Omit<MemberRouteTools & SupervisionTools & ProvisioningTools, 'permit' | 'switches'> {
  /** figures of the day on the live board; absent: noughts */
  readonly today?: Today | undefined;
  readonly timers?: Timers;
  /** absent: no `/statistics` */
  readonly statistics?: StatisticsTools | undefined;
  /** absent: no `/segments` */
  readonly segments?: SegmentPages | undefined;
  readonly cards?: CallCardTools['cards'];
  /** absent: the agent's page shows no lead, and transfers nothing */
  readonly desk?: Pick<DeskTools, 'leads' | 'transferContext'> | undefined;
}

/** Requests of one address in a minute: a wallboard and a hundred desktops. */
export const queueRequestsPerMinuteMax = 6_000;

const sections = [
  'board',
  'queues',
  'agents',
  'pause-reasons',
  'members',
  'callbacks',
  'messages',
  'chats',
  'offers',
  'calls',
  'tiers',
  'skills',
  'decisions',
  'segments',
  'statistics',
  'dispatching',
  'dispatches',
  'provisioning',
  'explain',
];

/** Stands before the routes of the administrator, whose limit is lower. */
export function createQueueApi(
  deps: QueueApiDeps,
  options: { readonly requestsPerMinuteMax: number } = { requestsPerMinuteMax: queueRequestsPerMinuteMax },
): Router {
  const tools = {
    ...deps,
    nowMs: () => deps.nowMs(),
    newId: () => deps.newId(),
    permit: createPermit(deps),
    switches: [...deps.ports.keys()],
  };
  const router = Router();
  router.use(
    sections.map((section) => `/api/v1/${section}`),
    limitByAddress(deps, options.requestsPerMinuteMax),
  );
  const parts = [
    createSupervisionRoutes(tools),
    createQueueRoutes(tools),
    createAgentRoutes(tools),
    createCallCardRoutes(tools),
    createMemberRoutes(tools),
    createMemberListRoutes(tools),
    createTierListRoutes(tools),
    ...(deps.segments ? [createSegmentRoutes({ ...tools, segments: deps.segments })] : []),
    ...(deps.statistics ? [createStatisticsRoutes({ ...tools, statistics: deps.statistics })] : []),
    createCallbackRoutes(tools),
    createMessageRoutes(tools),
    createChatRoutes(tools),
    createExplainRoutes(tools),
    createProvisioningRoutes(tools),
    createBoardRoutes(boardTools(tools)),
    ...(deps.desk ? [createDeskRoutes({ ...tools, ...deps.desk })] : []),
  ];
  for (const part of parts) router.use('/api/v1', part);
  return router;
}

/** One board for all who watch. */
function boardTools(tools: Omit<QueueApiDeps, 'permit'> & Pick<BoardTools, 'permit'>): BoardTools {
  const { engine, today = noToday, timers = systemTimers } = tools;
  const after = (delayMs: number, run: () => void) => timers.after(delayMs, run);
  const board = createLiveBoard({ engine, today, frame: boardFrame, nowMs: () => tools.nowMs(), after });
  return { ...tools, nowMs: () => tools.nowMs(), board, after };
}
