/** Words for `tandem explain campaign` and `tandem explain contact`: lines for a terminal. Pure: from what the API answers. */
import type { CampaignLive, CampaignWhy, ContactWhy } from '../dialer-ports.js';
import { gates, type Gate } from './words.js';

/** What a refusal of each gate means for who reads it. */
export const gateTexts: Readonly<Record<Gate, string>> = {
  campaign: 'the campaign does not run, or its dates do not',
  expired: 'their end time is over',
  attempts: 'called as often as the campaign allows',
  dnc: 'on a list of numbers not to be called, or such a list is too old',
  consent: 'no consent, and the profile needs it',
  window: 'outside the calling hours where they live, or nobody knows where',
  'retry-time': 'their next attempt is later',
  caps: 'the number was called as often as rules allow',
  protect: 'only with an agent who is held for the call',
  'same-number': 'another call to the number is under way',
  gateway: 'no gateway can be used',
  'callback-agent': 'callbacks of agents who are not here',
  'skip-hold': 'skipped by everybody who is here',
};

const when = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** `in 2 h 10 min`; the past is now. */
export function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= 0) return 'now';
  if (minutes < 60) return `in ${String(minutes)} min`;
  if (minutes < 48 * 60) return `in ${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
  return `in ${String(Math.round(minutes / (24 * 60)))} days`;
}

export function explainCampaign(why: CampaignWhy, live: CampaignLive | undefined, nowMs: number): readonly string[] {
  const { blocked, dialable, sampled, nextOpeningMs } = why;
  const held = gates.flatMap((gate) => {
    const count = blocked[gate] ?? 0;
    return count > 0 ? [{ gate, count }] : [];
  });
  const width = Math.max(0, ...held.map(({ count }) => String(count).length));
  return [
    `Campaign ${why.campaign}${live ? `: ${live.mode}, ${live.state}${live.forced === undefined ? '' : `, dialled 1:1 (${live.forced})`}` : ''}`,
    `  limit: ${why.limit}`,
    ...why.pace.split('\n').map((line) => `  ${line}`),
    ...(live ? liveLines(live) : []),
    '',
    `Contacts that may be called now: ${String(dialable)}${sampled ? ` (of ${String(sampled.looked)} looked at, of ${String(sampled.of)})` : ''}`,
    ...(why.idle === undefined ? [] : [`In lists that are not active, so that nobody calls them: ${String(why.idle)}`]),
    ...(held.length > 0 ? ['Held back, by the first gate that refuses:'] : []),
    ...held.map(({ gate, count }) => `  ${String(count).padStart(width)}  ${gate.padEnd(14)} ${gateTexts[gate]}`),
    ...(nextOpeningMs === undefined
      ? []
      : [`The first of them may be called from ${when(nextOpeningMs)} UTC (${inWords(nextOpeningMs - nowMs)})`]),
  ];
}

function liveLines(live: CampaignLive): readonly string[] {
  const { agents, window, gateways } = live;
  return [
    `  agents: ${String(agents.ready)} ready, ${String(agents.reserved)} reserved, ${String(agents.talk)} in talk, ${String(agents.wrap)} in wrap-up, ${String(agents.paused)} paused`,
    `  calls: ${String(live.ringing)} ringing, ${String(live.waiting)} answered and waiting, ${String(live.talking)} in talk; ${String(live.hopper)} contacts ready to dial`,
    `  abandoned in the window: ${String(window.abandoned)} beside ${String(window.connected)} connected, ${percent(window.share)} of at most ${percent(window.cap)}`,
    ...gateways.map(
      ({ switch: on, gateway, state, calls }) => `  gateway ${gateway}${on === '' ? '' : ` on ${on}`}: ${state}, ${String(calls)} calls`,
    ),
  ];
}

export function explainContact(why: ContactWhy, nowMs: number): readonly string[] {
  const { contact, first } = why;
  const refusal = why.gates.find(({ gate }) => gate === first);
  return [
    `Contact ${contact.id} of campaign ${contact.campaignId}: ${contact.status}${contact.result === undefined ? '' : `, ${contact.result}`}`,
    `  ${verdict(why, refusal?.detail, nowMs)}`,
    `  ${String(contact.attempts)} attempts in ${String(contact.dials)} calls, number ${String(contact.numberIndex + 1)} of ${String(contact.numbers.length + 1)}`,
    '',
    ...why.gates.map(({ gate, passes, detail }) => `  ${passes ? 'passes' : 'BLOCKS'}  ${gate.padEnd(14)} ${detail}`),
    ...(why.calls.length > 0 ? ['', 'Calls:'] : []),
    ...why.calls.map(
      ({ placedAtMs, result, cause, q850, sip, agent, gateway }) =>
        `  ${when(placedAtMs)}  ${result.padEnd(16)} ${[cause, q850 === undefined ? '' : `Q.850 ${String(q850)}`, sip === undefined ? '' : `SIP ${String(sip)}`, `over ${gateway}`, agent === undefined ? '' : `agent ${agent}`].filter((part) => part !== '').join(', ')}`,
    ),
  ];
}

function verdict({ contact, first, idleList }: ContactWhy, detail: string | undefined, nowMs: number): string {
  switch (contact.status) {
    case 'ended':
    case 'failed':
      return `It is at its end${contact.callResult === undefined ? '' : ` (${contact.callResult})`} and is not called again.`;
    case 'stopped':
      return 'It is stopped with its campaign; starting the campaign makes it pending again.';
    case 'dialed':
    case 'agent_pending':
      return contact.status === 'dialed' ? 'Its call is under way.' : 'An agent is asked for.';
    case 'pending':
      if (idleList)
        return `Its list ${String(idleList.id)} "${idleList.name.replace(/\p{C}/gu, '?')}" is ${idleList.state}: nobody calls it until the list is active.`;
      if (first === undefined) return 'It may be called now, and waits for its turn.';
      return `It waits at gate ${first}: ${detail ?? gateTexts[first]}${contact.nextAttemptAtMs > nowMs ? ` (${inWords(contact.nextAttemptAtMs - nowMs)})` : ''}`;
  }
}
