/**
 * The dialer over HTTP: the reference's faces at the root, our own API under `/api/v1/dialer`, and the short addresses of
 * campaigns and preview beside the reference's. A process without a dialer says so (404 TDM_DIALER_OFF).
 */
import express, { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { TandemError } from '../../../core/errors.js';
import type { Access } from '../../access.js';
import { limitByAddress } from '../../address-limit.js';
import { asClientError } from '../../app.js';
import type { ApiNeed } from '../permission.js';
import { changeState, createCampaignRoutes, stateActions } from './campaigns.js';
import { createContactRoutes } from './contacts.js';
import { createDncRoutes } from './dnc.js';
import { createExportRoutes } from './export.js';
import { addListRoutes, createListRoutes, type ListRouteTools } from './lists.js';
import { createLiveRoutes, live, why, type LiveTools } from './live.js';
import { createOverviewRoutes } from './overview.js';
import { createPreviewRoutes, previewAction, previewActions } from './preview.js';
import { addReferenceRoutes, sendRefusal, type ReferenceTools } from './reference.js';
import { createDialerReportRoutes } from './report.js';
import { createSiteRoutes } from './site.js';
import { createUploadBodies } from './uploads.js';
import { createWorkRoutes } from './work.js';

export interface DialerApiTools extends ReferenceTools, LiveTools, ListRouteTools {
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
  readonly access?: Pick<Access, 'streams' | 'provenBy'> | undefined;
}

export const dialerApiDefaults = {
  /** of one address in a minute: supervisors' pages, desktops, a campaign manager that sends contacts one by one */
  requestsPerMinuteMax: 60_000,
  /** 1,000 contacts with all their fields */
  contactsBytesMax: 4 * 1024 * 1024,
  jsonBytesMax: 65_536,
};

/** Where the dialer is, in the form of Express. */
const ownRoot = '/api/v1/dialer';
const referenceRoots = ['/contacts', '/campaigns', '/status', '/agent-details'];
const ownShortRoots = ['/preview', '/lists'];
const roots = [ownRoot, ...ownShortRoots, ...referenceRoots];

export function createDialerApi(tools: DialerApiTools, options = dialerApiDefaults): Router {
  const router = Router();
  router.use(roots, limitByAddress(tools, options.requestsPerMinuteMax));
  const parts = [
    createCampaignRoutes(tools),
    createLiveRoutes(tools),
    createOverviewRoutes(tools),
    createContactRoutes(tools),
    createPreviewRoutes(tools),
    createWorkRoutes(tools),
    createSiteRoutes(tools),
    createDialerReportRoutes(tools),
    createDncRoutes(tools),
    createExportRoutes(tools),
    createListRoutes(tools),
  ];
  for (const part of parts) router.use('/api/v1', part);
  addReferenceRoutes(router, tools);
  addShortRoutes(router, tools);
  return router;
}

/** The addresses that dialer.md B2, B8 and B9 name. */
function addShortRoutes(router: Router, tools: LiveTools & ListRouteTools): void {
  addListRoutes(router, '', tools);
  for (const action of stateActions) router.post(`/campaigns/:campaign/${action}`, (req, res) => changeState(tools, action, req, res));
  router.get('/campaigns/:campaign/live', (req, res) => live(tools, req, res));
  router.get('/campaigns/:campaign/why', (req, res) => why(tools, req, res));
  for (const action of previewActions) router.post(`/preview/:agent/${action}`, previewAction(tools, action));
}

/** Everywhere where the dialer would be. */
export function createNoDialer(): RequestHandler {
  const router = Router();
  router.use([ownRoot, ...ownShortRoots], (_req, _res, next) => next(new TandemError('TDM_DIALER_OFF')));
  router.use(referenceRoots, (_req, res) => sendRefusal(res, new TandemError('TDM_DIALER_OFF')));
  return router;
}

/**
 * Bodies that are larger than those of other routes, or whose refusal has the reference's words; stands before the common
 * reader. Nobody's large body is read before it is known whose it is.
 */
export function createDialerBodies(tools: Pick<DialerApiTools, 'admit' | 'permit'>, options = dialerApiDefaults): Router {
  const router = Router();
  const { contactsBytesMax, jsonBytesMax } = options;
  router.use(createUploadBodies());
  router.post('/contacts', inReferenceWords(known(tools.admit)), inReferenceWords(reader(contactsBytesMax)));
  router.post(`${ownRoot}/contacts`, known(tools.permit), reader(contactsBytesMax));
  router.post('/agent-details', inReferenceWords(reader(jsonBytesMax)));
  return router;
}

type Admit = (req: Request, need: ApiNeed) => Promise<unknown>;

const known =
  (admit: Admit): RequestHandler =>
  (req, _res, next) => {
    admit(req, 'dialer-control').then(() => next(), next);
  };

function reader(bytesMax: number): RequestHandler {
  const read = express.json({ limit: bytesMax }) as RequestHandler;
  return (req, res, next) =>
    read(req, res, (e?: unknown) => {
      const refusal = e === undefined ? undefined : asClientError(e);
      const isTooLarge = refusal?.code === 'TDM_TOO_LARGE';
      next(isTooLarge ? new TandemError('TDM_TOO_LARGE', [bytesMax]) : (refusal ?? e));
    });
}

const inReferenceWords =
  (work: RequestHandler): RequestHandler =>
  (req: Request, res: Response, next: NextFunction) =>
    work(req, res, (e?: unknown) => {
      if (e instanceof TandemError) sendRefusal(res, e);
      else next(e);
    });
