/** The test bed itself: what the other real suites stand on. */
import assert from 'node:assert/strict';
import mysql from 'mysql2/promise';
import { startMariaDb } from '../testbed/mariadb.js';
import { claimPorts, requireTestbed, startAsterisk, type Asterisk } from '../testbed/asterisk.js';

const code = 'V1121190512000012345';

describe('real: two Asterisk instances joined by trunks', function () {
  this.timeout(20_000);
  let alpha: Asterisk;
  let beta: Asterisk;
  let releasePorts = (): void => undefined;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    const { bases, release } = await claimPorts(2);
    releasePorts = release;
    const [a = 0, b = 0] = bases;
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
    releasePorts();
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

describe('real: MariaDB', function () {
  this.timeout(20_000);
  before(async function () {
    await requireTestbed(this, 'mariadb');
  });

  for (const strict of [true, false])
    it(`DB-1: ${strict ? 'strict' : 'non-strict'} mode: an over-long value is ${strict ? 'refused' : 'cut'}`, async () => {
      const server = await startMariaDb({ strict });
      try {
        const connection = await mysql.createConnection(server.url);
        await connection.query('CREATE TABLE t (v VARCHAR(3))');
        const inserted = connection.query("INSERT INTO t VALUES ('abcd')");
        if (strict) await assert.rejects(inserted, { code: 'ER_DATA_TOO_LONG' });
        else await inserted;
        const [rows] = await connection.query('SELECT v FROM t');
        assert.deepEqual(rows, strict ? [] : [{ v: 'abc' }]);
        await connection.end();
      } finally {
        await server.stop();
      }
    });
});
