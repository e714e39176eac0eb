/**
 * A real Asterisk with the same callers and agents for app_queue and for Tandem. Agents are Local channels that answer at
 * once and talk 3 to 7 s; callers are Local channels that nobody plays music to, for music costs more than any queue.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAmiLink, type AmiLink } from '../../sidecar/ami.js';
import { eventually } from '../../test/support/eventually.js';
import { silentLog, silentMeter } from '../../test/support/observers.js';
import { claimPorts, startAsterisk, type Asterisk } from '../../test/testbed/asterisk.js';

/** Which of the two a caller is led to; the first digit of the number. */
export const engines = { app_queue: '9', tandem: '8' } as const;
export type EngineName = keyof typeof engines;

export interface QueuePbx {
  readonly asterisk: Asterisk;
  readonly link: AmiLink;
  readonly pid: number;
  readonly agiPort: number;
  /** A caller with a number of his own, which is told. */
  call(engine: EngineName): string;
  /** All callers hang up; resolves when no channel is left. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export const agentCount = 200;
export const agentNumbers = Array.from({ length: agentCount }, (_, n) => String(1_000 + n));
export const contactOf = (number: string): string => `Local/${number}@bench-agents/n`;
export const manager = { user: 'testbed', secret: 'testbed-secret' };

/** A channel that Asterisk forgets for good, when caller and agent hang up at the moment at which Bridge takes the caller. */
const leftover = 'Surrogate/';
const clearMsMax = 30_000;
/** until Asterisk takes the order; long, for a machine that is busy with other work */
const callMsMax = 30_000;

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));

/** In the call paths of both: one step that is the queue. `i`: no wait for sound, which a silent Local channel never has. */
const dialplan = (agiPort: number) => `#include ${samples}tandem-globals.conf
#include ${samples}tandem-doors.conf
#include ${samples}tandem-agents.conf
[globals](+)
TANDEM_AGI_1 = 127.0.0.1:${agiPort}
TANDEM_AGI_2 = 127.0.0.1:${agiPort}
[bench-callers]
exten => _${engines.app_queue}X.,1,Answer(,i)
 same => n,Set(CALLERID(num)=\${EXTEN})
 same => n,Queue(bench)
 same => n,Hangup()
exten => _${engines.tandem}X.,1,Answer(,i)
 same => n,Set(CALLERID(num)=\${EXTEN})
 same => n,Set(TANDEM_APP=queue_entry)
 same => n,Set(TANDEM_ARGS=bench)
 same => n,Gosub(tandem-door,s,1)
 same => n,Hangup()
[bench-agents]
exten => _X.,1,Answer(,i)
 same => n,Wait($[\${RAND(3000,7000)} / 1000])
 same => n,Hangup()
`;

const queue = `[bench]
strategy = leastrecent
musicclass = silent
timeout = 15
retry = 1
wrapuptime = 0
ringinuse = no
joinempty = yes
leavewhenempty = no
${agentNumbers.map((number) => `member => ${contactOf(number)}\n`).join('')}`;

/** Silence that costs nothing: there is no such file, so no music is generated. A class of silent files or of a silent program costs as much as music. */
const music = `[silent]
mode = playlist
entry = /nothing-to-hear
`;

export async function startQueuePbx(): Promise<QueuePbx> {
  const { bases, release } = await claimPorts(1);
  process.env['VERBOSE'] = '0';
  const asterisk = await startAsterisk({ name: 'bench', base: bases[0] ?? 0 });
  try {
    const agiPort = asterisk.ports.base + 4;
    await asterisk.addConfig('extensions', '50-bench', dialplan(agiPort));
    await asterisk.addConfig('queues', '50-bench', queue);
    await asterisk.addConfig('musiconhold', '50-bench', music);
    await asterisk.addConfig('manager', '50-bench', '[general](+)\ntimestampevents = yes\n');
    for (const module of ['manager', 'res_musiconhold.so']) await asterisk.cli(`module reload ${module}`);
    await asterisk.reload();
    const link = createAmiLink(
      { name: 'bench', host: '127.0.0.1', port: asterisk.ports.ami, ...manager, eventMask: 'call,dialplan' },
      { log: silentLog, meter: silentMeter },
    );
    link.start();
    await link.waitUp(10_000);
    const pid = Number(await readFile(join(asterisk.dir, 'pid'), 'utf8'));
    return pbxOf({ asterisk, link, pid, agiPort }, release);
  } catch (error) {
    await asterisk.stop();
    release();
    throw error;
  }
}

function pbxOf(parts: Pick<QueuePbx, 'asterisk' | 'link' | 'pid' | 'agiPort'>, release: () => void): QueuePbx {
  const { asterisk, link } = parts;
  let calls = 0;
  return {
    ...parts,
    call(engine) {
      const number = `${engines[engine]}${String(++calls).padStart(6, '0')}`;
      const far = { Application: 'Wait', Data: '3600' };
      const order = { Action: 'Originate', Async: 'true', Channel: `Local/${number}@bench-callers/n`, Timeout: 20_000, ...far };
      link.action(order, { timeoutMs: callMsMax }).catch((error: unknown) => console.error(`a caller is missing: ${String(error)}`));
      return number;
    },
    async clear() {
      await link.action({ Action: 'Hangup', Channel: '/^Local.*@bench-callers/', Cause: 16 });
      await eventually(
        () => asterisk.channels(),
        (channels) => channels.every((channel) => channel.startsWith(leftover)),
        { msMax: clearMsMax, everyMs: 500 },
      );
    },
    async stop() {
      link.stop();
      await asterisk.stop();
      release();
    },
  };
}
