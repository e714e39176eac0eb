/** Examples of a page of docs: a command in a block `sh`, and right behind it what it answers in a block `json`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A test for each example of the page, run as printed against `root()`; and one that each command has its answer. */
export function testDocExamples(name: string, root: () => string, countMin: number): void {
  const page = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```sh\n([\s\S]*?)\n```\n```json\n([\s\S]*?)\n```/g)];

  it('has an answer to each example', () => {
    assert.ok(examples.length >= countMin);
    assert.equal(examples.length, page.match(/```sh/g)?.length);
  });

  for (const [, command = '', shown = ''] of examples)
    it(`B24: example ${command.split('\n')[0]?.slice(0, 120) ?? ''}`, async () => {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], { env: { ...process.env, TANDEM: root() }, timeout: 20_000 });
      assertHolds(JSON.parse(stdout), JSON.parse(shown), '');
    });
}

/** `shown` is in `answered`: objects may have more members, lists have as many. */
function assertHolds(answered: unknown, shown: unknown, path: string): void {
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(answered) && answered.length === shown.length, path);
    for (const [i, one] of shown.entries()) assertHolds(answered[i], one, `${path}[${String(i)}]`);
  } else if (typeof shown === 'object' && shown !== null)
    for (const [key, one] of Object.entries(shown))
      assertHolds((answered as Readonly<Record<string, unknown>>)[key], one, `${path}.${key}`);
  else assert.equal(answered, shown, path);
}
