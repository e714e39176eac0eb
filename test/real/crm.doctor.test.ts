/** `tandem doctor crm` on a real Asterisk: what an account may do and hears, contexts and telephones (CRM-21). */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { createAmiLink } from '../../sidecar/ami.js';
import { checkAsterisk } from '../../sidecar/crm/doctor/asterisk.js';
import { bindingOf } from '../support/crm-teller.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import { requireTestbed } from '../testbed/cache.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const accounts = `
[doctor-full]
secret = doctor-secret-1
permit = 127.0.0.1/255.255.255.255
read = system,call,agent
write = call,originate,reporting
[doctor-poor]
secret = doctor-secret-1
permit = 127.0.0.1/255.255.255.255
read = system
write = originate,reporting
`;

describe('real: doctor crm', function () {
  this.timeout(60_000);
  let asterisk: Asterisk;
  let release: () => void;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    const claim = await claimPorts(1);
    release = claim.release;
    asterisk = await startAsterisk({ name: 'crmdoctor', base: claim.bases[0] ?? 0 });
    await asterisk.addConfig(
      'extensions',
      '50-crm',
      `#include ${samples}tandem-globals.conf\n#include ${samples}tandem-doors.conf\n#include ${samples}tandem-crm.conf\n`,
    );
    await asterisk.addConfig('manager', '50-crm', accounts);
    await asterisk.reload();
    await asterisk.cli('manager reload');
    await asterisk.phone(11); // registered
  });
  after(async () => {
    await (asterisk as Asterisk | undefined)?.stop();
    (release as (() => void) | undefined)?.();
  });

  async function look(user: string, more: object = {}): Promise<readonly string[]> {
    const binding = bindingOf({ dialect: 'yetiforce', contexts: ['from-phones'], extensions: { '1011': 'PJSIP/1011' }, ...more });
    const link = createAmiLink(
      { name: 'pbx', host: '127.0.0.1', port: asterisk.ports.ami, user, secret: 'doctor-secret-1' },
      { log: silentLog, meter: silentMeter },
    );
    link.start();
    try {
      await link.waitUp(5_000);
      const findings = await checkAsterisk('pbx', link, [binding], (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
      return findings.map(({ verdict, what, detail }) => `${verdict} ${what}: ${detail}`);
    } finally {
      link.stop();
    }
  }

  it('CRM-21: an account as docs/crm.md wants it finds everything well, and no telephone rings', async () => {
    const findings = await look('doctor-full');
    assert.match(findings[0] ?? '', /^ok pbx: version: Asterisk \d+\.\d+/);
    assert.deepEqual(
      findings.slice(1).filter((text) => !text.startsWith('warn pbx: times')),
      [
        'ok pbx: orders: the account may originate, transfer and ask',
        'ok pbx: events: the account hears of calls',
        'ok pbx: contexts of main: are in the dialplan',
        'ok pbx: telephones of main: 1 are there',
      ],
    );
    assert.deepEqual(await asterisk.channels(), []);
  });

  it('CRM-21: an account with too few rights, contexts and telephones that are not there', async () => {
    const findings = await look('doctor-poor', { contexts: ['nowhere'], extensions: { '1011': 'PJSIP/1011', '1077': 'PJSIP/1077' } });
    assert.ok(
      findings.includes('FAIL pbx: orders: the account may not: BlindTransfer, Redirect, Atxfer, MixMonitorMute'),
      findings.join('\n'),
    );
    assert.ok(findings.includes('FAIL pbx: events: the account hears nothing of calls'), findings.join('\n'));
    assert.ok(findings.includes('FAIL pbx: contexts of main: not in the dialplan: nowhere'), findings.join('\n'));
    assert.ok(findings.includes('FAIL pbx: telephones of main: no such endpoint: PJSIP/1077'), findings.join('\n'));
  });
});
