/** The test bed itself: what the other real suites stand on. */
import assert from 'node:assert/strict';
import { claimPorts, requireTestbed, startAsterisk, type Asterisk } from '../testbed/asterisk.js';

const code = 'V1121190512000012345';

describe('real: two Asterisk instances joined by trunks', function () {
  this.timeout(20_000);
  let alpha: Asterisk;
  let beta: Asterisk;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    const [a = 0, b = 0] = await claimPorts(2);
    [alpha, beta] = await Promise.all([
      startAsterisk({ name: 'alpha', base: a, peers: { beta: b } }),
      startAsterisk({ name: 'beta', base: b, peers: { alpha: a } }),
    ]);
    await alpha.addConfig(
      'extensions',
      '50-test',
      '[from-phones](+)\nexten => _i.,1,Dial(IAX2/beta/${EXTEN:1})\nexten => _s.,1,Dial(PJSIP/${EXTEN:1}@beta)\n',
    );
    await beta.addConfig('extensions', '50-test', '[from-trunk](+)\nexten => _10XX,1,Dial(PJSIP/${EXTEN},10)\n');
    await Promise.all([alpha.reload(), beta.reload()]);
  });
  after(async () => {
    await Promise.all([(alpha as Asterisk | undefined)?.stop(), (beta as Asterisk | undefined)?.stop()]);
  });

  for (const [trunk, prefix] of [
    ['IAX2', 'i'],
    ['PJSIP', 's'],
  ] as const) {
    it(`TRK-1: a caller code of 20 characters and the number survive the ${trunk} trunk`, async () => {
      const customer = await alpha.phone(10);
      const agent = await beta.phone(11);
      const arrived = agent.nextCall();
      const call = await customer.call(`${prefix}1011`, { headers: [`P-Asserted-Identity: "${code}" <sip:9998887112@127.0.0.1>`] });
      const agentCall = await arrived;
      await call.answered;
      assert.deepEqual(agentCall.caller, { name: code, number: '9998887112' });
      call.hangup();
      assert.equal(await agentCall.ended, 'remote');
    });
  }
});
