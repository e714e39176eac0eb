/** What the API has for pages alone: all campaigns in one answer, and the work of an agent. */
import assert from 'node:assert/strict';
import { agentContact, startDialerApi, type DialerApi } from './support/dialer-api.js';
import { pagesLive, pagesOffer } from './support/dialer-pages.js';

describe('the dialer`s API for pages', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
    await api.campaign('c1', { name: 'Spring', mode: 'PREVIEW' });
    await api.campaign('west', { queue: 'west' });
    await api.post('/dialer/contacts', [
      agentContact('a1', { data: { name: 'Eve', phone2: '+4930555666' } }),
      agentContact('a2', { customer_number: '+4930222333' }),
    ]);
  });
  afterEach(() => api.close());

  const code = async (path: string, who: string): Promise<string> => {
    const { status, body } = await api.get(path, who);
    return `${String(status)} ${(body['code'] as string | undefined) ?? ''}`.trim();
  };
  /** The call of a contact, which the agent has taken. */
  function talk(uniqueId: string): string {
    api.desk.login('anna');
    return api.desk.connect(api.desk.call('sales', { call: { switch: 'west', uniqueId, channel: 'PJSIP/x' } as never }));
  }

  describe('B23: overview', () => {
    it('has each campaign with what it does now, and how many contacts are left', async () => {
      api.fake.control.live = (id) => (id === 'c1' ? pagesLive('c1') : undefined);
      const { body } = await api.get('/dialer/overview', 'reader');
      assert.deepEqual([body['total'], body['owner'], body['atMs']], [2, true, api.clock.nowMs]);
      const [first, second] = body['items'] as readonly Record<string, unknown>[];
      const { live, ...rest } = first ?? {};
      assert.deepEqual(rest, {
        ...{ id: 'c1', name: 'Spring', state: 'draft', mode: 'PREVIEW', queue: 'sales', weight: 1, implicit: false, pending: 2 },
      });
      assert.equal((live as { ringing: number }).ringing, 12);
      assert.deepEqual([second?.['id'], second?.['live'], second?.['pending']], ['west', null, 0]);
    });

    it('B39: who is of some queues sees their campaigns; without the right nothing', async () => {
      const { body } = await api.get('/dialer/overview', 'west');
      assert.deepEqual([(body['items'] as { id: string }[]).map(({ id }) => id), body['total']], [['west'], 1]);
      for (const who of ['clerk', 'anna', 'bert']) assert.equal(await code('/dialer/overview', who), '403 TDM_FORBIDDEN', who);
    });

    it('reads the counts of contacts at most every five seconds, and tells when the database is away', async () => {
      const overviewRows = async (): Promise<unknown> => (await api.get('/dialer/overview')).body['items'];
      await overviewRows();
      await api.post('/dialer/contacts', agentContact('a3', { customer_number: '+4930222444' }));
      assert.equal(((await overviewRows()) as { pending: number }[])[0]?.pending, 2);
      api.clock.nowMs += 5_000;
      assert.equal(((await overviewRows()) as { pending: number }[])[0]?.pending, 3);
      api.database.isDown = true;
      assert.match(await code('/dialer/overview', 'reader'), /^503/);
    });
  });

  describe('B42, B46: the work of an agent', () => {
    const workOf = async (who = 'anna', agent = 'anna') => (await api.get(`/dialer/preview/${agent}/work`, who)).body;

    it('campaigns are those that run in preview over his queues', async () => {
      assert.deepEqual((await workOf())['campaigns'], []);
      await api.campaign('c2', { mode: 'PREVIEW', queue: 'west' });
      for (const id of ['c1', 'c2', 'west']) await api.post(`/dialer/campaigns/${id}/start`);
      assert.deepEqual((await workOf())['campaigns'], [{ id: 'c1', name: 'Spring' }]);
    });

    it('the contact that he looks at comes with the name of its campaign, its numbers masked', async () => {
      api.says.offer = pagesOffer((await api.store.contact('a1')) ?? assert.fail(), undefined);
      const { offer, talk: now } = await workOf();
      const { campaignName, contact } = offer as { campaignName: string; contact: { number: string } };
      assert.deepEqual([campaignName, contact.number, now], ['Spring', '+49151******78', null]);
    });

    for (const uniqueId of ['a1', 'a1.2'])
      it(`the talk of channel ${uniqueId} is told with the contact and what may be said of it, until it ends`, async () => {
        const offer = talk(uniqueId);
        const told = (await workOf())['talk'] as Record<string, unknown>;
        assert.deepEqual([told['callId'], told['contact'], told['campaign'], told['number']], [uniqueId, 'a1', 'c1', '+49151******78']);
        assert.deepEqual(told['data'], { name: 'Eve', phone2: '+49305***66' });
        const said = told['dispositions'] as Record<string, unknown>[];
        assert.deepEqual(
          said.find(({ name }) => name === 'RECYCLE'),
          { name: 'RECYCLE', text: 'try again another day', success: false, dnc: 'none', callback: false, recycle_s: 86_400 },
        );
        assert.equal((await workOf('bert', 'bert'))['talk'], null);
        api.desk.step({ type: 'call-ended', offer: offer as never, by: 'caller', cause: '16' });
        assert.equal((await workOf())['talk'], null);
      });

    it('a caller of his own accord is no talk of the dialer', async () => {
      talk('1700000000.17');
      assert.equal((await workOf())['talk'], null);
    });

    it('B39: nobody sees the work of another agent, unless he may control the dialer there', async () => {
      assert.equal(await code('/dialer/preview/bert/work', 'anna'), '403 TDM_FORBIDDEN');
      assert.equal(await code('/dialer/preview/anna/work', 'clerk'), '403 TDM_FORBIDDEN');
      assert.equal(await code('/dialer/preview/anna/work', 'west'), '403 TDM_FORBIDDEN');
      talk('a1');
      const { number } = (await workOf('boss'))['talk'] as { number: string };
      assert.equal(number, '+4915112345678');
    });
  });
});
