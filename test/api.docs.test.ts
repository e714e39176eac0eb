/** Every example of docs/api.md is sent as printed and answered as printed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { send, startApiServer, type ApiServer } from './support/api-server.js';
import { loadVectors } from './support/api-vectors.js';
import { createMemoryStore } from './support/memory-ports.js';

const page = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```http\n(\w+) (\S+?)\?(\S+)\n```\n```text\n([\s\S]*?)\n```/g)];

describe('docs/api.md', () => {
  const nowMs = () => Date.parse('2026-11-21T19:03:09.000Z');
  const store = createMemoryStore(nowMs);
  let server: ApiServer;

  before(async () => {
    loadVectors(store);
    const agent = { leadId: 1000123, confExten: '8600051', serverIp: '10.9.9.1' };
    store.tables.agents = [
      { ...agent, user: '8001', lastCallAtMs: nowMs() },
      { ...agent, user: '8002', lastCallAtMs: nowMs() - 60_000 },
    ];
    server = await startApiServer(store, { nowMs });
  });
  after(() => server.close());

  it('has examples for both doors', () => {
    assert.ok(examples.some(([, , path]) => path === '/agc/api.php'));
    assert.ok(examples.length >= 7);
    assert.equal(examples.length, page.match(/```http/g)?.length);
  });

  for (const [, method = '', path = '', query = '', expected = ''] of examples)
    it(`example ${path}?${query}`, async () => {
      const answer = await send(server, { method, path, query });
      assert.equal(answer.body.trimEnd(), expected);
    });
});
