/** Many hand-overs at the same moment: each call keeps its own lead. */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import { asserted, startClusters, type Clusters } from './clusters.js';
import { phones } from './dialplan.js';

const handovers = 50;

describe('real: many hand-overs at once', function () {
  this.timeout(30_000);
  let clusters: Clusters;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    clusters = await startClusters();
  });
  after(async () => {
    await (clusters as Clusters | undefined)?.stop();
  });

  it(`${handovers} calls at once: ${handovers} leads, none mixed up, none left over`, async () => {
    const customer = await clusters.alpha.phone(10);
    const agent = await clusters.beta.phone(phones.mass);
    agent.quiet = true;
    const shown = new Map<string, string>();
    agent.onCall = (call) => {
      shown.set(call.caller.number, call.caller.name);
      call.ring();
      void call.answer();
    };
    const leads = Array.from({ length: handovers }, (_, n) => clusters.lead(n));
    const calls = await Promise.all(
      leads.map(({ code }, n) => customer.call('2008', { headers: asserted(code, String(5_550_000 + n)), quiet: true })),
    );
    await eventually(
      () => shown.size,
      (size) => size === handovers,
      { msMax: 20_000 },
    );
    await Promise.all(calls.map((call) => call.answered));

    const rows = clusters.b.rows(
      `SELECT c.remote_lead_id, c.remote_call_id, c.local_call_id, l.lead_id, l.phone_number, l.last_name
       FROM vicidial_ccc_log c JOIN vicidial_list l ON l.lead_id = c.lead_id ORDER BY c.remote_lead_id`,
    );
    assert.equal(rows.length, handovers);
    assert.equal(new Set(rows.map((row) => row['lead_id'])).size, handovers);
    for (const [n, lead] of leads.entries()) {
      const row = rows[n] ?? {};
      assert.deepEqual(
        [row['remote_lead_id'], row['remote_call_id'], row['phone_number'], row['last_name']],
        [lead.leadId, lead.code, lead.phone, lead.lastName],
      );
      assert.equal(shown.get(lead.phone), row['local_call_id']);
      assert.equal(Number(String(row['local_call_id']).slice(-10)), row['lead_id']);
    }

    for (const call of calls) call.hangup();
    await eventually(
      () => clusters.b.metric('tandem_agi_sessions'),
      (sessions) => sessions === 0,
    );
    await eventually(
      () => clusters.beta.channels(),
      (channels) => channels.length === 0,
      { msMax: 5_000 },
    );
  });
});
