/** Segments of a month of office days: 20 queues, 200 agents, one caller in ten gives up. */
import { Random } from '../../test/simulation/random.js';

const dayMs = 86_400_000;
const days = 30;
/** callers come from 8 to 18 o'clock */
const [opensMs, openMs] = [8 * 3_600_000, 10 * 3_600_000];
const batchSize = 5_000;

/** In batches; three segments for each caller: visit, offer, and wrap-up or a stay of the agent. */
export function* segmentsOfMonth(startMs: number, total: number): Generator<object[]> {
  const random = new Random(1);
  const perDay = Math.floor(total / days / 3);
  let batch: object[] = [];
  for (let n = 0; n < perDay * days; n++) {
    const atMs = startMs + Math.floor(n / perDay) * dayMs + opensMs + Math.floor(((n % perDay) / perDay) * openMs);
    batch.push(...segmentsOfCaller(n, atMs, random));
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

function segmentsOfCaller(n: number, atMs: number, random: Random): object[] {
  const [queue, agent, member, offer] = [`queue${random.int(0, 19)}`, `agent${random.int(0, 199)}`, `m${n}`, `o${n}`];
  const isAnswered = random.chance(0.9);
  const [waitMs, talkMs] = [random.int(0, 60_000), isAnswered ? random.int(1_000, 300_000) : 0];
  const [talkAtMs, endMs] = [atMs + waitMs, atMs + waitMs + talkMs];
  const of = { member, visit: 1, rootId: `r${n}`, queue, media: 'audio' };
  const reason = isAnswered ? 'answered' : 'abandoned';
  const served = isAnswered ? { agent, offer } : {};
  return [
    {
      kind: 'visit',
      key: `${member}/1`,
      ...of,
      ...served,
      number: `0555${n % 90_000}`,
      name: '',
      param: '',
      arrivedAtMs: atMs,
      enteredAtMs: atMs,
      leftAtMs: endMs,
      reason,
      detail: '',
      offers: 1,
      rejections: 0,
      waitMs,
      talkMs,
      positionAtEntry: 1,
      priority: 256,
    },
    {
      kind: 'offer',
      key: offer,
      offer,
      ...of,
      agent,
      startedAtMs: Math.max(atMs, talkAtMs - 3_000),
      answeredAtMs: isAnswered ? talkAtMs : 0,
      connectedAtMs: isAnswered ? talkAtMs : 0,
      endedAtMs: endMs,
      ringMs: Math.min(3_000, waitMs),
      talkMs,
      outcome: isAnswered ? 'talked' : 'caller-left',
      endedBy: 'caller',
      detail: '',
    },
    isAnswered
      ? { kind: 'wrapup', key: `${agent}/${endMs}`, agent, queue, startedAtMs: endMs, endedAtMs: endMs + 20_000, outcome: 'expired' }
      : {
          kind: 'status',
          key: `${agent}/${atMs}`,
          agent,
          status: n % 3 ? 'Available' : 'On Break',
          startedAtMs: atMs,
          endedAtMs: atMs + 1_800_000,
        },
  ];
}
