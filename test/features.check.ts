/** docs/features.md against the report of the run before: a row that says done names tests that exist and passed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Ran {
  readonly file: string;
  readonly title: string;
  readonly fullTitle: string;
  readonly state: 'passed' | 'failed' | 'skipped';
}

const table = readFileSync(join(import.meta.dirname, '..', 'docs', 'features.md'), 'utf8');
const rows = [...table.matchAll(/^\| ([VOPFEB]\d+) \| ([^|]*) \| ([^|]*) \|(.*)\|$/gm)].map(([, id = '', state = '', tests = '']) => ({
  id,
  state: state.trim(),
  tests: tests
    .split('<br>')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && entry !== '-'),
}));
const report = process.env['TANDEM_TEST_SUITES'];
const ran = report ? (JSON.parse(readFileSync(report, 'utf8')) as Ran[]) : [];

describe('feature table', () => {
  it('has rows, each once, with a known state', () => {
    assert.ok(rows.length > 0);
    assert.equal(new Set(rows.map((row) => row.id)).size, rows.length, 'a row stands twice');
    for (const row of rows) assert.match(row.state, /^(done|partial|planned)$/, row.id);
  });

  for (const row of rows.filter(({ state }) => state === 'done' || state === 'partial')) {
    it(`${row.id}: the tests that it names exist and passed`, () => {
      assert.ok(row.tests.length > 0, `${row.id} is ${row.state} and names no test`);
      for (const entry of row.tests) {
        const colon = entry.indexOf(': ');
        const [file, name] = [entry.slice(0, colon), entry.slice(colon + 2)];
        const found = ran.filter((test) => test.file === `test/${file}` && (test.title === name || test.fullTitle === name));
        assert.ok(found.length > 0, `${row.id}: no test "${name}" ran in test/${file}`);
        for (const test of found) assert.notEqual(test.state, 'failed', `${row.id}: "${name}" failed`);
      }
    });
  }
});
