/** Whose lead a queue entry shows (W-14, Q-1, Q-2): the whole set of applications, over a store of its own. */
import assert from 'node:assert/strict';
import { codeTime, encodeCallerCode } from '../core/callercode.js';
import { menuSchema } from '../core/menu/schema.js';
import type { LookupInsert } from '../core/services/lookup-insert.js';
import { createApplications } from '../sidecar/applications.js';
import { agiSession } from './support/doors.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { codeFor, sampleHandover, windowMs } from './support/sample-lead.js';
import { describeStores, startMs } from './support/stores.js';
import type { Opened } from './support/stores.js';

const zone = 'America/New_York';
const leadId = 777;
/** as another cluster, or anybody, may send it */
const foreign = `V${codeTime(startMs, zone)}0000000777`;
const hourMs = 3_600_000;

describeStores('whose lead a queue entry shows', (open) => {
  /** A call with this name, through `script`; what the agent's side gets. */
  async function arrive({ store, clock }: Opened, name: string, given: Arrival = {}) {
    const lookup: LookupInsert = () => Promise.resolve({ exit: given.exit ?? 'B', reason: 'peer-failed' });
    const after = (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    };
    const { agi } = createApplications(
      { ...store, lookup, log: silentLog, meter: recordingMeter(), nowMs: clock.nowMs, after, zone },
      { serverIp: '10.0.0.5', silence: false, failExit: 'B', codeWindowMs: 10 * hourMs },
    );
    const call = await agiSession(agi, {
      script: given.menu === undefined ? 'queue_entry' : 'menu',
      args: [given.menu ?? 'support'],
      fields: { calleridname: name, channel: given.channel ?? 'SIP/carrier-00000001' },
      variables: { 'CALLERID(name)': name, ...given.variables },
    });
    assert.equal(call.variables.get('TANDEM_RESULT'), 'answered');
    return call.variables.get('TANDEM_LEAD_ID');
  }

  interface Arrival {
    readonly menu?: string;
    readonly channel?: string;
    readonly exit?: 'A' | 'B' | 'C' | 'D';
    readonly variables?: Record<string, string>;
  }

  const prove = ({ store }: Opened, code: string, atMs: number, lead = leadId) =>
    store.proofs.record({
      ...{ log: code.startsWith('DC') ? ('dial' as const) : ('extended' as const), code, leadId: lead, uniqueId: '1795305789.1' },
      ...{ serverIp: '10.0.0.5', channel: 'Local/1', context: 'default', extension: '100', atMs },
    });

  async function withPeer(opened: Opened) {
    const key = { peer_id: 'alpha' };
    const texts = { kind: 'vicidial', non_agent_path: '/n', agent_path: '/a', user: 'u', pass: 'p', source: 's', stage: 'pipe' };
    const values = { ...texts, credentials: 'query', active: 1, verify_tls: 1, allow_extra_fields: 0, trunks: '["IAX2/alpha"]' };
    await opened.store.provisioning.write([{ table: 'tandem_peers', action: 'insert', key, values }]);
  }

  async function withMenu(opened: Opened) {
    const route = { queue: 'support' };
    const prompt = 'NOPLAY|cm_sc_ccc_lookup_insert.agi,example---8199';
    const definition = JSON.stringify(menuSchema.parse({ id: 'welcome', prompt, timeout_s: 1, options: { B: route, C: route, D: route } }));
    await opened.store.provisioning.write([
      { table: 'tandem_menus', action: 'insert', key: { menu_id: 'welcome' }, values: { definition } },
    ]);
  }

  for (const exit of ['B', 'C', 'D'] as const)
    it(`W-14: a lookup that ends at ${exit} in a menu leaves the call without a lead`, async () => {
      const opened = await open();
      await withMenu(opened);
      await prove(opened, foreign, startMs); // even if a call of ours happens to bear the same code
      assert.equal(await arrive(opened, foreign, { menu: 'welcome', exit }), '');
      assert.equal(await arrive(opened, foreign, { variables: { ccc_result: exit } }), '');
    });

  it('W-14: a code that no row of ours knows names no lead, whatever trunk it came on', async () => {
    const opened = await open();
    assert.equal(await arrive(opened, foreign), '');
    assert.equal(await arrive(opened, 'DC287000W0000000777W'), '');
    await withPeer(opened);
    opened.clock.add(2_000);
    assert.equal(await arrive(opened, foreign, { channel: 'IAX2/alpha-1234' }), '');
    assert.equal(await arrive(opened, foreign), '');
  });

  for (const code of [foreign, foreign.replace('V', 'Y'), 'DC287000W0000000777W'])
    it(`Q-2: ${code} of a call that this cluster made names its lead, within the window`, async () => {
      const opened = await open();
      await prove(opened, code, startMs);
      assert.equal(await arrive(opened, code), '777');
      opened.clock.add(11 * hourMs);
      assert.equal(await arrive(opened, code), '');
    });

  it('W-14: on the trunk of a peer a call of ours with the same code does not count, nor the row of another lead anywhere', async () => {
    const opened = await open();
    await withPeer(opened);
    await prove(opened, foreign, startMs);
    assert.equal(await arrive(opened, foreign, { channel: 'IAX2/alpha-1234' }), '');
    await prove(opened, foreign, startMs, 778);
    assert.equal(await arrive(opened, foreign), '');
  });

  it('Q-1 Q-2: the code of a hand-over that we took names its lead, on the trunk of the peer too; ccc_lead_id comes first', async () => {
    const opened = await open();
    await withPeer(opened);
    const { localCode, leadId: taken } = await opened.store.handovers.insert(sampleHandover, codeFor, windowMs);
    assert.equal(localCode, encodeCallerCode('Y', startMs, zone, taken));
    assert.equal(await arrive(opened, localCode, { channel: 'IAX2/alpha-1234' }), String(taken));
    assert.equal(await arrive(opened, localCode), String(taken));
    assert.equal(await arrive(opened, foreign, { variables: { ccc_lead_id: '4711', ccc_result: 'A' } }), '4711');
  });
});
