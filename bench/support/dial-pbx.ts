/**
 * A real Asterisk with a trunk to sipp, which answers every INVITE with 486 at once; and the barest manager client that
 * orders calls as fast as Asterisk takes them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/support/eventually.js';
import { cacheDir } from '../../test/testbed/cache.js';
import { claimPorts, startAsterisk, type Asterisk } from '../../test/testbed/asterisk.js';

export const manager = { user: 'testbed', secret: 'testbed-secret' };
export const trunk = 'far';

export interface DialPbx {
  readonly asterisk: Asterisk;
  readonly pid: number;
  /** Resolves when no channel is left. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Ports of so many instances: those of one are enough for the media of 450 calls, and a call that is over keeps its own for a moment. */
const rtpInstances = 6;
/** The first free place behind the instance's SIP port and its telephones. */
const sippPortOffset = 50;
const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));

const busyScenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="busy-at-once">
  <recv request="INVITE" crlf="true"/>
  <send retrans="500"><![CDATA[
    SIP/2.0 486 Busy Here
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]b[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
`;

const trunkTo = (port: number): string => `
[${trunk}](phone)
aors = ${trunk}
[${trunk}]
type = aor
contact = sip:127.0.0.1:${String(port)}
`;

const dialplan = ['tandem-globals.conf', 'tandem-doors.conf', 'tandem-dialer.conf'].map((file) => `#include ${samples}${file}\n`).join('');

export async function startDialPbx(): Promise<DialPbx> {
  const { bases, release } = await claimPorts(rtpInstances);
  process.env['VERBOSE'] = '0';
  const asterisk = await startAsterisk({ name: 'bench', base: bases[0] ?? 0 });
  let sipp: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (sipp && sipp.exitCode === null) {
      const gone = once(sipp, 'exit');
      sipp.kill('SIGKILL');
      await gone;
    }
    await asterisk.stop();
    release();
  };
  try {
    const port = asterisk.ports.base + sippPortOffset;
    const scenario = join(asterisk.dir, 'busy.xml');
    await writeFile(scenario, busyScenario);
    const options = ['-sf', scenario, '-i', '127.0.0.1', '-p', String(port), '-nostdin', '-m', '10000000'];
    sipp = spawn(join(cacheDir, 'asterisk', 'bin', 'sipp'), options, { cwd: asterisk.dir, stdio: 'ignore' });
    await asterisk.addConfig('extensions', '50-bench', dialplan);
    await asterisk.addConfig('pjsip', '50-bench', trunkTo(port));
    const rtpEnd = asterisk.ports.base + rtpInstances * 1_000 - 1;
    await asterisk.addConfig('rtp', '50-bench', `[general](+)\nrtpend = ${String(rtpEnd)}\n`);
    await asterisk.cli('module reload res_rtp_asterisk.so');
    await asterisk.reload();
    const pid = Number(await readFile(join(asterisk.dir, 'pid'), 'utf8'));
    const idle = async (): Promise<void> => {
      const isIdle = (channels: readonly string[]): boolean => channels.length === 0;
      await eventually(() => asterisk.channels(), isIdle, { msMax: idleMsMax, everyMs: 500 });
    };
    return { asterisk, pid, idle, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const over = 'Event: Hangup\r\n';
/** until the last call is over, ms */
const lastMsMax = 5_000;
const idleMsMax = 60_000;

export interface BareClient {
  /** Unix ms at which each call was over, as far as it got */
  readonly overAtMs: readonly number[];
  /** Orders no more; resolves when the last call is over. */
  stop(): Promise<{ readonly busy: number }>;
}

/**
 * One socket, `inFlight` orders at a time, the next one with each end of a call; the other events are asked for and thrown
 * away unread, since Asterisk has to make them for Tandem too.
 */
export function originateBare(port: number, options: { readonly inFlight: number; readonly events: string }): BareClient {
  const socket = connect(port, '127.0.0.1');
  const overAtMs: number[] = [];
  let [ordered, busy, rest, isStopped] = [0, 0, '', false];
  const packet = (fields: readonly string[]): void => void socket.write(`${fields.join('\r\n')}\r\n\r\n`);
  const order = (): void => {
    const number = `1${String(++ordered).padStart(8, '0')}`;
    const id = `bare-${String(Date.now())}-${String(ordered)}`;
    packet([
      ...['Action: Originate', `ActionID: ${id}`, 'Async: true', `Channel: PJSIP/${number}@${trunk}`, `ChannelId: ${id}`],
      ...[
        'Context: tandem-dialer-ivr',
        'Exten: 9664',
        'Priority: 1',
        'CallerID: "4930555" <4930555>',
        'Timeout: 30000',
        'EarlyMedia: false',
      ],
      ...[`Variable: __TANDEM_CALL_ID=${id}`, 'Variable: __TANDEM_CAMPAIGN=bench', 'Variable: record_session=false'],
      ...['Variable: call_direction=outbound', `Variable: customer_number=${number}`],
    ]);
  };
  const ended = (event: string): void => {
    if (event.includes('\r\nCause: 17\r\n')) busy++;
    overAtMs.push(Date.now());
    if (!isStopped) order();
    else if (overAtMs.length >= ordered) socket.end();
  };
  socket.on('connect', () => {
    packet(['Action: Login', `Username: ${manager.user}`, `Secret: ${manager.secret}`, `Events: ${options.events}`]);
    for (let n = 0; n < options.inFlight; n++) order();
  });
  socket.on('data', (data) => {
    rest += data.toString('latin1');
    let at = rest.indexOf(over);
    for (let end = rest.indexOf('\r\n\r\n', at); at >= 0 && end >= 0; end = rest.indexOf('\r\n\r\n', at)) {
      ended(rest.slice(at, end));
      rest = rest.slice(end);
      at = rest.indexOf(over);
      if (at < 0) break;
    }
    rest = at < 0 ? rest.slice(-over.length) : rest.slice(at);
  });
  const closed = once(socket, 'close').then(() => ({ busy }));
  return {
    overAtMs,
    stop() {
      isStopped = true;
      setTimeout(() => socket.destroy(), lastMsMax).unref(); // a call that had no channel has no end
      return closed;
    },
  };
}
