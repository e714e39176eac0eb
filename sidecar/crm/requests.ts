/** Clicks and transfers of a CRM (crm-vtiger 3.1, 3.4): checked, bounded, one at a time, and ordered on the right switch. */
import { randomBytes } from 'node:crypto';
import type { CrmBinding } from '../../core/crm/binding.js';
import { channelOfExtension, contextOfClick, numberOfClick } from '../../core/crm/click-to-call.js';
import { hasTelephoneIn } from '../../core/crm/ownership.js';
import type { CallJournal, CrmAnswer, CrmSwitch } from '../../core/crm-ports.js';
import type { Channel, JournalCall } from '../../core/journal/call.js';
import type { After } from '../../core/services/deadline.js';
import { clickId } from '../../core/journal/click-id.js';
import type { JournalNotice } from '../../core/journal/notices.js';

export interface RequestDeps {
  readonly journal: CallJournal;
  readonly switches: ReadonlyMap<string, CrmSwitch>;
  readonly systemOf: (switchName: string) => string;
  readonly nowMs: () => number;
  readonly after: After;
}

export const requestDefaults = {
  /** the same click again */
  dedupeMs: 5_000,
  settleMs: 300,
  bindingPerMinute: 300,
  /** the switch is asked for a place so long */
  placeMsMax: 1_000,
  /** an order needs so long; one that begins later would be carried out after the CRM was told that it was not */
  orderMsMin: 300,
  /** clicks remembered */
  clicksMax: 10_000,
};

export interface CrmRequests {
  makeCall(binding: CrmBinding, ask: { readonly from: string; readonly to: string; readonly context: string }): Promise<CrmAnswer>;
  /** `untilMs`: then the CRM gets an answer in any case, and nothing is ordered any more */
  transfer(
    binding: CrmBinding,
    ask: { readonly callId: string; readonly to: string; readonly from: string; readonly mode: string },
    untilMs: number,
  ): Promise<CrmAnswer>;
  /** `pause` or `resume` of the recordings of a call (B57) */
  muteRecording(binding: CrmBinding, callId: string, isMuted: boolean, untilMs: number): Promise<CrmAnswer>;
  close(): void;
}

const ok: CrmAnswer = { ok: true };
const no = (code: string, status: number): CrmAnswer => ({ ok: false, code, status });
const tooLate = no('timeout', 504);

interface Click {
  readonly binding: string;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
  /** of the call that it started; '' before */
  callId: string;
  isPending: boolean;
  isOver: boolean;
}

export function createCrmRequests({ journal, switches, systemOf, nowMs, after }: RequestDeps, options = requestDefaults): CrmRequests {
  const clicks: Click[] = [];
  const transferring = new Set<string>();
  const settled = ({ type, call }: JournalNotice): void => {
    if (type !== 'leg-answered' && type !== 'call-ended' && type !== 'agent-no-answer') return;
    for (const click of clicks)
      if (call.id === click.callId) {
        click.isPending = false;
        click.isOver = type !== 'leg-answered';
      }
  };
  const stop = journal.onNotice(settled);

  function switchOf(binding: CrmBinding): CrmSwitch | undefined {
    return binding.switch === '' ? [...switches.values()][0] : switches.get(binding.switch);
  }

  /** Drops what is old; what still counts stays. */
  function recent(): readonly Click[] {
    const now = nowMs();
    while (clicks.length > 0 && ((clicks[0]?.atMs ?? now) < now - 120_000 || clicks.length > options.clicksMax)) clicks.shift();
    return clicks;
  }

  /** Another process may have the journal, and hear how the call went: then it rings for as long as it may. */
  const isSettingUp = ({ makecall }: CrmBinding, { isPending, atMs }: Click): boolean =>
    isPending && atMs > nowMs() - makecall.ring_s * 1_000 - options.settleMs;

  function tooMany(binding: CrmBinding, from: string): boolean {
    const minute = recent().filter((click) => click.binding === binding.name && click.atMs > nowMs() - 60_000);
    const own = minute.filter((click) => click.from === from);
    const pending = recent().filter((click) => click.binding === binding.name && click.from === from && isSettingUp(binding, click));
    return (
      minute.length >= options.bindingPerMinute ||
      own.length >= binding.makecall.per_minute ||
      pending.length >= binding.makecall.per_agent_max
    );
  }

  async function makeCall(binding: CrmBinding, ask: Parameters<CrmRequests['makeCall']>[1]): Promise<CrmAnswer> {
    const channel = channelOfExtension(binding, ask.from);
    if (channel === undefined) return no('unknown-extension', 400);
    const number = numberOfClick(binding, ask.to);
    if (!number.ok) return no(number.problem, 400);
    const context = contextOfClick(binding, ask.context);
    if (context === undefined) return no('foreign-context', 403);
    const at = switchOf(binding);
    if (!at?.isUp()) return no('switch-down', 503);
    const isTwice = recent().some(
      (click) =>
        click.binding === binding.name &&
        click.from === ask.from &&
        click.to === number.number &&
        click.atMs > nowMs() - options.dedupeMs &&
        !click.isOver,
    );
    if (isTwice) return ok;
    if (tooMany(binding, ask.from)) return no('too-many-clicks', 429);
    const id = clickId(binding.name, randomBytes(8).toString('hex'));
    const click: Click = {
      binding: binding.name,
      from: ask.from,
      to: number.number,
      atMs: nowMs(),
      callId: '',
      isPending: true,
      isOver: false,
    };
    clicks.push(click);
    const system = systemOf(at.name);
    click.callId = system === '' ? id : `${system}-${id}`;
    const answer = await at.clickToCall({
      callId: id,
      channel,
      extension: ask.from,
      number: number.number,
      context,
      binding: binding.name,
      settleMs: options.settleMs,
      ringMs: binding.makecall.ring_s * 1_000,
    });
    // one of unknown fate may ring all the same: the next click would call the customer twice
    if (!answer.ok && answer.isUnsure !== true) clicks.splice(clicks.indexOf(click), 1);
    return answer;
  }

  const isLate = (untilMs: number): boolean => nowMs() > untilMs - options.orderMsMin;

  /** Asterisk says Success to a place that is not there, and the customer is gone. */
  async function noPlace(at: CrmSwitch, { context, extension }: Place): Promise<CrmAnswer | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<'late'>((resolve) => (cancel = after(options.placeMsMax, () => resolve('late'))));
    const has = await Promise.race([at.hasExtension(context, extension).catch(() => undefined), late]);
    cancel();
    if (has === 'late') return no('switch-slow', 504);
    return has === true ? undefined : no('no-such-place', 404);
  }

  /** A call that this CRM knows: one with a telephone of its own, or that it ordered. */
  async function callFor(binding: CrmBinding, callId: string): Promise<JournalCall | undefined> {
    // another process may have the journal: then the call is as it stored it last
    const call = journal.open(callId) ?? (await journal.find(callId).catch(() => undefined));
    if (!call || call.state === 'ended' || call.state === 'done') return undefined;
    return call.binding === binding.name || hasTelephoneIn(binding, call) ? call : undefined;
  }

  async function transfer(binding: CrmBinding, ask: Parameters<CrmRequests['transfer']>[1], untilMs: number): Promise<CrmAnswer> {
    const call = await callFor(binding, ask.callId);
    if (isLate(untilMs)) return tooLate;
    if (!call) return no('unknown-call', 404);
    const at = switches.get(call.switch);
    if (!at?.isUp()) return no('switch-down', 503);
    const agents = call.legs.filter((leg) => leg.endedAtMs === undefined && leg.kind === 'agent');
    // a colleague who is only asked does not have the customer
    const own = agents.filter(({ isConsultation }) => !isConsultation);
    const leg = ask.from === '' ? own.at(-1) : agents.find(({ extension }) => extension === ask.from);
    if (ask.from !== '' && !leg) return no('not-his-call', 403);
    const channel = leg && channelNamed(call, leg.id);
    if (ask.mode === 'cancel') return channel ? at.cancelAttended(channel) : no('no-agent', 409);
    if (ask.mode !== 'blind' && ask.mode !== 'attended') return no('bad-mode', 400);
    const number = numberOfClick(binding, ask.to);
    if (!number.ok) return no(number.problem, 400);
    if (transferring.has(call.id)) return no('transfer-under-way', 409);
    transferring.add(call.id);
    try {
      const to = { context: binding.transfer_context, extension: number.number };
      const refused = await noPlace(at, to);
      if (refused) return refused;
      if (isLate(untilMs)) return tooLate;
      const isTalking = leg?.talkingSinceMs !== undefined;
      if (ask.mode === 'attended') return channel && isTalking ? await at.attendedTransfer(channel, to) : no('not-talking', 409);
      if (channel && isTalking) return await at.blindTransfer(channel, to);
      const party = call.parties.map((id) => channelNamed(call, id)).find((found) => found !== undefined);
      return party ? await at.redirect(party, to) : no('customer-gone', 409);
    } finally {
      transferring.delete(call.id);
    }
  }

  return {
    makeCall,
    transfer,
    async muteRecording(binding, callId, isMuted, untilMs) {
      const call = await callFor(binding, callId);
      if (isLate(untilMs)) return tooLate;
      const at = call && switches.get(call.switch);
      if (!call || !at) return no('unknown-call', 404);
      const open = call.recordings.filter((recording) => !recording.isClosed);
      const orders = open.flatMap(({ channel: id, file }) => {
        const channel = channelNamed(call, id);
        return channel ? [at.muteRecording(channel, file, isMuted)] : [];
      });
      if (orders.length === 0) return no('no-recording', 409);
      const answers = await Promise.all(orders);
      return answers.find((answer) => !answer.ok) ?? ok;
    },
    close: stop,
  };
}

type Place = Parameters<CrmSwitch['blindTransfer']>[1];

const channelNamed = (call: JournalCall, uniqueId: string): Channel | undefined =>
  call.channels.find((channel) => channel.uniqueId === uniqueId);
