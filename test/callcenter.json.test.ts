/** The JSON form beside what is recorded: limits, and requests that are none (freeswitch-callcenter 10). */
import assert from 'node:assert/strict';
import { nestingMax } from '../core/callcenter/json.js';
import { openCallcenterDesk, recordedSite, type CallcenterDesk } from './support/callcenter-desk.js';

const nested = (deep: number): string => `{"command":"x","a":${'['.repeat(deep)}${']'.repeat(deep)}}`;

describe('callcenter JSON', () => {
  let w: CallcenterDesk;
  before(async () => {
    w = await openCallcenterDesk(recordedSite);
  });
  after(() => w.close());

  it('F116: what is no request is answered as by the real one', async () => {
    for (const text of ['{', '[]', '"x"', '5', 'null', `{"a":"${'x'.repeat(9_000)}"}`, nested(nestingMax + 1), nested(4_000)])
      assert.equal(await w.json(text), '-ERR Parse error.\n', text.slice(0, 20));
    for (const text of ['', '  ']) assert.equal(await w.json(text), '-ERR No JSON supplied.\n');
    assert.match(await w.json(nested(nestingMax - 2)), /"status":"error"/);
  });

  it('F116: names of the request cannot become names of ours', async () => {
    const answer = await w.json(
      '{"__proto__":{"x":1},"status":"mine","response":5,"command":"callcenter_config","data":{"arguments":"tier list"}}',
    );

    assert.match(
      answer,
      /^\{"__proto__":\{"x":1\},"command":"callcenter_config","data":\{"arguments":"tier list"\},"status":"success","response":\[\{/,
    );
  });

  it('F116: commands that change are not served', async () => {
    for (const words of ['agent set status a1 Available', 'agent del a1', 'agent list a1', 'queue count', ['agent list'], null]) {
      const answer = await w.json({ command: 'callcenter_config', data: { arguments: words } });
      assert.deepEqual(JSON.parse(answer), {
        command: 'callcenter_config',
        data: { arguments: words },
        status: 'error',
        message: 'The command returned an error',
        response: null,
      });
    }
    assert.deepEqual(w.asked(), []);
  });

  it('F117, F118, F119, F120, F121, F122: each list, values as texts', async () => {
    w.desk.call('support@default', { number: '5551', name: 'Bob' });
    const rows = async (words: string, queue?: string) => {
      const answer = await w.json({ command: 'callcenter_config', data: { arguments: words, queue_name: queue } });
      return (JSON.parse(answer) as { response: Record<string, unknown>[] }).response;
    };

    assert.deepEqual(
      (await rows('queue list')).map(({ name, max_wait_time }) => [name, max_wait_time]),
      [
        ['defaults@default', 0],
        ['full@default', 60],
        ['support@default', 0],
      ],
    );
    assert.deepEqual(
      (await rows('queue list agents', 'support@default')).map(({ name, wrap_up_time }) => [name, wrap_up_time]),
      [
        ['a1', '1'],
        ['b2@default', '0'],
      ],
    );
    assert.deepEqual(
      (await rows('queue list members', 'support@default')).map(({ cid_name, score }) => [cid_name, score]),
      [['Bob', '0']],
    );
    assert.equal((await rows('member list')).length, 1);
    assert.equal((await rows('queue list tiers', 'support@default')).length, 2);
    assert.equal((await rows('tier list')).length, 3);
    assert.deepEqual(await rows('queue list members', 'nix'), []);
  });
});
