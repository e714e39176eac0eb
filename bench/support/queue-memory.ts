/** Memory for each waiting caller: in the engine alone, and as whole FastAGI sessions over loopback. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { FakeChannel } from '../../test/support/fake-channel.js';
import { environmentBlock } from '../../test/support/fake-asterisk.js';
import type { Figure } from './figure.js';
import { measureIdle, startTarget, stopTarget, usageOf } from './session-load.js';
import { benchQueue } from './queue-world.js';

export const fillCallers = 10_000;
const idleSessions = 1_000;
const parallel = 24;
const goalKb = 100;
/** RSS of one waiting caller of mod_callcenter, silent channel included, kB */
const modCallcenterKb = 160;

const targetFile = new URL('./queue-memory-target.ts', import.meta.url);
let calls = 0;

/** A caller who stands in the queue and hears music: Asterisk's side of the session, answering as the fake Asterisk does. */
function waitingCaller(port: number): Promise<Socket> {
  const channel = new FakeChannel({ 'CALLERID(name)': 'Billy Reilly', 'CALLERID(num)': '15550001111' }, [], []);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const uniqueid = `1795288855.${++calls}`;
  socket.setEncoding('latin1');
  socket.write(environmentBlock({ script: 'queue_entry', args: [benchQueue], fields: { uniqueid }, port }));
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error('no music within 10 s')), 10_000);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => reject(new Error('the session ended'))); // no effect once it waits
    socket.on('data', (text: string) => {
      for (const line of text.trimEnd().split('\n')) {
        socket.write(`${channel.answer(line)}\n`);
        if (!line.startsWith('SET MUSIC ON')) continue;
        clearTimeout(tooLate);
        resolve(socket);
      }
    });
  });
}

async function engineKb(): Promise<{ readonly heapKb: number; readonly rssKb: number }> {
  const target = await startTarget({ targetFile }, 'engine', 'idle');
  const before = await usageOf(target);
  target.process.send('fill');
  await once(target.process, 'message');
  const filled = await usageOf(target);
  await stopTarget(target);
  const kbEach = (bytes: number) => bytes / fillCallers / 1_000;
  return { heapKb: kbEach(filled.heapBytes - before.heapBytes), rssKb: kbEach(filled.rssBytes - before.rssBytes) };
}

/** `dir`: for the database files. */
export async function queueMemory(dir: string): Promise<Figure[]> {
  process.env['TANDEM_BENCH_DIR'] = dir;
  const engine = await engineKb();
  const sessions = await measureIdle({ targetFile, idleSession: waitingCaller, parallel, idleSessions }, 'sessions');
  const many = `${fillCallers.toLocaleString('en')} callers`;
  const live = `${idleSessions.toLocaleString('en')} FastAGI sessions, goal ${goalKb} kB`;
  return [
    { name: 'waiting caller in the engine: heap', value: engine.heapKb, unit: 'kB', note: many },
    { name: 'waiting caller in the engine: resident', value: engine.rssKb, unit: 'kB', note: many },
    { name: 'waiting caller, whole session: heap', value: sessions.heapKb, unit: 'kB', note: live },
    {
      name: 'waiting caller, whole session: resident',
      value: sessions.rssKb,
      unit: 'kB',
      baseline: modCallcenterKb,
      note: `${live}; baseline: mod_callcenter, its channel included`,
    },
    { name: 'whole process with these sessions', value: sessions.wholeMb, unit: 'MB', note: 'goal 300 MB' },
  ];
}
