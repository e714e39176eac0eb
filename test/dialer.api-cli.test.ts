/** `tandem campaign ...` and `tandem explain campaign|contact` against the real app. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { agentContact, startDialerApi, type DialerApi } from './support/dialer-api.js';
import { binary } from './support/binary.js';

describe('tandem campaign', function () {
  this.timeout(300_000); // each command is a process of its own
  let api: DialerApi;
  before(async () => {
    api = await startDialerApi();
    await api.campaign('spring', { name: 'Spring sale' });
    await api.campaign('autumn', { queue: 'west' });
    await api.post('/dialer/contacts', agentContact('a1', { campaign_id: 'spring' }));
  });
  after(() => api.close());

  async function tandem(words: string, who = 'operator'): Promise<{ readonly out: string; readonly error: string; readonly code: number }> {
    const env = { PATH: process.env['PATH'], PASS: `${who}-pass` };
    const args = [binary, ...words.split(' '), '--url', api.root, '--user', who, '--pass', 'env:PASS'];
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 90_000 });
      return { out: stdout, error: stderr, code: 0 };
    } catch (e) {
      const { stdout, stderr, code } = e as { readonly stdout: string; readonly stderr: string; readonly code: number };
      return { out: stdout, error: stderr, code };
    }
  }

  it('lists, shows, starts, pauses and resumes in plain words', async () => {
    const listed = await tandem('campaign list');
    assert.deepEqual(
      listed.out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4).join(' ')),
      ['ID STATE MODE QUEUE', 'autumn draft PROGRESSIVE west', 'spring draft PROGRESSIVE sales', ''],
    );
    assert.equal((await tandem('campaign start spring')).out, 'Campaign spring is running; 0 contacts.\n');
    assert.equal((await tandem('campaign pause spring')).out, 'Campaign spring is paused.\n');
    const shown = (await tandem('campaign show spring')).out;
    assert.match(shown, /^name: Spring sale$/m);
    assert.match(shown, /^state: paused$/m);
    assert.match(shown, /^today +0 +0/m);
    assert.match(shown, /^contacts: \{"pending":1\}$/m);
  });

  it('--json gives the answer as it came', async () => {
    const { out } = await tandem('campaign stop spring --json');
    assert.deepEqual(JSON.parse(out), { campaignId: 'spring', action: 'stop', contacts: 1, state: 'stopped' });
  });

  it('B12: prints the compliance report', async () => {
    const { out, error } = await tandem('campaign report spring --from 2026-11-01 --to 2026-11-23T21:00:00Z');
    assert.match(out, /spring/, error);
    const csv = await tandem('campaign report spring --from 2026-11-01 --to 2026-11-23T21:00:00Z --format csv');
    assert.match(csv.out, /^section,from_utc/);
    const wrong = await tandem('campaign report spring --from yesterday');
    assert.deepEqual([wrong.code, /TDM_BAD_VALUE: Value for --from refused/.test(wrong.error)], [1, true]);
  });

  it('a refusal is one line with its code', async () => {
    const none = await tandem('campaign start none');
    assert.deepEqual([none.code, none.out, /TDM_NOT_FOUND: Campaign "none" is unknown/.test(none.error)], [1, '', true]);
    const denied = await tandem('campaign start spring', 'reader');
    assert.deepEqual([denied.code, /TDM_FORBIDDEN/.test(denied.error)], [1, true]);
  });

  it('B31: tandem explain campaign and contact say why', async () => {
    api.says.why = {
      campaign: 'spring',
      limit: 'agents: none is ready',
      pace: 'no calls',
      blocked: { window: 1 },
      dialable: 0,
      sampled: undefined,
      nextOpeningMs: undefined,
    };
    assert.match((await tandem('explain campaign spring')).out, /limit: agents: none is ready[\s\S]*1 {2}window/);
    const contact = await api.store.contact('a1');
    assert.ok(contact);
    api.says.contactWhy = { contact, gates: [{ gate: 'window', passes: false, detail: '03:00 in Berlin' }], first: 'window', calls: [] };
    assert.match((await tandem('explain contact a1')).out, /BLOCKS +window +03:00 in Berlin/);
  });
});
