/**
 * The manager link is cut during calls on a real Asterisk (issue 6; CRM-15, B10): afterwards the journal and both CRMs that
 * are told have each call once, those too that went on, ended or began meanwhile.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CrmSide } from '../../sidecar/crm/side.js';
import type { AmiLink } from '../../sidecar/ami.js';
import { openStore, type Store } from '../../sql/store.js';
import { openCrmOnBed } from '../support/crm-on-bed.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { startStandInCrm, type StandInCrm } from '../support/stand-in-crm.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { requireTestbed } from '../testbed/cache.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall } from '../testbed/sip-phone.js';

const secret = 's3cr3t+Key/&=1-and-longer';
const account = { user: 'cut', secret: 'cut-bed-secret' };
const manager = `
[${account.user}]
secret = ${account.secret}
permit = 127.0.0.1/255.255.255.255
read = system,call,dialplan,agent
write = call,originate,reporting
`;
const agents = [11, 12, 13] as const;
const customers = [14, 15, 16] as const;
const dialplan = `
[from-phones](+)
${agents.map((nn) => `exten => 2${String(nn)},1,Dial(PJSIP/10${String(nn)},20)\n same => n,Hangup()`).join('\n')}
`;

describe('real: CRM, manager link cut during calls', function () {
  this.timeout(60_000);
  const ends: (() => unknown)[] = [];
  const crms = new Map<string, StandInCrm>();
  let asterisk: Asterisk;
  let proxy: TcpProxy;
  let store: Store;
  let link: AmiLink;
  let side: CrmSide;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    const claim = await claimPorts(1);
    ends.push(claim.release);
    asterisk = await startAsterisk({ name: 'crmcut', base: claim.bases[0] ?? 0 });
    ends.push(() => asterisk.stop());
    await asterisk.addConfig('extensions', '50-crm', dialplan);
    await asterisk.addConfig('manager', '50-crm', manager);
    await asterisk.reload();
    await asterisk.cli('manager reload');
    proxy = await startTcpProxy({ host: '127.0.0.1', port: asterisk.ports.ami });
    ends.push(() => proxy.close());
    for (const edition of ['vtiger', 'vtiger-sp'] as const) {
      const crm = await startStandInCrm(
        edition,
        agents.map((nn) => `10${String(nn)}`),
        secret,
      );
      crms.set(edition, crm);
      ends.push(() => crm.stop());
    }
    await writeFile(join(asterisk.dir, 'crm.yaml'), `crm:\n${[...crms].map(([edition, { url }]) => binding(edition, url)).join('')}`);
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
    ends.push(() => store.close());
    await store.migrate();
    ({ link, side } = await openCrmOnBed({ dir: asterisk.dir, ports: { ami: proxy.port } }, store, account));
    ends.push(
      () => link.stop(),
      () => side.stop(),
    );
  });

  after(async () => {
    for (const end of ends.reverse().splice(0)) await end();
  });

  const binding = (edition: string, url: string): string => `  - name: ${edition}
    dialect: ${edition}
    crm_url: ${url}
    secret: '${secret}'
    timezone: UTC
    extensions: { ${agents.map((nn) => `'10${String(nn)}': PJSIP/10${String(nn)}`).join(', ')} }
    short_numbers: [${customers.map((nn) => `'10${String(nn)}'`).join(', ')}]
`;

  async function talk(customer: number, agent: number): Promise<SipCall> {
    const rings = (await asterisk.phone(agent)).nextCall();
    const call = await (await asterisk.phone(customer)).call(`2${String(agent)}`);
    await rings;
    await call.answered;
    return call;
  }
  const told = (crm: StandInCrm): readonly string[] =>
    crm.rows.map(({ direction, customer, user, status }) => `${direction} ${customer} ${user} ${status}`).sort();
  const bothHave = (...rows: readonly string[]): Promise<unknown> =>
    eventually(
      () => [...crms.values()].map(told),
      (found) => found.every((one) => JSON.stringify(one) === JSON.stringify([...rows].sort())),
      { msMax: 15_000 },
    );

  it('CRM-15, B10: who goes on is told once, who left meanwhile has ended, who came meanwhile is there; both CRMs and the journal agree', async () => {
    const goesOn = await talk(14, 11);
    const leaves = await talk(15, 12);
    await bothHave('inbound 1014 1011 in-progress', 'inbound 1015 1012 in-progress');
    await proxy.down();
    leaves.hangup();
    await leaves.ended;
    const passing = await talk(15, 12);
    passing.hangup();
    await passing.ended;
    const comes = await talk(16, 13);
    await proxy.up();
    await link.waitUp(20_000);
    await bothHave('inbound 1014 1011 in-progress', 'inbound 1015 1012 completed', 'inbound 1016 1013 in-progress');
    goesOn.hangup();
    comes.hangup();
    const over = ['inbound 1014 1011 completed', 'inbound 1015 1012 completed', 'inbound 1016 1013 completed'];
    await bothHave(...over);
    await eventually(
      async () => (await Promise.all([...crms.keys()].map((name) => store.crm.counts(name)))).map(({ pending, dead }) => pending + dead),
      (left) => left.every((count) => count === 0),
      { msMax: 10_000 },
    );
    await bothHave(...over);
    for (const { rows } of crms.values())
      for (const row of rows) {
        const known = await store.crm.call(row.callUUID);
        assert.ok(known?.endedAtMs !== undefined, row.callUUID);
        assert.deepEqual([known.state, known.outcome], ['done', 'answered']);
        assert.equal(row.duration, String(Math.floor(known.endedAtMs / 1000) - Math.floor((known.customerAtMs ?? 0) / 1000)));
      }
  });
});
