/** Several CRMs on one switch (CRM-19): whose call it is, by filters and by telephones, and what each is told and served. */
import assert from 'node:assert/strict';
import { bindingsFileSchema, type CrmBinding } from '../core/crm/binding.js';
import { asSeenBy, hasTelephoneIn, isCallOf, isToldTo } from '../core/crm/ownership.js';
import type { JournalCall } from '../core/journal/call.js';
import type { ChannelFacts, JournalEvent, JournalFact } from '../core/journal/events.js';
import { createRoles } from '../core/journal/roles.js';
import { createCrmJournal } from '../core/services/crm-journal.js';
import { createTeller } from '../sidecar/crm/teller.js';
import { openStore, type Store } from '../sql/store.js';
import { endedCall, legOf, plainBinding } from './support/crm-door.js';
import { createHandTimers } from './support/hand-timers.js';
import { eslRoles, factsOf, openEslJournal, recordedHeaders } from './support/esl-journal.js';
import { startMs } from './support/journal-drive.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';

const bindingsOf = (...more: readonly object[]): readonly CrmBinding[] =>
  bindingsFileSchema.parse({ crm: more.map((one, n) => ({ ...plainBinding, name: `crm${String(n)}`, ...one })) }).crm;

function bindingWith(more: object): CrmBinding {
  const [binding] = bindingsOf(more);
  return binding ?? assert.fail('no binding');
}

describe('several CRMs on one switch: whose call it is', () => {
  const call = (more: Partial<JournalCall> = {}): JournalCall =>
    endedCall('c', [], { legs: [], line: { did: '74951234567', queue: 'sales' }, via: 'PJSIP/trunk', ...more });
  const theirs = { ...legOf('901'), telephone: 'PJSIP/901' };

  const filters: readonly (readonly [what: string, filter: object, more: Partial<JournalCall>, isOwn: boolean])[] = [
    ['a number', { lines: ['74951234567'] }, {}, true],
    ['a pattern', { lines: ['7495NXXXXXX'] }, { line: { did: '74952234567', queue: '' } }, true],
    ['a pattern of another digit', { lines: ['7495NXXXXXX'] }, {}, false],
    ['a shorter pattern', { lines: ['7495'] }, {}, false],
    ['no number was called', { lines: ['X'] }, { line: { did: '', queue: '' } }, false],
    ['a queue', { queues: ['support', 'sales'] }, {}, true],
    ['another queue', { queues: ['support'] }, {}, false],
    ['a trunk', { trunks: ['TRUNK'] }, {}, true],
    ['another trunk', { trunks: ['trunk2'] }, {}, false],
    ['a gateway', { trunks: ['carrier'] }, { via: 'gateway/carrier' }, true],
    ['a trunk that is not known', { trunks: ['trunk'] }, { via: undefined }, false],
    ['a domain on the customer’s side', { domains: ['A.example'] }, { via: 'user/7@a.example' }, true],
    ['a domain of a telephone', { domains: ['a.example'] }, { legs: [{ ...theirs, telephone: 'user/901@a.example' }] }, true],
    ['another domain', { domains: ['a.example'] }, { via: 'user/7@b.example' }, false],
    ['one of two', { lines: ['1'], queues: ['sales'] }, {}, true],
    ['none of two', { lines: ['1'], queues: ['support'] }, {}, false],
    ['what fits and others took', { queues: ['sales'] }, { legs: [theirs] }, true],
    ['what fits and another CRM ordered', { trunks: ['trunk'] }, { binding: 'other' }, false],
    ['what does not fit and it ordered', { lines: ['1'] }, { binding: 'crm0' }, true],
    ['what does not fit and its telephone took', { lines: ['1'] }, { legs: [legOf('101')] }, true],
  ];
  for (const [what, filter, more, isOwn] of filters)
    it(`CRM-19: filters: ${what}`, () => {
      const binding = bindingWith(filter);
      assert.deepEqual([isToldTo(binding, call(more)), isCallOf(binding, call(more))], [isOwn, isOwn], 'one rule for both');
    });

  it('CRM-19: without any filter every call is told, and served are those of its telephones and those that reached nobody', () => {
    const binding = bindingWith({});
    const of = (more: Partial<JournalCall>) => [isToldTo(binding, call(more)), isCallOf(binding, call(more))];
    assert.deepEqual(of({}), [true, true]);
    assert.deepEqual(of({ legs: [theirs] }), [true, false]);
    assert.deepEqual(of({ legs: [theirs], direction: 'outbound' }), [true, false]);
    assert.deepEqual(of({ legs: [theirs, { ...legOf('101'), telephone: 'PJSIP/101' }] }), [true, true]);
  });

  it('CRM-19: a number that two tenants have is whose telephone it was, and by the number alone where that is not known', () => {
    const [a, b] = bindingsOf({ extensions: { '101': 'user/101@a.example' } }, { extensions: { '1XX': 'user/${EXT}@b.example' } });
    assert.ok(a && b);
    const leg = { ...legOf('101'), telephone: 'user/101@b.example' };
    const of = (more: Partial<JournalCall>) => [a, b].map((one) => [isToldTo(one, call(more)), hasTelephoneIn(one, call(more))]);
    for (const direction of ['inbound', 'outbound'] as const)
      assert.deepEqual(of({ direction, legs: [leg] }), [
        [false, false],
        [true, true],
      ]);
    assert.deepEqual(of({ legs: [legOf('101')] }), [
      [true, true],
      [true, true],
    ]);
    const callee = { direction: 'internal', legs: [theirs], customer: { number: '101', name: '' }, via: 'user/101@b.example' } as const;
    assert.deepEqual(of({ ...callee, legs: [theirs] }), [
      [false, false],
      [true, true],
    ]);
  });

  it('CRM-19: of a call with its own telephone a CRM does not see another’s of the same number', () => {
    const binding = bindingWith({ extensions: { '101': 'PJSIP/a101', '102': 'PJSIP/a102' } });
    const other = { ...legOf('101'), telephone: 'PJSIP/b101' };
    const own = { ...legOf('102'), telephone: 'PJSIP/a102' };
    const shared = call({ legs: [other, own] });
    assert.equal(asSeenBy(binding, { type: 'leg-answered', call: shared, leg: other }), undefined);
    const seen = asSeenBy(binding, { type: 'leg-answered', call: shared, leg: own });
    assert.deepEqual(
      seen?.call.legs.map(({ extension }) => extension),
      ['', '102'],
    );
    const recorded = { type: 'recording-ready', call: shared, file: '/r/a.wav' } as const;
    const talker = (extension: string): string => {
      const notice = asSeenBy(binding, { ...recorded, extension });
      return notice?.type === 'recording-ready' ? notice.extension : assert.fail('not told');
    };
    assert.deepEqual(['101', '102'].map(talker), ['', '102']);
    const plain = { ...recorded, call: call({ legs: [own] }), extension: '102' };
    assert.equal(asSeenBy(binding, plain), plain, 'as it is where nobody has the same number');
  });
});

describe('several CRMs on one switch: what the switch tells of trunks and telephones', () => {
  it('CRM-19: FreeSWITCH names the gateway of a call, and the account of a telephone', () => {
    const last = (name: string, roles = eslRoles): JournalCall | undefined => {
      const journal = openEslJournal(roles);
      return factsOf(recordedHeaders(name)).flatMap((event) => journal.step(event).notices)[0]?.call;
    };
    assert.equal(last('30-outbound')?.via, 'gateway/carrier');
    const tenants = createRoles([{ '1011': 'user/1011@a.example' }, { '1011': 'user/1011@b.example' }]);
    assert.deepEqual(
      last('50-tenant-b', tenants)?.legs.map(({ extension, telephone }) => [extension, telephone]),
      [['1011', 'user/1011@b.example']],
    );
    const incoming = recordedHeaders('50-tenant-b').map((event) => ({ ...event, variable_sip_gateway: 'telco' }));
    const journal = openEslJournal(tenants);
    const [started] = factsOf(incoming).flatMap((event) => journal.step(event).notices);
    assert.equal(started?.call.via, 'gateway/telco');
  });
});

describe('several CRMs on one switch: what each is told', () => {
  const timers = createHandTimers(startMs);
  let store: Store;

  beforeEach(async () => {
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
  });

  afterEach(() => store.close());

  /** Plays the parts one after the other, each in a process of its own; by binding what waits for its CRM. */
  async function told(bindings: readonly CrmBinding[], ...parts: readonly (readonly JournalEvent[])[]) {
    const meter = recordingMeter();
    for (const part of parts) {
      const nothing = (): undefined => undefined;
      const tools = { post: () => Promise.reject(new Error('nothing is sent')), nowMs: () => startMs, ownerOf: nothing };
      const tellers = bindings.flatMap(
        (binding) => createTeller(binding, { ...tools, expectOwner: nothing, learn: nothing, log: silentLog, meter }) ?? [],
      );
      const journal = createCrmJournal({
        store: store.crm,
        roles: createRoles(
          bindings.map(({ extensions }) => extensions),
          ['trunk', 'trunk2'],
        ),
        systemOf: (name) => name,
        tellers,
        onStored: () => undefined,
        nowMs: () => timers.nowMs(),
        after: (ms, run) => timers.after(ms, run),
        log: silentLog,
        meter,
      });
      await journal.start(['alpha']);
      for (const event of part) journal.tell(event);
      await journal.stop();
    }
    const found: Record<string, string[]> = {};
    for (const { name } of bindings) {
      const lines: string[] = (found[name] = []);
      for (let message; (message = (await store.crm.due(name, Number.MAX_SAFE_INTEGER, 1))[0]);) {
        const fields = new Map(JSON.parse(message.payload) as [string, string][]);
        lines.push(`${message.event} ${fields.get('callerid2') ?? fields.get('callerIdNumber') ?? ''}`.trim());
        await store.crm.delivered(message.id, 1);
      }
    }
    return { found, meter };
  }

  const channel = (uniqueId: string, name: string, extension?: string, isIncoming = false): ChannelFacts => ({
    ...{ uniqueId, name, linkedId: 'in', callerNumber: uniqueId === 'in' ? '79123456789' : undefined, callerName: undefined, extension },
    isIncoming,
  });
  const at = (...facts: readonly JournalFact[]): readonly JournalEvent[] =>
    facts.map((fact, n) => ({ switch: 'alpha', atMs: startMs + n * 1_000, ...fact }));
  const customer = channel('in', 'PJSIP/trunk-00000001', '74951234567', true);
  const phone = (name: string): ChannelFacts => channel(`leg-${name}`, `PJSIP/${name}-0000000a`);
  const rings = (name: string): readonly JournalFact[] => [
    { type: 'channel-created', channel: phone(name) },
    { type: 'dial-began', from: customer, to: phone(name), dialString: name },
  ];
  const talks = (name: string): readonly JournalFact[] =>
    [customer, phone(name)].map((one) => ({ type: 'bridge-entered', bridge: 'b', channel: one, swap: undefined }));
  const over = (...all: readonly ChannelFacts[]): readonly JournalFact[] => [
    ...all.map((one) => ({ type: 'channel-ended', channel: one, cause: 16, sip: undefined }) as const),
    { type: 'time-passed' },
  ];
  const late = (facts: readonly JournalFact[]): readonly JournalEvent[] =>
    at(...facts).map((event) => ({ ...event, atMs: event.atMs + 60_000 }));
  const begun: readonly JournalFact[] = [{ type: 'channel-created', channel: customer }];
  const phones = (tenant: string) => ({ extensions: { '101': `PJSIP/${tenant}101`, '102': `PJSIP/${tenant}102` } });
  const whole = ['StartApp 79123456789', 'DialAnswer 101', 'Hangup', 'EndCall'];

  it('CRM-19: each hears of the calls of its lines only; without filters of all', async () => {
    const [own, other, every] = [{ lines: ['7495XXXXXXX'] }, { lines: ['7812XXXXXXX'] }, {}].map((filter, n) => ({
      ...phones('abc'[n] ?? ''),
      ...filter,
    }));
    const { found } = await told(
      bindingsOf(own ?? {}, other ?? {}, every ?? {}),
      at(...begun, ...rings('a101'), ...talks('a101')),
      late(over(customer, phone('a101'))),
    );
    assert.deepEqual(found, { crm0: whole, crm1: [], crm2: ['StartApp 79123456789', 'Hangup', 'EndCall'] });
  });

  it('CRM-19: a queue, or a telephone, that comes later makes the call its own from then on, its begin first and once', async () => {
    const bindings = bindingsOf(
      { ...phones('a'), queues: ['sales'] },
      { ...phones('b'), queues: ['support'] },
      { ...phones('c'), trunks: ['trunk2'] },
    );
    const queued: JournalFact = { type: 'queue-entered', channel: customer, queue: 'sales' };
    const first = at(...begun, queued, ...rings('a101'), ...talks('a101'));
    const second = late([...over(phone('a101')), ...rings('b102'), ...talks('b102')]);
    const { found } = await told(bindings, first, second, late([{ type: 'time-passed' }, ...over(customer, phone('b102'))]));
    assert.deepEqual(found, {
      crm0: whole,
      crm1: ['StartApp 79123456789', 'DialAnswer 102', 'Hangup', 'EndCall'],
      crm2: [],
    });
  });

  for (const [hours, all] of [
    [1, ['StartApp 79123456789', 'Hangup', 'EndCall']],
    [13, ['Hangup', 'EndCall']],
  ] as const)
    it(`CRM-16: the begin of a call that is ${String(hours)} h old: told once more only while what was told is kept`, async () => {
      const { found: none } = await told(bindingsOf({ ...phones('a'), lines: ['1'] }), at(...begun));
      assert.deepEqual(none, { crm0: [] });
      const ends = at(...over(customer)).map((event) => ({ ...event, atMs: event.atMs + hours * 3_600_000 }));
      const { found } = await told(bindingsOf(phones('a')), ends);
      assert.deepEqual(found, { crm0: all });
    });

  it('CRM-19: SalesPlatform is told of no missed call that another’s telephone of the same number took', async () => {
    const bindings = bindingsOf(
      { ...phones('a'), dialect: 'vtiger-sp', missed_owner: '102' },
      { ...phones('b'), dialect: 'vtiger-sp', missed_owner: '102' },
    );
    const { found, meter } = await told(bindings, at(...begun, ...rings('b101'), ...talks('b101'), ...over(customer, phone('b101'))));
    assert.deepEqual(found, { crm0: [], crm1: ['DialBegin 79123456789', 'DialAnswer 101', 'Hangup', 'EndCall'] });
    assert.deepEqual(meter.counted('tandem_crm_undeliverable_total'), []);
  });
});
