/**
 * Calls of Tandem's own queues and of its dialer in the rows of a CRM, on a real Asterisk: each call once, with the right
 * agent, whoever ordered it (issue 6, part 1).
 */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { CrmRow } from '../support/stand-in-rows.js';
import { requireTestbed } from '../testbed/cache.js';
import { startCrmBed, type CrmBed } from './crm-bed.js';
import { far } from './dialer-bed.js';

const settledWords = ['ringing', 'in-progress'];
const areOver = (rows: readonly CrmRow[]): boolean =>
  rows.length > 0 && rows.every(({ status, end, billed }) => !settledWords.includes(status) && end !== '' && billed !== '');
const seen = (rows: readonly CrmRow[]) => rows.map(({ direction, user, status }) => [direction, user, status]);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

for (const edition of ['vtiger', 'vtiger-sp'] as const)
  describe(`real: calls of the own queues in the CRM, ${edition}`, function () {
    this.timeout(60_000);
    let bed: CrmBed;

    before(async function () {
      await requireTestbed(this, 'asterisk');
      bed = await startCrmBed({ edition });
    });
    after(async () => {
      await (bed as CrmBed | undefined)?.stop();
    });
    afterEach(() => bed.clear());

    const isStock = edition === 'vtiger';

    it('P4, P6, CRM-15: a caller of the queue is one call with the agent who talked, whose queue is known', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const call = await bed.customer();
      await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'));
      await pause(1_100);
      call.hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(seen(rows), [['inbound', '1011', 'completed']]);
      assert.equal(rows[0]?.customer, '1010');
      assert.ok(Number(rows[0].billed) >= 1, JSON.stringify(rows));
      if (!isStock) assert.equal(rows[0].line, 'support');
      assert.deepEqual(
        bed.crm.asked.map(({ fields }) => fields.get('callstatus')).filter((word) => word === 'DialAnswer').length,
        1,
        'the talk is told once',
      );
    });

    it('B25, B30, P15: a caller of the queue in the event feed: each event of the call once and in order, with agent, queue and times', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const after = await bed.lastEvent();
      const call = await bed.customer();
      await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'));
      call.hangup();
      const events = await eventually(
        () => bed.callEvents(after),
        (all) => all.some(({ type }) => type === 'call.ended'),
      );
      assert.deepEqual(
        events.map(({ type, data }) => [type, data['extension'], data['agent'], data['queue']]),
        [
          ['call.started', undefined, undefined, undefined],
          ['call.ringing', '1011', '1011', 'support'],
          ['call.answered', '1011', '1011', 'support'],
          ['call.ended', '1011', '1011', 'support'],
        ],
      );
      assert.deepEqual(events[0]?.data['customer'], { number: '1010', name: 'Phone 1010' });
      const delays = events.map(({ atMs, data }) => atMs - Number(data['answeredAtMs'] ?? atMs));
      assert.ok(Math.max(...delays.slice(0, 3)) < 1_000, `told ${String(delays)} ms after it happened`);
    });

    it('P12: an agent of the queue who does not answer missed nothing that his colleague then has; the call is answered', async () => {
      await bed.available('1011', '1012');
      (await bed.alpha.phone(11)).onCall = (call) => call.ring();
      const since = bed.crm.rows.length;
      const call = await bed.customer();
      await bed.rows(since, (rows) => rows.some(({ user, status }) => user === '1012' && status === 'in-progress'), 15_000);
      call.hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(
        seen(rows),
        isStock
          ? [['inbound', '1012', 'completed']]
          : [
              ['inbound', '1011', 'no-answer'],
              ['inbound', '1012', 'completed'],
            ],
      );
    });

    it('P12: a caller who hangs up while he waits is a missed call', async () => {
      await bed.available();
      const since = bed.crm.rows.length;
      const call = await bed.customer();
      await pause(300);
      call.hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(seen(rows), [['inbound', isStock ? '' : '1013', 'no-answer']]);
      if (!isStock) assert.equal(rows[0]?.line, 'support');
    });

    it('P10, B28: from one queue to the next: the second agent has the customer, the call is the same', async () => {
      await bed.available('1011', '1013');
      const since = bed.crm.rows.length;
      const call = await bed.customer();
      await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'));
      const { items } = await bed.ask<{ items: readonly { id: string }[] }>('GET', '/members?phase=talking');
      await bed.ask('POST', `/members/${items[0]?.id ?? ''}/transfer`, { extension: 'other' });
      await bed.rows(since, (rows) => rows.some(({ user, status }) => user === '1013' && status === 'in-progress'));
      call.hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(
        seen(rows),
        (isStock ? ['1013'] : ['1011', '1013']).map((user) => ['inbound', user, 'completed']),
      );
      assert.equal(new Set(rows.map(({ callUUID }) => callUUID)).size, 1);
    });

    it('P23, B28: from the pop-up to a colleague’s telephone: the queue’s talk is over, the CRM has the colleague', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const call = await bed.customer();
      const [row] = await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'));
      const params = new URLSearchParams({ secret: 's3cr3t+Key/&=1-and-longer', callid: row?.callUUID ?? '', to: '1012' });
      const answer = await fetch(`http://127.0.0.1:${String(bed.crmPort)}/transfer?${params.toString()}`, { method: 'POST' });
      assert.equal(await answer.text(), 'Success\n');
      await bed.rows(since, (rows) => rows.some(({ user, status }) => user === '1012' && status === 'in-progress'));
      call.hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(
        seen(rows),
        (isStock ? ['1012'] : ['1011', '1012']).map((user) => ['inbound', user, 'completed']),
      );
    });

    it('B34: who listens to a talk is in no call: the CRM has one row, the journal one call with one leg', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const calls = bed.journal().length;
      const call = await bed.customer();
      await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'));
      const listens = (await bed.alpha.phone(14)).nextCall();
      await bed.ask('POST', '/agents/1011/spy', { mode: 'barge', supervisor: '1014' });
      await (
        await listens
      ).answered;
      await pause(800);
      call.hangup();
      const rows = await bed.rows(since, areOver);
      await pause(500);
      assert.deepEqual(seen(rows), [['inbound', '1011', 'completed']]);
      const added = bed.journal().slice(calls) as unknown as readonly { legs: readonly { extension: string }[]; isTold: boolean }[];
      assert.deepEqual(
        added.filter(({ isTold }) => isTold).map(({ legs }) => legs.map(({ extension }) => extension)),
        [['1011']],
      );
    });

    it('P6: a customer who is called back at his turn is one outgoing call of the agent who talked', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const rings = (await bed.alpha.phone(11)).nextCall();
      // he presses 1, as he is asked to
      await bed.ask('POST', '/callbacks', { queue: 'support', number: `${far.pressesOne}777`, switch: 'alpha' });
      await bed.rows(since, (rows) => rows.some(({ status }) => status === 'in-progress'), 15_000);
      (await rings).hangup();
      const rows = await bed.rows(since, areOver);
      assert.deepEqual(seen(rows), [['outbound', '1011', 'completed']]);
      assert.equal(rows[0]?.customer, `${far.pressesOne}777`);
      const call = await eventually(
        () => bed.journal().at(-1),
        (last) => last?.['state'] === 'done',
      );
      assert.deepEqual([call?.['origin'], call?.['direction'], call?.['outcome']], ['callback', 'outbound', 'answered']);
    });

    it('P6, B43: calls of a progressive campaign: a row for each talk, with origin, campaign and contact; none for who is busy', async () => {
      await bed.available('1011');
      const since = bed.crm.rows.length;
      const calls = bed.journal().length;
      await bed.ask('POST', '/dialer/campaigns', {
        ...{ id: 'spring', profile: 'test', queue: 'sales', mode: 'PROGRESSIVE', gateways: [{ switch: 'alpha', gateway: 'far' }] },
        ...{ caller_ids: ['4930555'], safe_harbour: { audio: 'vm-goodbye' } },
      });
      await bed.ask('POST', '/dialer/campaigns/spring/start');
      const numbers = { 'c-1': `${far.talks}5551`, 'c-2': `${far.isBusy}5552`, 'c-3': `${far.talks}5553` };
      const contacts = Object.entries(numbers).map(([id, customer_number]) => ({
        id,
        customer_number,
        campaign_type: 'AGENT',
        campaign_id: 'spring',
      }));
      await bed.ask('POST', '/dialer/contacts', contacts);
      const rows = await bed.rows(since, (all) => all.length === 2 && areOver(all), 30_000);
      const told = await eventually(
        () => bed.journal().slice(calls),
        (all) => all.filter(({ state }) => state === 'done').length === 3,
      );
      assert.deepEqual(
        seen(rows),
        [0, 1].map(() => ['outbound', '1011', 'completed']),
      );
      assert.deepEqual(rows.map(({ customer }) => customer).sort(), [numbers['c-1'], numbers['c-3']]);
      assert.deepEqual(
        told
          .map(({ origin, campaign, contact, outcome }) => [origin, campaign, contact, outcome])
          .sort((a, b) => String(a[2]).localeCompare(String(b[2]))),
        [
          ['dialer', 'spring', 'c-1', 'answered'],
          ['dialer', 'spring', 'c-2', 'busy'],
          ['dialer', 'spring', 'c-3', 'answered'],
        ],
      );
      await bed.ask('POST', '/dialer/campaigns/spring/stop');
    });
  });
