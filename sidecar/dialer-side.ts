/** The dialer's faces over HTTP put together; `sidecar/api.ts` mounts them. */
import type { Request, RequestHandler } from 'express';
import type { QueueEngine } from '../core/acd-ports.js';
import { createAddressList } from '../core/address-list.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { FieldProblem } from '../core/dialer/campaign-schema.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import type { Profile } from '../core/dialer/compliance/profile.js';
import type { DialerControl, DialerStore } from '../core/dialer-ports.js';
import type { Log } from '../core/ports.js';
import { createDialerCampaigns } from '../core/services/dialer-campaigns.js';
import { createCampaignFigures } from '../core/services/dialer-figures.js';
import { createIntake } from '../core/services/dialer-intake.js';
import type { Access } from './access.js';
import type { DialerLists } from './dialer-lists.js';
import { createLiveStreams } from './dialer-streams.js';
import { createAdmission } from './routes/dialer/admission.js';
import { createDialerApi, createDialerBodies } from './routes/dialer/api.js';
import { liveView } from './routes/dialer/live.js';
import { idPattern } from './routes/dialer/tools.js';
import type { Permit } from './routes/permission.js';
import type { Timers } from './timers.js';

/** The running dialer as the API wants it. */
export interface DialerFace {
  readonly control: DialerControl;
  readonly store: DialerStore;
  /** absent: those that ship */
  readonly profiles?: () => ReadonlyMap<string, Profile>;
  /** asks the switches for what a campaign needs there (A18, B4) before it is started */
  readonly checkStart?: (campaign: Campaign) => Promise<readonly FieldProblem[]>;
}

export interface DialerSideDeps {
  readonly dialer: DialerFace;
  readonly engine: Pick<QueueEngine, 'isOwner' | 'view'> | undefined;
  readonly permit: Permit;
  readonly access?: Pick<Access, 'streams' | 'provenBy'> | undefined;
  addressOf(req: Request): string;
  /** undefined: no lists are loaded by this process */
  readonly lists?: DialerLists | undefined;
  readonly timers: Timers;
  readonly log: Log;
}

export interface DialerSideOptions {
  /** addresses and networks that need no login at the reference's faces */
  readonly allow: readonly string[];
  readonly proxyHeader: string;
  readonly zone: string;
}

export interface DialerSide {
  /** before the common reader of bodies */
  readonly bodies: RequestHandler;
  readonly routes: RequestHandler;
  close(): void;
}

export function createDialerSide(deps: DialerSideDeps, options: DialerSideOptions): DialerSide {
  const { dialer, timers, log, permit } = deps;
  const { control, store, checkStart } = dialer;
  const profiles = () => dialer.profiles?.() ?? shippedProfiles;
  const nowMs = () => timers.nowMs();
  const addressOf = (req: Request) => deps.addressOf(req);
  const figures = createCampaignFigures({ store, profiles, zone: options.zone, nowMs });
  const streams = createLiveStreams({
    timers,
    log,
    async read(id) {
      const campaign = idPattern.test(id) ? await store.campaign(id) : undefined;
      return campaign && liveView({ control, figures }, campaign);
    },
    onNotice: (listener) => control.onNotice(listener),
  });
  const isTrusted = createAddressList(options.allow, 'addresses of the dialer');
  const tools = {
    control,
    store,
    campaigns: createDialerCampaigns({ store, control, profiles, checkStart, nowMs }),
    takeIn: createIntake({ store, control, nowMs }),
    figures,
    streams,
    profiles,
    suppression: () => suppressionOf(store),
    engine: deps.engine,
    permit,
    admit: createAdmission({ permit, isTrusted, addressOf, proxyHeader: options.proxyHeader.toLowerCase() }),
    addressOf,
    access: deps.access,
    lists: deps.lists,
    log,
    nowMs,
    after: (delayMs: number, run: () => void) => timers.after(delayMs, run),
  };
  return { bodies: createDialerBodies(tools), routes: createDialerApi(tools), close: () => streams.close() };
}

const suppressionKey = 'suppression:';

/** When each national list was brought up to date. */
async function suppressionOf(store: Pick<DialerStore, 'learned'>): Promise<ReadonlyMap<string, number>> {
  const known = new Map<string, number>();
  for (const [key, value] of await store.learned()) {
    const atMs = typeof value === 'object' && value !== null && 'atMs' in value ? value.atMs : undefined;
    if (key.startsWith(suppressionKey) && typeof atMs === 'number') known.set(key.slice(suppressionKey.length), atMs);
  }
  return known;
}
