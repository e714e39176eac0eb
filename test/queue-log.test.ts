/** The queue log in app_queue's format (B60). `queue-log/app-queue-22.txt` was written by app_queue of Asterisk 22.10. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberId, switchId } from '../core/acd/ids.js';
import type { Segment } from '../core/acd/records.js';
import { queueLogText } from '../core/reports/queue-log.js';
import { createQueueLogs, queueLogReport, queueLogsMax } from '../core/services/queue-log-report.js';
import { createQueueLogWriter } from '../core/services/queue-log-writer.js';
import { openQueueLogFile, queueLogPathProblem } from '../sidecar/queue-log-file.js';
import { turn } from './support/acd-stub-engine.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { eventually } from './support/eventually.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { memoryReports } from './support/report-memory.js';

/** Everything that can happen to a caller in the recording, told by the real engine. */
function scene() {
  const segments: Segment[] = [];
  const desk = createDesk(
    deskConfig({
      queues: { ql: { max_wait_s: 60 }, other: { exit_keys: '5' } },
      agents: { mute: { contact: 'PJSIP/m', wrap_up_s: 0 }, ok: { contact: 'PJSIP/o', wrap_up_s: 0 } },
      tiers: ['ql mute', 'ql ok 2'],
      pauseReasons: [],
    }),
    1_795_320_372_000,
    { onSegments: (written) => segments.push(...written) },
  );
  let live = '';
  const writer = createQueueLogWriter(
    () => desk.state,
    (lines) => (live += lines),
  );
  let told = 0;
  const tell = (): void => {
    for (const effect of desk.effects.slice(told)) if (effect.type === 'notice') writer.notice(effect.notice, desk.nowMs());
    told = desk.effects.length;
  };
  const step = (event: Parameters<typeof desk.step>[0]): void => {
    desk.step(event);
    tell();
  };
  const advance = (ms: number): void => {
    desk.advance(ms);
    tell();
  };
  const talk = (number: string, by: 'agent' | 'caller' | 'transfer', cause = ''): void => {
    const member = desk.call('ql', { number, rootId: `1795320372.${number}` });
    tell();
    advance(1_000);
    const offer = desk.connect(member);
    tell();
    advance(2_000);
    step({ type: 'call-ended', offer, by, cause });
    advance(1_000);
  };

  desk.login('mute');
  tell();
  desk.call('ql', { number: '101', rootId: '1795320372.1' });
  tell();
  advance(2_000);
  step({ type: 'offer-failed', offer: [...desk.state.offers.keys()][0] ?? assert.fail(), failure: 'no-answer', detail: '' });
  step({ type: 'status-asked', agent: 'mute', status: 'On Break', reason: 'lunch' });
  advance(61_000);
  step({ type: 'status-asked', agent: 'mute', status: 'Available', reason: undefined });
  advance(1_000);
  step({ type: 'status-asked', agent: 'mute', status: 'Logged Out', reason: undefined });
  desk.login('ok');
  tell();
  talk('201', 'agent');
  talk('202', 'caller');
  talk('203', 'transfer');
  talk('205', 'transfer', 'blind transfer to 1012@phones');
  talk('206', 'transfer', 'attended transfer');
  const lost = desk.call('ql', { number: '204', rootId: '1795320372.204' });
  tell();
  advance(500);
  step({ type: 'caller-left', member: memberId(lost), cause: 'hangup' });
  const moved = desk.call('other', { number: '301' });
  tell();
  advance(3_000);
  step({ type: 'move-asked', member: memberId(moved), queue: 'ql', keepWaiting: true });
  advance(1_000);
  step({ type: 'caller-left', member: memberId(moved), cause: 'hangup' });
  const first = desk.call('other', { number: '302' });
  const second = desk.call('other', { number: '303' });
  tell();
  advance(1_000);
  step({ type: 'caller-left', member: memberId(first), cause: 'hangup' });
  step({ type: 'key-pressed', member: memberId(second), key: '5' });
  const message = {
    call: undefined,
    message: '/var/spool/tandem/1.wav',
    param: 'message:/var/spool/tandem/1.wav',
    homeSwitch: switchId('west'),
  };
  const heard = desk.call('ql', { number: '401', ...message });
  tell();
  advance(1_000);
  desk.connect(heard);
  tell();
  advance(5_000);
  step({ type: 'call-ended', offer: [...desk.state.offers.keys()][0] ?? assert.fail(), by: 'agent', cause: '' });
  step({ type: 'status-asked', agent: 'ok', status: 'Logged Out', reason: undefined });
  advance(1_000);
  return { segments, desk, live: () => live.trim().split('\n') };
}

/** Words and numbers as their kinds, so that lines of different calls can be compared. */
const shape = (line: string): string =>
  line
    .split('|')
    .map((one, i) => (i === 4 || one === '' || (one === 'NONE' && i !== 1) ? one : /^\d+$/.test(one) ? 'n' : 'word'))
    .join('|');

describe('queue log', () => {
  it('B60: every event of the recording comes from us in the same form, field by field', () => {
    const recorded = readFileSync(new URL('./queue-log/app-queue-22.txt', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    const ours = new Set(scene().live().map(shape));
    const known = ['EXITEMPTY']; // nobody leaves for want of agents in the scene
    const wanted = recorded.filter((line) => !known.some((event) => line.includes(event)));
    assert.ok(wanted.length > 20);
    for (const line of wanted) assert.ok(ours.has(shape(line)), `${line} as ${shape(line)} among ${[...ours].join(' ')}`);
  });

  it('B60: the live log and that of the stored segments are the same lines', async () => {
    const { segments, desk, live } = scene();
    let stored = '';
    const range = { fromMs: 1_795_320_000_000, toMs: desk.nowMs() + 1 };
    const deps = { store: memoryReports(() => segments), zone: 'UTC', state: () => desk.state, breathe: () => Promise.resolve() };
    for await (const lines of queueLogReport(deps, range, () => true)) stored += lines;
    assert.deepEqual(stored.trim().split('\n').sort(), live().sort());
  });

  it('B60: exit key, place at the end, kind and target of a transfer; a message is no caller', () => {
    const lines = scene().live();
    const data = (event: string) => lines.filter((line) => line.split('|')[4] === event).map((line) => line.split('|').slice(5).join('|'));
    assert.deepEqual(data('EXITWITHKEY'), ['5|1|2|1']);
    assert.deepEqual(data('BLINDTRANSFER'), ['||1|2|1', '1012|phones|1|2|1']);
    assert.deepEqual(data('ATTENDEDTRANSFER'), ['BRIDGE||1|2|1']);
    assert.deepEqual(
      lines.filter((line) => line.includes('401')),
      [],
    );
    assert.equal(
      data('ENTERQUEUE').length,
      data('ABANDON').length +
        data('CONNECT').length +
        data('EXITWITHKEY').length +
        data('WITHDRAW').length +
        data('EXITWITHTIMEOUT').length,
    );
  });

  it('B60: after a restart who is logged in has not come just now', () => {
    const desk = createDesk(
      deskConfig({ queues: { ql: {} }, agents: { ok: { contact: 'PJSIP/o' }, new: { contact: 'PJSIP/n' } }, tiers: ['ql ok', 'ql new'] }),
    );
    desk.login('ok');
    let live = '';
    const writer = createQueueLogWriter(
      () => desk.state,
      (lines) => (live += lines),
    );
    writer.begin();
    desk.port.onNotice((notice, atMs) => writer.notice(notice, atMs));
    desk.step({ type: 'status-asked', agent: 'ok', status: 'On Break', reason: 'lunch' });
    desk.login('new');
    desk.step({ type: 'status-asked', agent: 'ok', status: 'Logged Out', reason: undefined });
    assert.deepEqual(
      live
        .trim()
        .split('\n')
        .map((line) => line.split('|').slice(3, 5).join(' ')),
      ['ok PAUSEALL', 'ok PAUSE', 'new ADDMEMBER', 'ok REMOVEMEMBER'],
    );
  });

  it('B60: who waits, talks and is logged in now is in the log of the stored ones too', async () => {
    const desk = createDesk(deskConfig({ queues: { ql: {} }, agents: { ok: { contact: 'PJSIP/o' } }, tiers: ['ql ok'] }));
    desk.login('ok');
    desk.connect(desk.call('ql'));
    desk.call('ql');
    let text = '';
    const deps = { store: memoryReports(() => []), zone: 'UTC', state: () => desk.state, breathe: () => Promise.resolve() };
    for await (const lines of queueLogReport(deps, { fromMs: desk.nowMs() - 1_000, toMs: desk.nowMs() + 1 }, () => true)) text += lines;
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => line.split('|')[4]),
      ['ADDMEMBER', 'ENTERQUEUE', 'CONNECT', 'ENTERQUEUE'],
    );
  });

  it('B60: few are read at once, and one that is left makes room', async () => {
    const desk = createDesk(deskConfig({ queues: { ql: {} }, agents: { ok: { contact: 'PJSIP/o' } }, tiers: ['ql ok'] }));
    desk.login('ok');
    const logs = createQueueLogs({
      ...{ store: memoryReports(() => []), zone: 'UTC', state: () => desk.state, breathe: () => Promise.resolve() },
    });
    const range = { fromMs: desk.nowMs() - 1_000, toMs: desk.nowMs() + 1 };
    const begun = Array.from({ length: queueLogsMax }, () => logs(range, () => true));
    for (const one of begun) assert.equal((await one.next()).done, false);
    await assert.rejects(logs(range, () => true).next(), { code: 'TDM_BUSY' });
    await begun[0]?.return(undefined);
    assert.equal((await logs(range, () => true).next()).done, false);
  });

  it('B60: no text of a caller ends a field or a line', () => {
    const text = queueLogText({ atMs: 5_000, call: 'a|b', queue: 'q\n1', agent: '', event: 'ENTERQUEUE', data: ['', '1|2\r\n3|x', 1] });
    assert.equal(text, '5|a_b|q_1|NONE|ENTERQUEUE||1_2__3_x|1\n');
  });
});

describe('queue log on disk', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-queue-log-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const open = (file: string, bytesMax = 1_000_000) => {
    const meter = recordingMeter();
    const problems: string[] = [];
    const told = { ...silentLog, error: (_fields: object, text: string) => void problems.push(text) };
    return { meter, problems, log: openQueueLogFile({ file, bytesMax }, { log: told, meter }) };
  };

  it('B60: lines are appended, and after SIGHUP go to a new file', async () => {
    const file = join(dir, 'deep', 'queue_log');
    const { log } = open(file);
    log.write('one\n');
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8') === 'one\n', Boolean);
    renameSync(file, `${file}.old`);
    log.write('two\n');
    log.reopen();
    log.write('three\n');
    await log.close();
    await eventually(
      () => readFileSync(`${file}.old`, 'utf8'),
      (text) => text === 'one\ntwo\n',
    );
    assert.equal(readFileSync(file, 'utf8'), 'three\n');
    const { log: again } = open(file);
    again.write('four\n');
    await again.close();
    assert.equal(readFileSync(file, 'utf8'), 'three\nfour\n');
  });

  it('B60: at its size the file is turned, and five old ones are kept', async () => {
    const file = join(dir, 'queue_log');
    const { log } = open(file, 10);
    for (let i = 0; i < 12; i++) {
      log.write(`line ${String(i).padStart(3, '0')}\n`);
      await eventually(() => existsSync(file) && readFileSync(file, 'utf8').includes(String(i).padStart(3, '0')), Boolean);
    }
    await log.close();
    assert.deepEqual(readdirSync(dir).sort(), ['queue_log', 'queue_log.1', 'queue_log.2', 'queue_log.3', 'queue_log.4', 'queue_log.5']);
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'line 010\n');
  });

  it('B60: a disk that fails loses lines, which is counted, and nothing else', async () => {
    writeFileSync(join(dir, 'file'), '');
    const { log, meter } = open(join(dir, 'file', 'queue_log'));
    log.write('one\n');
    await eventually(
      () => meter.counted('tandem_queue_log_lost_total').length,
      (count) => count > 0,
    );
    log.write('two\n');
    await log.close();
  });

  it('B60: a full disk is told once, not with each line', async () => {
    const { log, meter, problems } = open('/dev/full');
    for (let lines = 1; lines <= 3; lines++) {
      log.write('one\n');
      await eventually(
        () => meter.counted('tandem_queue_log_lost_total').length,
        (count) => count === lines,
      );
      await turn();
    }
    assert.deepEqual(problems, ['the queue log cannot be written']);
    await log.close();
  });

  it('B60: a log that cannot be turned grows on, and is tried again after as many bytes', async () => {
    const file = join(dir, 'queue_log');
    writeFileSync(`${file}.4`, 'old');
    mkdirSync(join(`${file}.5`, 'in the way'), { recursive: true });
    const { log, problems } = open(file, 30);
    for (let i = 0; i < 7; i++) log.write(`line ${String(i)}...\n`);
    await log.close();
    assert.equal(readFileSync(file, 'utf8').split('\n').length - 1, 7);
    assert.equal(problems.length, 2);
  });

  it('B60: only an absolute path of a regular file is taken', () => {
    symlinkSync('/dev/null', join(dir, 'null'));
    for (const bad of [
      'queue_log',
      '../queue_log',
      '/var/log/../../etc/passwd',
      '/var/log/',
      '/dev/null',
      dir,
      join(dir, 'null'),
      '/tmp/a\nb',
    ])
      assert.ok(queueLogPathProblem(bad) !== undefined, bad);
    assert.equal(queueLogPathProblem(join(dir, 'queue_log')), undefined);
  });
});
