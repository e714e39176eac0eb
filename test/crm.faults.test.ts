/** A CRM that is away for an hour in which 1,000 calls come and go: afterwards it has what the journal has (CRM-14, B25). */
import assert from 'node:assert/strict';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { JournalRow } from '../core/crm-ports.js';
import type { ChannelFacts, JournalFact } from '../core/journal/events.js';
import { createRoles } from '../core/journal/roles.js';
import { createCrmDelivery } from '../core/services/crm-delivery.js';
import { createCrmJournal } from '../core/services/crm-journal.js';
import { createTeller } from '../sidecar/crm/teller.js';
import type { CrmPost } from '../sidecar/crm/post.js';
import { openStore } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import { startMs } from './support/journal-drive.js';
import { silentLog, silentMeter } from './support/observers.js';

const hourMs = 3_600_000;
const callCount = 1_000;
const talkMs = 60_000;

for (const edition of ['vtiger', 'vtiger-sp'] as const)
  it(`CRM-14, B25: ${edition}, away for an hour with ${String(callCount)} calls: nothing lost, nothing twice, in order, with the times of then`, async function () {
    this.timeout(120_000);
    const timers = createHandTimers(startMs);
    const nowMs = (): number => timers.nowMs();
    const after = (ms: number, run: () => void): (() => void) => timers.after(ms, run);
    const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs });
    await store.migrate();
    const binding = bindingsFileSchema.parse({
      crm: [
        {
          name: 'main',
          dialect: edition,
          crm_url: 'https://crm.example/',
          secret: 'x'.repeat(24),
          timezone: 'UTC',
          extensions: { '1XX': 'PJSIP/${EXT}' },
        },
      ],
    }).crm[0];
    assert.ok(binding);

    let isAway = true;
    let tries = 0;
    const told = new Map<string, URLSearchParams[]>();
    const deliveredAtMs: number[] = [];
    const post: CrmPost = ({ body }) => {
      if (isAway) {
        tries += 1;
        return Promise.resolve({ kind: 'unsent', problem: 'refused' });
      }
      const fields = new URLSearchParams(body);
      const id = fields.get('callUUID') ?? '';
      told.set(id, [...(told.get(id) ?? []), fields]);
      deliveredAtMs.push(nowMs());
      return Promise.resolve({ kind: 'answer', status: 200, body: '' });
    };
    const teller = createTeller(binding, {
      post,
      nowMs,
      ownerOf: () => undefined,
      expectOwner: () => undefined,
      learn: () => undefined,
      log: silentLog,
      meter: silentMeter,
    });
    assert.ok(teller);
    const delivery = createCrmDelivery({
      binding: 'main',
      store: store.crm,
      send: (message) => teller.send(message),
      verify: () => Promise.resolve(undefined),
      isRepeatable: (message) => teller.isRepeatable(message),
      makesRow: (message) => teller.makesRow(message),
      liveCalls: () => journal.openCalls().map(({ id }) => id),
      nowMs,
      after,
      random: () => 0.5,
      log: silentLog,
      meter: silentMeter,
    });
    const journal = createCrmJournal({
      store: store.crm,
      roles: createRoles(binding.extensions),
      systemOf: (name) => name,
      tellers: [teller],
      onStored: () => delivery.wake(),
      nowMs,
      after,
      log: silentLog,
      meter: silentMeter,
    });
    await journal.start(['alpha']);
    delivery.start();

    const settle = async (turns: number): Promise<void> => {
      for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
    };
    const tell = (fact: JournalFact): void => journal.tell({ switch: 'alpha', atMs: nowMs(), ...fact });
    const channel = (n: number, side: 'c' | 'a'): ChannelFacts => ({
      uniqueId: `${String(n)}.${side}`,
      name:
        side === 'c'
          ? `PJSIP/trunk-${n.toString(16).padStart(8, '0')}`
          : `PJSIP/1${String(n % 100).padStart(2, '0')}-${n.toString(16).padStart(8, '0')}`,
      linkedId: `${String(n)}.c`,
      callerNumber: `7912${String(n).padStart(7, '0')}`,
      callerName: undefined,
      extension: '5001',
    });
    /** every tenth is missed */
    const isMissed = (n: number): boolean => n % 10 === 0;
    function begin(n: number): void {
      tell({ type: 'channel-created', channel: { ...channel(n, 'c'), isIncoming: true } });
      tell({ type: 'dial-began', from: channel(n, 'c'), to: channel(n, 'a'), dialString: '' });
      if (isMissed(n)) return;
      for (const side of ['c', 'a'] as const)
        tell({ type: 'bridge-entered', bridge: `B${String(n)}`, channel: channel(n, side), swap: undefined });
    }
    const end = (n: number): void => {
      for (const side of ['a', 'c'] as const) tell({ type: 'channel-ended', channel: channel(n, side), cause: 16, sip: undefined });
    };

    const everyMs = hourMs / callCount;
    const talking: { readonly n: number; readonly untilMs: number }[] = [];
    for (let n = 0; n < callCount; n++) {
      begin(n);
      talking.push({ n, untilMs: nowMs() + talkMs });
      timers.advance(everyMs);
      while ((talking[0]?.untilMs ?? Infinity) <= nowMs()) end(talking.shift()?.n ?? 0);
      await settle(3);
    }
    timers.advance(talkMs);
    for (const { n } of talking) end(n);
    timers.advance(1_000);
    await settle(2_000);
    assert.ok(tries < 100, `${String(tries)} requests to a CRM that is away`);
    assert.equal(told.size, 0);
    const messages = (await store.crm.counts('main')).pending;
    assert.ok(messages >= 4 * callCount - 2 * (callCount / 10), String(messages));

    isAway = false;
    for (let n = 0; n < 100_000 && deliveredAtMs.length < messages; n++) {
      timers.advance(50);
      await settle(12);
    }
    await settle(50);
    const counts = await store.crm.counts('main');
    assert.deepEqual([counts.pending, counts.dead], [0, 0]);
    assert.equal(deliveredAtMs.length, messages, 'each once');
    const perSecond = [...countBy(deliveredAtMs.map((at) => Math.floor(at / 1000))).values()];
    assert.ok(Math.max(...perSecond) <= 21, `${String(Math.max(...perSecond))} in a second`);
    const first = edition === 'vtiger' ? 'StartApp' : 'DialBegin';
    for await (const { call } of allCalls((before) => store.crm.calls({ before, limit: 500 }))) {
      const fields = told.get(call.id) ?? [];
      const wanted = [first, ...(call.outcome === 'answered' ? ['DialAnswer'] : []), 'Hangup', 'EndCall'];
      assert.deepEqual(
        fields.map((one) => one.get('callstatus')),
        wanted,
        call.id,
      );
      const text = (ms: number | undefined): string => new Date(ms ?? 0).toISOString().slice(0, 19).replace('T', ' ');
      assert.equal(fields[0]?.get('StartTime'), text(call.customerAtMs));
      assert.equal(fields.at(-1)?.get('endtime'), text(call.endedAtMs));
      assert.equal(fields.at(-2)?.get('HangupCause'), call.outcome === 'missed' ? 'NO ANSWER' : null);
      told.delete(call.id);
    }
    assert.equal(told.size, 0, 'the CRM has no call that the journal has not');
    await delivery.stop();
    await journal.stop();
    await store.close();
  });

async function* allCalls(page: (before: string) => Promise<readonly JournalRow[]>): AsyncGenerator<JournalRow> {
  let count = 0;
  for (let before = ''; ;) {
    const rows = await page(before);
    yield* rows;
    count += rows.length;
    const last = rows.at(-1);
    if (!last) break;
    before = `${String(last.startedAtMs)} ${last.id}`;
  }
  assert.equal(count, callCount);
}

function countBy(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
