/** A site in the middle of its day, for screens that show something: names, calls, figures. The same at each run. */
import { noToday } from '../../core/board/no-today.js';
import type { Today } from '../../core/report-ports.js';
import type { DeskConfig } from './engine-desk.js';
import type { Desk } from './engine-desk.js';

const queueNames = ['Support', 'Sales', 'Billing', 'Orders', 'Returns', 'Technical', 'Spanish', 'VIP'];
const people = [
  'Anna Bell',
  'Bert Cole',
  'Cleo Dunn',
  'Dan Ellis',
  'Eva Frost',
  'Finn Grey',
  'Gina Holt',
  'Hugo Innes',
  'Iris Jones',
  'Jack Kerr',
  'Kim Lowe',
  'Leo Marsh',
  'Mia Nash',
  'Ned Owen',
  'Olga Price',
  'Pete Quinn',
];
const callers = [
  'Ruth Adams',
  'Tom Baker',
  'Joan Carter',
  'Will Davis',
  'Lucy Evans',
  'Mark Foster',
  'Sara Green',
  'Paul Hughes',
  'Nora Irving',
];

const idOf = (name: string): string => name.toLowerCase().split(' ')[0] ?? '';

export const busySite: DeskConfig = {
  queues: Object.fromEntries(queueNames.map((name) => [idOf(name), { name }])),
  agents: Object.fromEntries(people.map((name, i) => [idOf(name), { name, contact: `PJSIP/10${String(10 + i)}`, wrap_up_s: 45 }])),
  tiers: people.flatMap((name, i) => [0, 3].map((step) => `${idOf(queueNames[(i + step) % queueNames.length] ?? '')} ${idOf(name)}`)),
  pauseReasons: ['Lunch', 'Coffee', 'Training'].map((text) => ({ code: text.toLowerCase(), text, isPaid: true, msMax: 0, dayMsMax: 0 })),
};

/** Talks, ringing, wrap-up, breaks, and a line of callers in the queue `support`. */
export function makeBusy(desk: Desk): void {
  for (const name of people.slice(0, 13)) desk.login(idOf(name));
  callers.slice(0, 5).forEach((name, i) => {
    const offer = desk.connect(desk.call(idOf(queueNames[i + 1] ?? ''), { name, number: `202555010${String(i)}` }));
    desk.advance(37_000);
    if (i === 1) desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
  });
  for (const [agent, reason] of [
    ['mia', 'lunch'],
    ['leo', 'coffee'],
  ] as const)
    desk.step({ type: 'status-asked', agent, status: 'On Break', reason });
  for (const agent of ['anna', 'cleo', 'finn', 'gina', 'hugo', 'iris', 'jack'])
    if (desk.state.agents.get(agent as never)?.phase.kind === 'idle')
      desk.step({ type: 'status-asked', agent, status: 'On Break', reason: 'training' });
  callers.forEach((name, i) => {
    desk.advance(9_000);
    desk.call(i % 4 === 3 ? 'vip' : 'support', { name, number: `202555019${String(i)}`, leadId: 77 });
  });
  desk.advance(12_000);
}

const figures = (id: string) => {
  const n = Buffer.from(id).reduce((sum, byte) => sum + byte, 0);
  const answered = 40 + (n % 90);
  return { answered, abandoned: n % 9, serviceLevel: 0.68 + (n % 31) / 100 };
};

export const busyToday: Today = {
  ...noToday,
  queue: (id) => ({ ...noToday.queue(id), ...figures(id), offered: figures(id).answered + figures(id).abandoned }),
  agent: (id) => ({
    ...noToday.agent(id),
    answered: figures(id).answered % 30,
    missed: figures(id).abandoned % 4,
    talkMs: (figures(id).answered % 30) * 217_000,
  }),
};

/** As `/api/v1/statistics/queues` answers, from midnight to `nowMs`. */
export function busyDay(nowMs: number): { readonly items: readonly object[] } {
  const midnight = nowMs - (nowMs % 86_400_000);
  const items = [];
  for (let fromMs = midnight, i = 0; fromMs < nowMs; fromMs += 900_000, i++) {
    const answered = i < 4 ? 0 : Math.round(9 + 7 * Math.sin(i / 5) + 3 * Math.sin(i * 1.7));
    const abandoned = i % 5 === 2 ? 2 : i % 7 === 1 ? 1 : 0;
    if (answered > 0) items.push({ fromMs, offered: answered + abandoned, answered, abandoned });
  }
  return { items };
}

/** As `/api/v1/segments` answers for one agent: stays in a status, or talks, of the last hours. */
export function busyHistory(kind: string, nowMs: number): { readonly items: readonly object[] } {
  const minutesAgo = (minutes: number) => nowMs - minutes * 60_000;
  const stays = [
    ['Logged Out', '', 470, 402],
    ['Available', '', 402, 290],
    ['On Break', 'coffee', 290, 274],
    ['Available', '', 274, 150],
    ['On Break', 'training', 150, 118],
    ['Available', '', 118, 3],
  ] as const;
  if (kind === 'status')
    return {
      items: stays.map(([status, reason, from, until]) => ({
        kind,
        status,
        reason,
        startedAtMs: minutesAgo(from),
        endedAtMs: minutesAgo(until),
      })),
    };
  const starts = [396, 381, 372, 350, 331, 316, 301, 268, 249, 240, 221, 207, 190, 171, 112, 98, 77, 61, 44, 21, 9];
  return {
    items: starts.map((from) => ({
      kind,
      connectedAtMs: minutesAgo(from),
      startedAtMs: minutesAgo(from),
      endedAtMs: minutesAgo(from - 3 - (from % 5)),
    })),
  };
}
