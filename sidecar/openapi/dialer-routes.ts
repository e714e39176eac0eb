/** The dialer: our own API, the short addresses beside it, and the reference's faces at the root. */
import { z } from 'zod';
import { campaignForm } from '../../core/dialer/campaign-form.js';
import { campaignBody, campaignChangeBody, campaignsQuery } from '../routes/dialer/campaigns.js';
import { callbacksQuery, callsQuery, contactBodies, contactsQuery } from '../routes/dialer/contacts.js';
import { decisionsQuery, liveQuery } from '../routes/dialer/live.js';
import { previewBodies } from '../routes/dialer/preview.js';
import { agentDetailsBody } from '../routes/dialer/reference.js';
import { countersQuery, reportQuery } from '../routes/dialer/report.js';
import { auditQuery, gatewayBody, settingsBody } from '../routes/dialer/site.js';
import { nothingMore } from '../routes/request.js';
import {
  actionView,
  campaignView,
  contactView,
  contactWhyView,
  dialedCallView,
  dialerAuditView,
  gatewaysView,
  intakeBody,
  intakeView,
  liveView,
  overviewView,
  ownActionView,
  ownStatusView,
  previewView,
  stateView,
  statusView,
  whyView,
  workView,
} from './dialer-views.js';
import { openPageOf, pageOf, routes, type RouteDoc } from './route-doc.js';
import { okView } from './views.js';

const one = '/dialer/campaigns/{campaign}';
const row = z.looseObject({});
/** The fields are checked by the core's form; id and revision by the route. */
const newCampaign = campaignForm.extend(campaignBody.shape).meta({ id: 'CampaignRules' });
const changedCampaign = campaignForm.extend(campaignChangeBody.shape).meta({ id: 'CampaignChange' });

const campaigns = routes('dialer campaigns', 'dialer-view', [
  { method: 'get', path: '/dialer/campaigns', summary: 'Campaigns by id', query: campaignsQuery, answer: pageOf(campaignView) },
  {
    method: 'post',
    path: '/dialer/campaigns',
    summary: 'A new campaign, as a draft (docs/dialer-api.md has its fields)',
    need: 'dialer-admin',
    body: newCampaign,
    answer: campaignView,
    status: 201,
  },
  { method: 'get', path: one, summary: 'One campaign with all its rules; its revision is the ETag', answer: campaignView },
  {
    method: 'put',
    path: one,
    summary: 'Its rules anew: what is not said gets its default',
    need: 'dialer-admin',
    body: changedCampaign,
    answer: campaignView,
  },
  {
    method: 'patch',
    path: one,
    summary: 'Some of its rules; they count from the next cycle',
    need: 'dialer-admin',
    body: changedCampaign,
    answer: campaignView,
  },
  { method: 'delete', path: one, summary: 'Remove a campaign that does not run, with its contacts', need: 'dialer-admin', answer: okView },
  ...(['start', 'stop', 'purge'] as const).map(
    (action) =>
      ({
        method: 'post',
        path: `${one}/${action}`,
        summary: {
          start: 'Run it: its stopped contacts are pending again',
          stop: 'Stop it: its pending contacts, and those that come later, wait; calls under way go on',
          purge: 'Remove its pending contacts',
        }[action],
        need: 'dialer-control',
        body: nothingMore,
        answer: ownActionView,
      }) as const,
  ),
  ...stateRoutes(one),
]);

const live = routes('dialer campaigns', 'dialer-view', [
  { method: 'get', path: '/dialer/overview', summary: 'All campaigns with what they do now', answer: overviewView },
  { method: 'get', path: `${one}/live`, summary: 'What it does now, as JSON or as server-sent events', query: liveQuery, answer: liveView },
  { method: 'get', path: `${one}/why`, summary: 'Why does it not dial?', answer: whyView },
  {
    method: 'get',
    path: `${one}/decisions`,
    summary: 'The last decisions of its pacer, newest last',
    query: decisionsQuery,
    answer: z.object({ decisions: z.array(row) }),
  },
  {
    method: 'get',
    path: `${one}/report`,
    summary: 'Compliance report of a period: abandonment, ring times, messages, with their evidence',
    query: reportQuery,
    answer: row,
  },
  {
    method: 'get',
    path: `${one}/counters`,
    summary: 'Calls by 5 minutes',
    query: countersQuery,
    answer: z.object({ items: z.array(row) }),
  },
]);

const contacts = routes('dialer contacts', 'dialer-view', [
  { method: 'get', path: '/dialer/contacts', summary: 'Contacts by arrival', query: contactsQuery, answer: openPageOf(contactView) },
  {
    method: 'post',
    path: '/dialer/contacts',
    summary: 'One contact, or up to 1,000 of them; flat or as CIM messages',
    need: 'dialer-control',
    body: intakeBody,
    answer: intakeView,
    status: 201,
  },
  { method: 'get', path: '/dialer/contacts/{contact}', summary: 'One contact', answer: contactView },
  {
    method: 'patch',
    path: '/dialer/contacts/{contact}',
    summary: 'Change its status, result or next call by hand',
    need: 'dialer-control',
    body: contactBodies.revise,
    answer: contactView,
  },
  {
    method: 'get',
    path: '/dialer/contacts/{contact}/why',
    summary: 'Why is it not called? Each gate with what it says',
    answer: contactWhyView,
  },
  {
    method: 'post',
    path: '/dialer/contacts/{contact}/disposition',
    summary: 'What the agent says after the talk, with its callback, DNC entry or recycling',
    need: 'own-preview',
    body: contactBodies.disposition,
    answer: contactView,
  },
  {
    method: 'post',
    path: '/dialer/contacts/{contact}/recycle',
    summary: 'Call an ended contact again, when the rules of its result let it',
    need: 'dialer-control',
    body: nothingMore,
    answer: contactView,
  },
  { method: 'get', path: '/dialer/calls', summary: 'Ended calls, newest first', query: callsQuery, answer: openPageOf(dialedCallView) },
  {
    method: 'get',
    path: '/dialer/callbacks',
    summary: 'Callbacks that were promised, by their time',
    need: 'own-preview',
    query: callbacksQuery,
    answer: z.object({ items: z.array(contactView) }),
  },
  {
    method: 'post',
    path: '/dialer/callbacks',
    summary: 'Promise a callback',
    need: 'own-preview',
    body: contactBodies.callback,
    answer: contactView,
    status: 201,
  },
]);

const site = routes('dialer', 'dialer-view', [
  { method: 'get', path: '/dialer/status', summary: 'Slots, database, switches, voice connector', answer: ownStatusView },
  { method: 'get', path: '/dialer/settings', summary: 'Settings in force', answer: row },
  {
    method: 'patch',
    path: '/dialer/settings',
    summary: 'Change those that may change while it runs',
    need: 'dialer-admin',
    body: settingsBody,
    answer: row,
  },
  { method: 'get', path: '/dialer/gateways', summary: 'Gateways of all campaigns', answer: gatewaysView },
  {
    method: 'put',
    path: '/dialer/gateways/{switch}/{gateway}',
    summary: 'Pause a gateway: no new calls over it; or let it go on',
    need: 'dialer-control',
    body: gatewayBody,
    answer: z.object({ switch: z.string(), gateway: z.string(), paused: z.boolean() }),
  },
  { method: 'get', path: '/dialer/profiles', summary: 'Profiles of rules', answer: z.object({ items: z.array(row) }) },
  { method: 'get', path: '/dialer/profiles/{profile}', summary: 'One profile with its hours, caps and lists', answer: row },
  {
    method: 'get',
    path: '/dialer/audit',
    summary: 'Who did what; blocked and abandoned calls',
    need: 'dialer-admin',
    query: auditQuery,
    answer: openPageOf(dialerAuditView),
  },
  {
    method: 'get',
    path: '/dialer/audit/verify',
    summary: 'Is the chain of hashes whole?',
    need: 'dialer-admin',
    answer: z.object({ whole: z.boolean(), firstBroken: z.int().optional() }),
  },
]);

const preview = routes('dialer preview', 'own-preview', [
  { method: 'get', path: '/dialer/preview/{agent}', summary: 'The contact that the agent looks at', answer: previewView },
  { method: 'get', path: '/dialer/preview/{agent}/work', summary: 'What the page of an agent shows of the dialer', answer: workView },
  ...previewRoutes('/dialer/preview'),
]);

/** At the root: the reference's faces, and short addresses of ours. */
const atRoot: readonly RouteDoc[] = [
  ...routes('dialer, as the reference', 'dialer-control', [
    {
      method: 'post',
      path: '/contacts',
      summary: 'Contacts come in: one, or up to 1,000 of them; flat or as CIM messages',
      body: intakeBody,
      answer: intakeView,
      status: 201,
    },
    ...(['start', 'stop', 'purge'] as const).map(
      (action) =>
        ({
          method: 'post',
          path: `/campaigns/{campaign}/${action}`,
          summary: {
            start: 'Stopped contacts become pending',
            stop: 'Pending contacts become stopped',
            purge: 'Pending contacts are removed',
          }[action],
          answer: actionView,
        }) as const,
    ),
    { method: 'get', path: '/status', summary: 'How busy the dialer is', need: 'dialer-view', answer: statusView },
    {
      method: 'post',
      path: '/agent-details',
      summary: 'The voice connector has an agent, or none',
      body: agentDetailsBody,
      answer: z.object({ uuid: z.string() }),
    },
  ]),
  ...routes('dialer, short addresses', 'dialer-view', [
    ...stateRoutes('/campaigns/{campaign}'),
    { method: 'get', path: '/campaigns/{campaign}/live', summary: 'What it does now', query: liveQuery, answer: liveView },
    { method: 'get', path: '/campaigns/{campaign}/why', summary: 'Why does it not dial?', answer: whyView },
    ...previewRoutes('/preview'),
  ]),
].map((doc) => ({ ...doc, atRoot: true }));

export const dialerRoutes: readonly RouteDoc[] = [...campaigns, ...live, ...contacts, ...preview, ...site, ...atRoot];

type Untagged = Omit<RouteDoc, 'tag' | 'need'> & { readonly need?: RouteDoc['need'] };

function stateRoutes(path: string): readonly Untagged[] {
  const summaries = {
    pause: 'No new calls; calls under way finish',
    resume: 'Go on',
    drain: 'No new calls; it is done when the last call has ended',
  };
  return Object.entries(summaries).map(([action, summary]) => ({
    method: 'post',
    path: `${path}/${action}`,
    summary,
    need: 'dialer-control',
    body: nothingMore,
    answer: stateView,
  }));
}

function previewRoutes(path: string): readonly Untagged[] {
  const post = (action: keyof typeof previewBodies, summary: string, answer: z.ZodType): Untagged => ({
    method: 'post',
    path: `${path}/{agent}/${action}`,
    summary,
    need: 'own-preview',
    body: previewBodies[action],
    answer,
  });
  return [
    post('next', 'The next contact, please', previewView),
    post('dial', 'Call it', z.object({ callId: z.string() })),
    post('skip', 'Not now: it goes to others, or comes again later', okView),
    post('reject', 'Never: it is ended, with a reason', okView),
  ];
}
