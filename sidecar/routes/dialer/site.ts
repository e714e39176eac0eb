/** What belongs to no campaign: the dialer's status and settings, gateways, profiles, its audit (dialer.md A4, B4, B8, B10). */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { pageDefault } from '../../../core/acd/views.js';
import type { DialerSettings } from '../../../core/dialer/campaign.js';
import type { Profile } from '../../../core/dialer/compliance/profile.js';
import type { RuntimeSettings } from '../../../core/dialer-ports.js';
import { maskNumber, maskText } from '../../../core/dialer/mask.js';
import { notesOf } from '../../recorded.js';
import { bodyOf, limitOf, parameter, queryOf } from '../request.js';
import { statusView } from './reference.js';
import { actorOf, notFound, requireWholeSite, type DialerRouteTools } from './tools.js';

const seconds = (min: number, max: number) => z.number().min(min).max(max);

/** The names of A4 that are marked there, in our words. */
export const settingsBody = z
  .strictObject({
    default_ivr: z.string().regex(/^[A-Za-z0-9_.*#@-]{0,20}$/, 'must be an extension of at most 20 characters'),
    service_identifier: z.string().regex(/^[A-Za-z0-9_.:@+-]{0,100}$/, 'must be letters, digits, _ . : @ + -'),
    cycle_s: seconds(1, 600),
    calls_per_second: z.int().min(1).max(1_000),
    max_concurrent_calls: z.int().min(1).max(100_000),
    max_call_minutes: z.int().min(2).max(1_440),
  })
  .partial();

const count = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number);
export const auditQuery = z.strictObject({
  object: z.string().max(100).optional().describe('`campaign <id>`, `contact <id>`, `settings`'),
  from: count.optional().describe('Unix ms'),
  after: count.default(0).describe('`next` of the page before'),
  limit: limitOf,
});
export const gatewayBody = z.strictObject({ paused: z.boolean() });

/** Gateways that may be paused at once. */
const pausedMax = 1_000;

export function createSiteRoutes(tools: DialerRouteTools): Router {
  const router = Router();
  router.get('/dialer/status', async (req, res) => {
    await tools.permit(req, 'dialer-view');
    const now = tools.control.status();
    res.json({ ...statusView(now), owner: tools.control.isOwner() });
  });
  router.get('/dialer/settings', async (req, res) => {
    await tools.permit(req, 'dialer-view');
    res.json(settingsView(tools.control.settings()));
  });
  router.patch('/dialer/settings', (req, res) => changeSettings(tools, req, res));
  router.get('/dialer/gateways', (req, res) => gateways(tools, req, res));
  router.put('/dialer/gateways/:switch/:gateway', (req, res) => pauseGateway(tools, req, res));
  router.get('/dialer/profiles', async (req, res) => {
    await tools.permit(req, 'dialer-view');
    res.json({ items: [...tools.profiles().values()].map(({ name, text, country, modes }) => ({ name, text, country, modes })) });
  });
  router.get('/dialer/profiles/:profile', async (req, res) => {
    await tools.permit(req, 'dialer-view');
    res.json(profileOf(tools, parameter(req, 'profile')));
  });
  router.get('/dialer/audit', (req, res) => audit(tools, req, res));
  router.get('/dialer/audit/verify', async (req, res) => {
    requireWholeSite(await tools.permit(req, 'dialer-admin'), 'the audit of the dialer');
    const broken = await tools.store.verifyAudit();
    res.json({ whole: broken === undefined, ...(broken === undefined ? {} : { firstBroken: broken }) });
  });
  return router;
}

function profileOf(tools: DialerRouteTools, name: string): Profile {
  const profile = tools.profiles().get(name);
  if (!profile) throw notFound('Profile', name);
  return profile;
}

// ------------------------------------------------------------------ settings (A4)

const settingsView = (settings: DialerSettings): Readonly<Record<string, unknown>> => ({
  default_ivr: settings.defaultIvr,
  service_identifier: settings.serviceIdentifier,
  cycle_s: settings.cycleMs / 1000,
  calls_per_second: settings.callsPerSecond,
  max_concurrent_calls: settings.slotsMax,
  max_call_minutes: settings.callMsMax / 60_000,
  voice_connector: settings.voiceConnector !== '',
  domain: settings.domain,
  default_switch: settings.defaultSwitch,
  strict_strings: settings.strictReferenceStrings,
  strict_failover: settings.strictReferenceFailover,
  strict_same_number: settings.strictSameNumber,
  reference_profile: settings.referenceProfile,
  reference_mode: settings.referenceMode,
  reservation_s: settings.reservationMs / 1000,
});

async function changeSettings(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-admin');
  requireWholeSite(who, 'settings of the dialer');
  const body = bodyOf(req, settingsBody);
  const wanted: { -readonly [K in keyof RuntimeSettings]?: RuntimeSettings[K] } = {};
  if (body.default_ivr !== undefined) wanted.defaultIvr = body.default_ivr;
  if (body.service_identifier !== undefined) wanted.serviceIdentifier = body.service_identifier;
  if (body.cycle_s !== undefined) wanted.cycleMs = Math.round(body.cycle_s * 1000);
  if (body.calls_per_second !== undefined) wanted.callsPerSecond = body.calls_per_second;
  if (body.max_concurrent_calls !== undefined) wanted.slotsMax = body.max_concurrent_calls;
  if (body.max_call_minutes !== undefined) wanted.callMsMax = body.max_call_minutes * 60_000;
  const before = settingsView(tools.control.settings());
  const after = settingsView(await tools.control.changeSettings(wanted, actorOf(who)));
  notesOf(res).before = before;
  res.json(after);
}

// ------------------------------------------------------------------ gateways (B8, B11)

interface GatewayView {
  readonly switch: string;
  readonly gateway: string;
  readonly state: string;
  readonly calls: number;
  readonly paused: boolean;
  readonly campaigns: readonly string[];
}

async function gateways(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  requireWholeSite(who, 'gateways of the dialer');
  res.json({ items: await gatewayViews(tools) });
}

/** Those of all campaigns, and those that are paused. */
async function gatewayViews({ store, control }: DialerRouteTools): Promise<readonly GatewayView[]> {
  const { gatewaysPaused: paused = [], defaultSwitch } = control.settings();
  const views = new Map<string, GatewayView>();
  const put = (name: string, view: GatewayView): void => void views.set(name, { ...view, paused: paused.includes(name) });
  for (const campaign of await store.campaigns()) {
    const now = control.live(campaign.id)?.gateways ?? [];
    for (const { switch: given, gateway } of campaign.gateways) {
      const at = given || defaultSwitch;
      const name = `${at} ${gateway}`;
      const before = views.get(name);
      const live = now.find((one) => one.switch === at && one.gateway === gateway);
      put(name, {
        ...{ switch: at, gateway, paused: false },
        state: live?.state ?? before?.state ?? 'unknown',
        calls: live?.calls ?? before?.calls ?? 0,
        campaigns: [...(before?.campaigns ?? []), campaign.id],
      });
    }
  }
  for (const name of paused) {
    const [at = '', gateway = ''] = name.split(' ');
    if (!views.has(name)) put(name, { switch: at, gateway, state: 'unknown', calls: 0, paused: true, campaigns: [] });
  }
  return [...views.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, view]) => view);
}

const gatewayPattern = /^[A-Za-z0-9_.:@-]{1,40}$/;

async function pauseGateway(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  requireWholeSite(who, 'gateways of the dialer');
  const { paused } = bodyOf(req, gatewayBody);
  const [at, gateway] = [parameter(req, 'switch'), parameter(req, 'gateway')];
  const name = `${at} ${gateway}`;
  if (!gatewayPattern.test(at) || !gatewayPattern.test(gateway)) throw notFound('Gateway', name);
  if (!(await gatewayViews(tools)).some((view) => view.switch === at && view.gateway === gateway)) throw notFound('Gateway', name);
  await tools.control.changeSettings(({ gatewaysPaused = [] }) => {
    const others = gatewaysPaused.filter((one) => one !== name);
    return { gatewaysPaused: paused ? [...others, name].slice(-pausedMax) : others };
  }, actorOf(who));
  res.json({ switch: at, gateway, paused });
}

// ------------------------------------------------------------------ audit (B10)

async function audit(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-admin');
  requireWholeSite(who, 'the audit of the dialer');
  const { object, from, after, limit = pageDefault } = queryOf(req, auditQuery);
  const filter = { ...(object === undefined ? {} : { object }), ...(from === undefined ? {} : { fromMs: from }) };
  const found = await tools.store.audit({ ...filter, after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)?.seq : undefined;
  // rows are hashed as they are stored; what is shown is another matter
  const shown = (text: string | undefined): string | undefined => (who.seesNumbers === true || text === undefined ? text : maskText(text));
  // what was put on a list is a number, however short
  const listed = (row: { readonly object: string; readonly after?: string | undefined }): string | undefined =>
    row.object === 'dnc' && who.seesNumbers !== true && !/"prefix":true/.test(row.after ?? '')
      ? row.after?.replace(/"(\d+)"/g, (_, number: string) => `"${maskNumber(number)}"`)
      : row.after;
  const items = page.map((row) => ({ ...row, object: shown(row.object), before: shown(row.before), after: shown(listed(row)) }));
  res.json({ items, ...(next === undefined ? {} : { next: String(next) }) });
}
