/** `tandem dialer` and `tandem dnc` against a running API (issue: lists with a progress bar, refused lines beside the file, exit codes). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bar, createProgress } from '../sidecar/commands/progress.js';
import { startDialerApi, type DialerApi } from './support/dialer-api.js';
import { listFolder } from './support/list-site.js';
import { binary } from './support/binary.js';

describe('tandem dialer, tandem dnc', function () {
  this.timeout(240_000);
  let api: DialerApi;
  let folder: Awaited<ReturnType<typeof listFolder>>;
  let dir: string;
  before(async () => {
    folder = await listFolder();
    dir = await mkdtemp(join(tmpdir(), 'tandem-lists-cli-'));
    api = await startDialerApi({ listFolder: folder.folder });
    await api.campaign('c1', { country: 'DE' });
  });
  after(async () => {
    await api.close();
    await folder.remove();
    await rm(dir, { recursive: true });
  });

  const tandem = (
    who: string,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
    new Promise((resolve) => {
      const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));
      const env = { ...clean, TANDEM_API_URL: api.root, TANDEM_API_USER: who, TANDEM_API_PASS: 'env:SECRET', SECRET: `${who}-pass` };
      execFile(process.execPath, [binary, ...args], { env, timeout: 60_000 }, (e, out, err) =>
        resolve({ code: e === null ? 0 : Number(e.code ?? -1), out, err }),
      );
    });

  it('B49: a file with refused lines: they stand beside it, exit code 2; without any: 0', async () => {
    const file = join(dir, 'may.csv');
    await writeFile(file, 'Nr,Tel\n1,030 1234567\n2,4.9E+11\n');
    const first = await tandem('operator', 'dialer', 'import', file, '--campaign', 'c1', '--map', 'number=Tel', '--map', 'id=Nr');
    assert.equal(first.code, 2, first.err);
    assert.match(first.out, /^list \d+: the file is there\nlist \d+ "may\.csv" active: 1 stored, 0 duplicates, 1 invalid, 0 blocked/);
    assert.match(await readFile(`${file}.rejects.csv`, 'utf8'), /^line,field,[^\n]*\n3,number,scientific-notation,/);
    assert.match(first.err, /sending \[#+\] 100 %/);
    await writeFile(file, 'number\n030 7654321\n');
    assert.equal((await tandem('operator', 'dialer', 'import', file, '--campaign', 'c1', '--no-activate')).code, 0);
    const lists = await tandem('reader', 'dialer', 'lists', 'c1');
    assert.match(lists.out, /^list 1 "may\.csv" active: 1 stored.*\nlist 2 "may\.csv" inactive: 1 stored/);
    assert.match((await tandem('operator', 'dialer', 'list', 'activate', '2')).out, /^list 2 "may\.csv" active/);
  });

  it('B49: what cannot be loaded is one message with its code, exit code 1', async () => {
    const refused = async (...args: readonly string[]): Promise<string> => {
      const { code, err } = await tandem('operator', 'dialer', 'import', ...args, '--campaign', 'c1');
      assert.equal(code, 1);
      return err;
    };
    assert.match(await refused(join(dir, 'nosuch.csv')), /TDM_BAD_FILE: File .*nosuch\.csv: cannot be read \(ENOENT\)/);
    await writeFile(join(dir, 'names.csv'), 'name\nAda\n');
    assert.match(await refused(join(dir, 'names.csv')), /no column holds the number/);
  });

  it('B13: numbers are added, found, exported, taken off', async () => {
    assert.match(
      (await tandem('operator', 'dnc', 'add', '+49301112222', '030 1112223', '--country', 'DE', '--reason', 'asked')).out,
      /^2 added/,
    );
    const found = await tandem('reader', 'dnc', 'find', '+49301112223');
    assert.deepEqual([found.code, found.out], [0, '49301112223\teverybody\tfor ever\tuser:operator\tasked\n']);
    assert.equal((await tandem('reader', 'dnc', 'find', '+49309999999')).code, 1);
    const file = join(dir, 'dnc.csv');
    assert.equal((await tandem('boss', 'dnc', 'export', '--out', file)).code, 0);
    assert.match(await readFile(file, 'utf8'), /^number,[^\n]*\n49301112222,false,,/);
    await writeFile(file, '+49303334444\nx\n');
    const imported = await tandem('operator', 'dnc', 'import', file);
    assert.deepEqual([imported.code, imported.out], [2, '2 read, 1 added, 0 removed, 1 invalid\n']);
    assert.match(imported.err, /dnc\.csv:2: "\*": it holds characters/);
    assert.equal((await tandem('chief', 'dnc', 'remove', '+49301112222', '--reason', 'came back')).out, '1 removed\n');
  });

  it('B49: contacts go to standard output', async () => {
    const { out } = await tandem('boss', 'dialer', 'export', 'contacts', '--campaign', 'c1', '--format', 'ndjson');
    assert.ok(
      out
        .trim()
        .split('\n')
        .every((line) => typeof (JSON.parse(line) as { id: unknown }).id === 'string'),
    );
  });
});

describe('progress on the command line', () => {
  const written = (isTTY: boolean) => {
    const texts: string[] = [];
    let nowMs = 0;
    const progress = createProgress({ isTTY, columns: 20, write: (text) => texts.push(text) }, () => nowMs);
    return { progress, texts, pass: (ms: number) => (nowMs += ms) };
  };

  it('is one line that is written over on a terminal, never longer than it', () => {
    const { progress, texts } = written(true);
    progress.tell('a'.repeat(50));
    progress.tell('b');
    progress.end();
    assert.deepEqual(texts, [`\r${'a'.repeat(19)}\u001b[K`, '\rb\u001b[K', '\n']);
  });

  it('is a line now and then elsewhere', () => {
    const { progress, texts, pass } = written(false);
    for (let i = 0; i < 10; i++) {
      progress.tell(String(i));
      pass(1_000);
    }
    progress.end();
    assert.deepEqual(texts, ['0\n', '5\n']);
  });

  it('draws what is done', () => {
    assert.equal(bar(0), `[${'-'.repeat(24)}]   0 %`);
    assert.equal(bar(0.5), `[${'#'.repeat(12)}${'-'.repeat(12)}]  50 %`);
    assert.equal(bar(7), `[${'#'.repeat(24)}] 100 %`);
  });
});
