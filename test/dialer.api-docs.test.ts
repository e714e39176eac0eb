/** Every example of docs/dialer-api.md is run as printed, in order; its answer has what the page shows. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { startDialerApi, type DialerApi } from './support/dialer-api.js';

const page = readFileSync(new URL('../docs/dialer-api.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```sh\n([\s\S]*?)\n```\n```json\n([\s\S]*?)\n```/g)];

/** `shown` is in `answered`: objects may have more members, lists have as many. */
function holds(answered: unknown, shown: unknown, path: string): void {
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(answered) && answered.length === shown.length, path);
    for (const [i, one] of shown.entries()) holds(answered[i], one, `${path}[${String(i)}]`);
  } else if (typeof shown === 'object' && shown !== null)
    for (const [key, one] of Object.entries(shown)) holds((answered as Readonly<Record<string, unknown>>)[key], one, `${path}.${key}`);
  else assert.equal(answered, shown, path);
}

describe('docs/dialer-api.md', function () {
  this.timeout(60_000);
  let api: DialerApi;
  before(async () => {
    api = await startDialerApi();
  });
  after(() => api.close());

  it('has an answer to each example', () => {
    assert.ok(examples.length >= 7);
    assert.equal(examples.length, page.match(/```sh/g)?.length);
  });

  for (const [, command = '', shown = ''] of examples)
    it(`B24: example ${command.split('\n')[0]?.slice(0, 100) ?? ''}`, async () => {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], { env: { ...process.env, TANDEM: api.root }, timeout: 20_000 });
      holds(JSON.parse(stdout), JSON.parse(shown), '');
    });
});
