/** `/api/v1/dialer/contacts`, `/calls`, `/callbacks`: contacts, the calls made to them, and what agents say of these (B46, B47). */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { pageDefault } from '../../../core/acd/views.js';
import { contactClock } from '../../../core/dialer/compliance/windows.js';
import { placeOf } from '../../../core/dialer/compliance/zones.js';
import type { Campaign } from '../../../core/dialer/campaign.js';
import type { CallRecord, Contact } from '../../../core/dialer/contact.js';
import { afterDisposition, callbackAt, recycled, type Revised } from '../../../core/dialer/dispositions.js';
import { contactStatuses, results } from '../../../core/dialer/words.js';
import type { ContactRevision } from '../../../core/dialer-ports.js';
import { TandemError } from '../../../core/errors.js';
import { isOwn, refuse, type Principal } from '../permission.js';
import { bodyOf, limitOf, nothingMore, parameter, queryOf } from '../request.js';
import { intake } from './reference.js';
import { actorOf, campaignFilter, contactFor, idPattern, type DialerRouteTools } from './tools.js';
import { callView, contactView, contactWhyView } from './views.js';

const count = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number);
const id = z.string().regex(idPattern, 'is no id');
const numberKey = z
  .string()
  .regex(/^\+?[0-9*#]{2,20}$/, 'is no telephone number')
  .transform((number) => number.replace(/^\+/, ''));
/** RFC 3339 with its offset, or Unix ms; as Unix ms */
const time = z
  .union([z.int().min(0).max(8_640_000_000_000_000), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .describe('RFC 3339 with offset, or Unix ms');
/** The year 2100: later is a slip, and never to the store. */
const aheadMsMax = 4_102_444_800_000;
const ahead = time.refine((ms) => ms < aheadMsMax, 'lies too far ahead');
const agentName = z
  .string()
  .min(1)
  .max(150)
  .regex(/^\P{C}+$/u, 'may have no control characters');

export const contactsQuery = z.strictObject({
  campaign: id.optional(),
  status: z.enum(contactStatuses).optional(),
  result: z.enum(results).optional(),
  list: count.optional(),
  number: numberKey.optional().describe('in E.164, with or without +'),
  after: count.default(0).describe('`next` of the page before'),
  limit: limitOf,
});
export const callsQuery = z.strictObject({
  campaign: id.optional(),
  contact: id.optional(),
  result: z.enum(results).optional(),
  number: contactsQuery.shape.number,
  from: count.optional().describe('Unix ms'),
  to: count.optional().describe('Unix ms'),
  before: z
    .string()
    .regex(/^\d{1,15} [A-Za-z0-9_.:@-]{1,60}$/, 'is no cursor of this API')
    .optional()
    .describe('`next` of the page before'),
  limit: limitOf,
});
export const callbacksQuery = z.strictObject({ campaign: id.optional(), agent: agentName.optional(), limit: limitOf });

export const contactBodies = {
  revise: z
    .strictObject({
      status: z.enum(['pending', 'ended']).optional(),
      result: z.enum(results).optional(),
      next_attempt_at: ahead.optional(),
      reason: z.string().max(200).default(''),
    })
    .refine(({ status, result, next_attempt_at: next }) => [status, result, next].some((one) => one !== undefined), {
      message: 'nothing is to be changed',
    }),
  disposition: z.strictObject({
    disposition: z.string().min(1).max(40).describe("a name of the campaign's table"),
    agent: agentName.optional().describe('who says it; absent: the agent of the last call'),
    callback_at: ahead.optional(),
    callback_agent: agentName.optional().describe('the callback waits for this agent'),
  }),
  callback: z.strictObject({
    contact: id,
    callback_at: ahead,
    agent: agentName.optional().describe('waits for this agent alone, for a while'),
  }),
} as const;

export function createContactRoutes(tools: DialerRouteTools): Router {
  const router = Router();
  const one = '/dialer/contacts/:contact';
  router.get('/dialer/contacts', (req, res) => list(tools, req, res));
  router.post('/dialer/contacts', (req, res) => intake(tools, req, res, tools.permit));
  router.get(one, async (req, res) => {
    const who = await tools.permit(req, 'dialer-view');
    res.json(contactView(who, (await contactFor(tools, who, parameter(req, 'contact'))).contact));
  });
  router.patch(one, (req, res) => revise(tools, req, res));
  router.get(`${one}/why`, async (req, res) => {
    const who = await tools.permit(req, 'dialer-view');
    const { contact } = await contactFor(tools, who, parameter(req, 'contact'));
    const why = await tools.control.explainContact(contact.id);
    if (!why) throw new TandemError('TDM_NOT_FOUND', ['Contact', contact.id]);
    res.json(contactWhyView(who, why, tools.nowMs()));
  });
  router.post(`${one}/disposition`, (req, res) => dispose(tools, req, res));
  router.post(`${one}/recycle`, (req, res) => recycle(tools, req, res));
  router.get('/dialer/calls', (req, res) => calls(tools, req, res));
  router.get('/dialer/callbacks', (req, res) => callbacks(tools, req, res));
  router.post('/dialer/callbacks', (req, res) => makeCallback(tools, req, res));
  return router;
}

// ------------------------------------------------------------------ lists

async function list(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { campaign, number, limit = pageDefault, ...rest } = queryOf(req, contactsQuery);
  const filter = { ...rest, campaign: await campaignFilter(tools, who, campaign), numberKey: number };
  const found = await tools.store.contacts({ ...given(filter), after: rest.after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)?.seq : undefined;
  res.json({ items: page.map((contact) => contactView(who, contact)), ...(next === undefined ? {} : { next: String(next) }) });
}

async function calls(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { campaign, contact, number, from, to, before = '', limit = pageDefault, result } = queryOf(req, callsQuery);
  // a contact is of one campaign, which may be seen or not
  const of = contact === undefined ? undefined : (await contactFor(tools, who, contact)).contact;
  const filter = {
    campaign: of ? campaign : await campaignFilter(tools, who, campaign),
    ...{ contact: of?.id, numberKey: number, result, fromMs: from, toMs: to },
  };
  const found = await tools.store.calls({ ...given(filter), before, limit: limit + 1 });
  const page = found.slice(0, limit);
  const next = found.length > limit ? cursorOf(page.at(-1)) : undefined;
  res.json({ items: page.map((call) => callView(who, call)), ...(next === undefined ? {} : { next }) });
}

const cursorOf = (call: CallRecord | undefined): string | undefined => call && `${String(call.placedAtMs)} ${call.callId}`;

/** Without what was not said: filters are not undefined, but absent. */
const given = <T extends object>(filter: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as never;

// ------------------------------------------------------------------ what is said of a contact

async function revise(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const { reason, next_attempt_at: nextAttemptAtMs, ...rest } = bodyOf(req, contactBodies.revise);
  const { contact } = await contactFor(tools, who, parameter(req, 'contact'), 'change');
  await store(tools, who, contact, given({ ...rest, nextAttemptAtMs }), 'revise', reason);
  res.json(contactView(who, await again(tools, contact)));
}

/** By a supervisor, or by the agent who talked. */
async function dispose(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'own-preview');
  const said = bodyOf(req, contactBodies.disposition);
  const { contact, campaign } = await contactOf(tools, who, req);
  const [last] = await tools.store.calls({ contact: contact.id, before: '', limit: 1 });
  if (who.ownOnly === true && !isOwn(who, last?.agent ?? '')) refuse(who, `contact ${contact.id}`);
  const agent = (who.ownOnly === true ? undefined : said.agent) ?? last?.agent ?? '';
  const wish = {
    ...{ name: said.disposition, agent, numberKey: last?.numberKey ?? '' },
    ...{ callbackAtMs: said.callback_at, callbackAgent: said.callback_agent },
  };
  const revision = revisionOf(afterDisposition(contact, campaign, wish, tools.nowMs(), clockOf(tools, contact, campaign)));
  await store(tools, who, contact, revision, 'disposition', said.disposition);
  const isNew = revision.disposition !== contact.disposition;
  if (isNew && campaign.dispositions.some(({ name, isMachine }) => isMachine && name === revision.disposition))
    tools.control.machineSaid(campaign.id);
  res.json(contactView(who, await again(tools, contact)));
}

async function recycle(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  bodyOf(req, nothingMore);
  const { contact, campaign } = await contactOf(tools, who, req);
  const revision = recycled(contact, campaign, tools.nowMs(), clockOf(tools, contact, campaign));
  if (!revision) throw new TandemError('TDM_CONFLICT', [`the rules do not let contact ${contact.id} be called again`]);
  await store(tools, who, contact, revision, 'recycle', '');
  res.json(contactView(who, await again(tools, contact)));
}

async function callbacks(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'own-preview');
  const { campaign, agent, limit = pageDefault } = queryOf(req, callbacksQuery);
  if (who.ownOnly === true && agent !== undefined && !isOwn(who, agent)) refuse(who, `callbacks of ${agent}`);
  const filter = who.ownOnly === true ? { agent: who.agent, campaign } : { agent, campaign: await campaignFilter(tools, who, campaign) };
  const found = await tools.store.callbacks({ ...given(filter), limit });
  res.json({ items: found.map((contact) => contactView(who, contact)) });
}

async function makeCallback(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'own-preview');
  const wish = bodyOf(req, contactBodies.callback);
  const { contact, campaign } = await contactOf(tools, who, req, wish.contact);
  await requireOwnTalk(tools, who, contact);
  // what `tandem_agent` alone orders is kept for the agent himself
  const agent = who.ownOnly === true ? who.agent : wish.agent;
  const revised = callbackAt(contact, campaign, { atMs: wish.callback_at, agent }, tools.nowMs(), clockOf(tools, contact, campaign));
  await store(tools, who, contact, revisionOf(revised), 'callback', '');
  res.status(201).json(contactView(who, await again(tools, contact)));
}

async function requireOwnTalk(tools: DialerRouteTools, who: Principal, contact: Contact): Promise<void> {
  if (who.ownOnly !== true) return;
  const [last] = await tools.store.calls({ contact: contact.id, before: '', limit: 1 });
  if (!isOwn(who, last?.agent ?? '')) refuse(who, `contact ${contact.id}`);
}

/** The contact and the campaign whose rules count. An agent's own talks may be of any campaign. */
async function contactOf(
  tools: DialerRouteTools,
  who: Principal,
  req: Request,
  name = parameter(req, 'contact'),
): Promise<{ readonly contact: Contact; readonly campaign: Campaign }> {
  const { contact, campaign } = await contactFor(tools, who.ownOnly === true ? { ...who, queues: undefined } : who, name, 'change');
  if (!campaign) throw new TandemError('TDM_CONFLICT', [`campaign ${contact.campaignId} is not there any more`]);
  return { contact, campaign };
}

/** Wall clock where the contact lives. */
function clockOf(tools: DialerRouteTools, contact: Contact, campaign: Campaign) {
  const profile = tools.profiles().get(campaign.profile);
  if (!profile) throw new TandemError('TDM_CONFLICT', [`profile ${campaign.profile} of campaign ${campaign.id} is unknown`]);
  return contactClock(placeOf(contact, contact.numberKey, campaign), profile, campaign);
}

function revisionOf(revised: Revised): ContactRevision {
  if ('problem' in revised) throw new TandemError('TDM_BAD_REQUEST', [`${revised.field}: ${revised.problem}`]);
  return revised.revision;
}

async function store(
  tools: DialerRouteTools,
  who: Principal,
  contact: Contact,
  change: ContactRevision,
  action: string,
  reason: string,
): Promise<void> {
  const entry = { atMs: tools.nowMs(), actor: actorOf(who), object: `contact ${contact.id}`, action, reason };
  const before = JSON.stringify({ status: contact.status, result: contact.result, disposition: contact.disposition });
  // entries of DNC lists name the number; their own rows of the audit tell of them
  const after = JSON.stringify({ ...change, dnc: change.dnc?.length });
  const done = await tools.store.reviseContact(contact.id, change, { ...entry, before, after });
  if (!done) throw new TandemError('TDM_CONFLICT', [`a call to contact ${contact.id} is under way`]);
  if (change.status === 'pending') tools.control.wake(contact.campaignId);
}

const again = async (tools: DialerRouteTools, contact: Contact): Promise<Contact> => (await tools.store.contact(contact.id)) ?? contact;
