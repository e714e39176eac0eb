/** Rows that another program or a hand has spoilt: one bad row must not stop the calls of all peers. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { Db } from '../sql/db.js';
import { silentLog } from './support/observers.js';
import { describeStores } from './support/stores.js';

describeStores('spoilt JSON in our tables', (open) => {
  const run = (db: Db, sql: string) => db.run(sql, [], { repeatable: true });
  const peer = (id: string, trunks: string) =>
    `INSERT INTO tandem_peers (peer_id, kind, active, non_agent_path, agent_path, user, pass, source, stage, credentials, verify_tls, allow_extra_fields, trunks)
     VALUES ('${id}', 'vicidial', 1, '/n', '/a', 'u', 'p', 's', 'pipe', 'query', 1, 0, '${trunks}')`;

  it('tandem_peers.trunks counts as empty and is said once; the other peers keep theirs', async () => {
    const warn = sinon.spy();
    const { store, other } = await open({ log: { ...silentLog, warn }, cacheMsMax: 0 });
    await run(other, peer('alpha', '["IAX2/alpha"]'));
    await run(other, peer('broken', '["IAX2/bro'));
    await run(other, peer('number', '7'));

    for (let n = 0; n < 3; n++) {
      assert.equal((await store.containers.findByChannel('IAX2/alpha-1234'))?.id, 'alpha');
      assert.deepEqual((await store.containers.find('broken'))?.profile?.trunks, []);
    }

    assert.deepEqual(
      warn.args.map(([fields]) => fields as unknown),
      [
        { column: 'tandem_peers.trunks', key: 'broken' },
        { column: 'tandem_peers.trunks', key: 'number' },
      ],
    );
  });

  it('W-8: tandem_accounts.lists allows no list, never all, and is said once', async () => {
    const warn = sinon.spy();
    const { store, other } = await open({ log: { ...silentLog, warn }, cacheMsMax: 0 });
    await run(other, `INSERT INTO vicidial_users (user, pass) VALUES ('6666', 'x')`);
    await run(other, `INSERT INTO tandem_accounts (user, peer_id, one_time, lists) VALUES ('6666', 'alpha', 0, '[501')`);

    for (let n = 0; n < 3; n++) assert.deepEqual((await store.users.find('6666'))?.account?.lists, []);

    sinon.assert.calledOnceWithMatch(warn, { column: 'tandem_accounts.lists', key: '6666' });
  });
});
