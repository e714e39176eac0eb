/** Preview (B42): an agent sees a contact, then dials, skips or rejects it, or his time is over. */
import type { Campaign } from '../campaign.js';
import { e164Forms, numberKeyOf } from '../compliance/numbers.js';
import type { HopperContact } from '../engine-words.js';
import { previewsMax } from './bounds.js';
import { failContact, ownerOf, queueOf, suits } from './candidates.js';
import { claim, nextCallId } from './claims.js';
import type { DialerAnswer, PreviewView } from './engine-types.js';
import { wayFor } from './gateways.js';
import { askHold, dropHold } from './holds.js';
import { hopperOf, putBack, takeOut } from './hoppers.js';
import { callResultMessages } from './messages.js';
import { isPreview } from './modes.js';
import type { Hold, Preview } from './parts.js';
import { freeSlots } from './slots.js';
import { invalidGateway } from '../words.js';
import type { DialerWorld } from './world.js';

/** Agents whose skips a contact remembers, at most. */
const skipsMax = 100;

const refused = (code: 'TDM_NOT_FOUND' | 'TDM_CONFLICT' | 'TDM_BUSY', reason: string): DialerAnswer => ({ kind: 'refused', code, reason });
const done: DialerAnswer = { kind: 'done' };

export const previewView = ({ campaign, contact, agent, offeredAtMs, untilMs }: Preview): PreviewView => ({
  ...{ campaign, contact, agent, offeredAtMs, untilMs },
});

/** The contact that waits longest among the agent's campaigns, his own callbacks first. */
export function previewNext(w: DialerWorld, agent: string, campaignId: string | undefined): DialerAnswer {
  const open = w.previews.get(agent);
  if (open) return { kind: 'preview-offer', offer: previewView(open) };
  if (campaignId !== undefined && !w.campaigns.has(campaignId)) return refused('TDM_NOT_FOUND', `campaign "${campaignId}"`);
  if (w.previews.size >= previewsMax) return refused('TDM_BUSY', `${previewsMax} previews at once`);
  const mine = [...w.campaigns.values()].filter((campaign) => isHis(w, campaign, agent, campaignId));
  if (mine.length === 0) return refused('TDM_CONFLICT', `agent ${agent} is not ready, or has no preview campaign`);
  const found = mine.flatMap((campaign) => firstFor(w, campaign, agent)).sort((a, b) => inOrder(w, agent, a, b))[0];
  return { kind: 'preview-offer', offer: found && offer(w, found.campaign, found.contact, agent) };
}

function isHis(w: DialerWorld, campaign: Campaign, agent: string, wanted: string | undefined): boolean {
  if (!isPreview(campaign) || !w.isRunning(campaign.id) || (wanted !== undefined && wanted !== campaign.id)) return false;
  const view = w.tick?.agents.get(campaign.queue);
  return view?.agents.some(({ id, state }) => id === agent && state === 'ready') ?? false;
}

interface Found {
  readonly campaign: Campaign;
  readonly contact: HopperContact;
}

function firstFor(w: DialerWorld, campaign: Campaign, agent: string): readonly Found[] {
  const free = hopperOf(w, campaign.id).items.filter(
    (contact) => !w.busy.has(contact.id) && !w.numbers.has(contact.numberKey) && suits(w, campaign, contact, agent),
  );
  const contact = free.find((c) => ownerOf(w, campaign, c) === agent) ?? free[0];
  return contact ? [{ campaign, contact }] : [];
}

function inOrder(w: DialerWorld, agent: string, a: Found, b: Found): number {
  const isOwn = (f: Found): number => Number(ownerOf(w, f.campaign, f.contact) === agent);
  return isOwn(b) - isOwn(a) || a.contact.nextAttemptAtMs - b.contact.nextAttemptAtMs || (a.contact.id < b.contact.id ? -1 : 1);
}

function offer(w: DialerWorld, campaign: Campaign, contact: HopperContact, agent: string): PreviewView {
  takeOut(w, campaign.id, new Set([contact.id]));
  w.occupy(contact);
  const hold = askHold(w, { campaign: campaign.id, queue: queueOf(campaign, contact), agent, purpose: 'preview' });
  const untilMs = campaign.preview.ms > 0 ? w.nowMs + campaign.preview.ms : undefined;
  const preview: Preview = { campaign: campaign.id, contact, agent, hold: hold.key, offeredAtMs: w.nowMs, untilMs, dialAsked: undefined };
  w.previews.set(agent, preview);
  w.deadlines.set(`preview:${agent}`, untilMs);
  w.notice({ type: 'preview-offered', campaign: campaign.id, contact: contact.id, agent, untilMs });
  return previewView(preview);
}

export function previewDial(w: DialerWorld, agent: string, numberIndex: number | undefined): DialerAnswer {
  const preview = w.previews.get(agent);
  if (!preview) return refused('TDM_NOT_FOUND', `agent ${agent} has no preview`);
  const { contact } = preview;
  if (numberIndex !== undefined && numberOf(contact, numberIndex) === undefined)
    return refused('TDM_NOT_FOUND', `contact ${contact.id} has no number ${numberIndex}`);
  if (!w.isRunning(preview.campaign)) return refused('TDM_CONFLICT', `campaign ${preview.campaign} does not run`);
  preview.dialAsked = { numberIndex };
  const problem = dial(w, preview);
  return problem === undefined ? { kind: 'preview-dial', callId: nextCallId(contact) } : refused('TDM_BUSY', problem);
}

/** Dials as soon as the gateway is known to be good; why it cannot be, else. */
function dial(w: DialerWorld, preview: Preview): string | undefined {
  const campaign = w.campaigns.get(preview.campaign);
  if (!campaign || !preview.dialAsked) return 'the campaign is gone';
  const way = wayFor(w, campaign, preview.contact);
  if (way.kind === 'wait' && way.isBrief) return undefined;
  const { numberIndex } = preview.dialAsked;
  preview.dialAsked = undefined;
  if (way.kind === 'invalid') {
    failContact(w, campaign, preview.contact, invalidGateway);
    close(w, preview, 'lost', true);
    return 'the gateway is invalid';
  }
  if (way.kind === 'wait') return way.text;
  if (way.kind === 'unreachable') return 'the switch is not there';
  if (freeSlots(w) < 1) return 'no call slot is free';
  const contact = withNumber(w, preview.contact, numberIndex);
  close(w, preview, 'dial', false);
  const candidate = {
    contact,
    gateway: way.gateway,
    channelsMax: way.channelsMax,
    queue: queueOf(campaign, contact),
    agent: preview.agent,
  };
  const isClaimed = claim(w, { campaign, mode: campaign.mode, candidates: [candidate], to: 'dialed', hold: preview.hold });
  const hold = w.holds.get(preview.hold);
  if (isClaimed && hold) hold.state = 'claiming';
  else if (hold) dropHold(w, hold);
  return isClaimed ? undefined : 'the gateway is closed';
}

/** One whose time is over is tried until it works. */
function dialLater(w: DialerWorld, preview: Preview): void {
  const problem = dial(w, preview);
  const isOver = preview.untilMs !== undefined && w.nowMs >= preview.untilMs;
  if (problem !== undefined && isOver && w.previews.get(preview.agent) === preview)
    w.deadlines.set(`preview:${preview.agent}`, w.nowMs + w.settings.cycleMs);
}

/** Gateways were checked, slots became free: dials that were asked for. */
export function serveDials(w: DialerWorld): void {
  for (const preview of [...w.previews.values()]) if (preview.dialAsked) dialLater(w, preview);
}

const numberOf = ({ contact }: HopperContact, index: number): string | undefined =>
  index === 0 ? contact.customerNumber : contact.numbers[index - 1];

/** The claim asks the gates about the number that stands in the table: it is changed there first. */
function withNumber(w: DialerWorld, from: HopperContact, index: number | undefined): HopperContact {
  const number = index === undefined ? undefined : numberOf(from, index);
  if (index === undefined || number === undefined || index === from.contact.numberIndex) return from;
  w.change({ transition: { contactId: from.id, from: 'pending', to: 'pending', numberIndex: index } });
  const numberKey = numberKeyOf(number, w.campaigns.get(from.campaignId)?.country ?? '');
  return { ...from, number, numberKey, e164: e164Forms(number, numberKey), contact: { ...from.contact, numberIndex: index } };
}

/** Back to the others, without an attempt; not offered to this agent for a while. */
export function previewSkip(w: DialerWorld, agent: string, reason: string, how: 'skip' | 'timeout' = 'skip'): DialerAnswer {
  const preview = w.previews.get(agent);
  if (!preview) return refused('TDM_NOT_FOUND', `agent ${agent} has no preview`);
  const { contact } = preview;
  const holdMs = w.campaigns.get(preview.campaign)?.preview.skipHoldMs ?? 0;
  const others = Object.entries(contact.skippedBy).filter(([by, untilMs]) => by !== agent && untilMs > w.nowMs);
  const skippedBy = Object.fromEntries([...others.slice(-(skipsMax - 1)), [agent, w.nowMs + holdMs]]);
  w.change({
    transition: { contactId: contact.id, from: 'pending', to: 'pending', skippedBy },
    audit: [w.auditOf(`contact ${contact.id}`, 'preview-skip', reason, { actor: `agent:${agent}` })],
  });
  close(w, preview, how, true);
  putBack(w, { ...contact, skippedBy });
  return done;
}

/** For good. */
export function previewReject(w: DialerWorld, agent: string, reason: string): DialerAnswer {
  const preview = w.previews.get(agent);
  if (!preview) return refused('TDM_NOT_FOUND', `agent ${agent} has no preview`);
  if (reason.trim() === '') return refused('TDM_CONFLICT', 'a rejection needs a reason');
  const { contact } = preview.contact;
  const campaign = w.campaigns.get(preview.campaign);
  w.change({
    transition: { contactId: contact.id, from: 'pending', to: 'ended', callResult: rejected, result: rejected },
    outbox: campaign
      ? callResultMessages(w, campaign, {
          ...{ callId: contact.id, contact, callResult: rejected, result: rejected, agent, endedAtMs: w.nowMs },
          ...{ placedAtMs: undefined, answeredAtMs: undefined, bridgedAtMs: undefined },
        })
      : [],
    audit: [w.auditOf(`contact ${contact.id}`, 'preview-reject', reason, { actor: `agent:${agent}` })],
  });
  close(w, preview, 'reject', true);
  return done;
}

const rejected = 'REJECTED_BY_AGENT';

/** B42: the time to look is over. */
export function previewDue(w: DialerWorld, agent: string): void {
  const preview = w.previews.get(agent);
  const campaign = preview && w.campaigns.get(preview.campaign);
  if (!preview || !campaign) return;
  const { onTimeout } = campaign.preview;
  if (onTimeout === 'SKIP') {
    previewSkip(w, agent, 'time over', 'timeout');
    return;
  }
  if (onTimeout === 'DIAL') {
    preview.dialAsked ??= { numberIndex: undefined };
    dialLater(w, preview);
    return;
  }
  w.emit({ type: 'pause-agent', agent, reason: 'preview time over' });
  close(w, preview, 'timeout', true);
  putBack(w, preview.contact);
}

/** The agent is lost, or the campaign stopped: the contact waits for another one. True: there was a preview. */
export function previewLost(w: DialerWorld, { key, agent }: Hold): boolean {
  const preview = agent === undefined ? undefined : w.previews.get(agent);
  if (preview?.hold !== key) return false;
  close(w, preview, 'lost', false);
  putBack(w, preview.contact);
  return true;
}

function close(w: DialerWorld, preview: Preview, how: 'dial' | 'skip' | 'reject' | 'timeout' | 'lost', isReleased: boolean): void {
  w.previews.delete(preview.agent);
  w.deadlines.set(`preview:${preview.agent}`, undefined);
  w.vacate(preview.contact);
  w.notice({ type: 'preview-ended', campaign: preview.campaign, contact: preview.contact.id, agent: preview.agent, how });
  const hold = w.holds.get(preview.hold);
  if (hold && isReleased) dropHold(w, hold);
}
