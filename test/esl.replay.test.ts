/**
 * Recorded sessions of a real FreeSWITCH against the outbound server. Goal: events as they really come, in
 * their real order and packets, drive a call of ours. Method: the peer answers our commands itself, plays
 * the recorded events, and puts our execute ids in place of the recorded ones.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Call } from '../core/call.js';
import { hasCode } from '../core/errors.js';
import { FrameReader } from '../esl-outbound/frame.js';
import { openEslDoor } from './support/esl-door.js';
import type { EslDoor } from './support/esl-door.js';
import { readTranscript, transcriptNames } from './support/esl-transcript.js';
import type { Transcript } from './support/esl-transcript.js';
import { eventually } from './support/eventually.js';
import { pieces } from './support/pieces.js';

interface Run {
  readonly application: string;
  readonly result: Promise<'completed' | 'gone'>;
  /** the recorded completion was sent to us */
  isCompleted: boolean;
}

const reply = (text: string) => `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
const bye = 'Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 0\n\n';
const field = (command: string, name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(command)?.[1] ?? '';

class Replay {
  readonly commands: string[] = [];
  readonly runs: Run[] = [];
  call: Call | undefined;
  finish: () => void = () => undefined;
  readonly #transcript: Transcript;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  /** recorded execute id to ours */
  readonly #ids = new Map<string, string>();
  /** ours that wait for their recorded id, by application */
  readonly #unmatched: { readonly application: string; readonly id: string; readonly run: Run }[] = [];
  readonly #runOfRecorded = new Map<string, Run>();
  #received = '';

  constructor(transcript: Transcript, socket: Socket) {
    this.#transcript = transcript;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy()); // the server may close first
    socket.setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  async play(): Promise<void> {
    for (const block of this.#transcript.blocks) {
      if (block.from === 'app') await this.#perform(block.text);
      else if (block.from === 'switch') this.#send(block.bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.finish();
    this.#socket.end();
  }

  /** What the recorded application did, done by ours. */
  async #perform(text: string): Promise<void> {
    const { call } = this;
    if (!call || call.signal.aborted) return;
    for (const command of text.split('\n\n')) {
      const application = field(command, 'execute-app-name');
      if (application !== '') await this.#execute(call, application, field(command, 'execute-app-arg'));
    }
  }

  async #execute(call: Call, application: string, argument: string): Promise<void> {
    const before = this.commands.length;
    const result = call.execute(application, argument).then(
      () => 'completed' as const,
      (e: unknown) => {
        assert.ok(hasCode(e, 'TDM_CALL_GONE', 'TDM_SWITCH_REFUSED'), String(e));
        return 'gone' as const;
      },
    );
    const run = { application, result, isCompleted: false };
    this.runs.push(run);
    await eventually(
      () => this.commands.length,
      (count) => count > before,
    );
    this.#unmatched.push({ application, id: field(this.commands.at(-1) ?? '', 'Event-UUID'), run });
  }

  /** Recorded events and notices; replies are ours to give. */
  #send(bytes: Buffer): void {
    let out = '';
    this.#reader.push(bytes, ({ head, body }) => {
      const text = body?.toString('utf8') ?? '';
      if (head.includes('text/event-') || head.includes('disconnect-notice')) {
        const ours = this.#withOurIds(text);
        out += `${head.replace(/Content-Length: \d+/, `Content-Length: ${Buffer.byteLength(ours)}`)}\n\n${ours}`;
      }
      return true;
    });
    if (out !== '' && this.#socket.writable) this.#socket.write(out);
  }

  #withOurIds(event: string): string {
    const value = (name: string) => new RegExp(`^${name}: (.*)$|"${name}":"([^"]*)"`, 'm').exec(event)?.slice(1).find(Boolean) ?? '';
    const recorded = value('Application-UUID');
    if (recorded === '') return event;
    const at = this.#unmatched.findIndex(({ application }) => application === value('Application'));
    if (value('Event-Name') === 'CHANNEL_EXECUTE' && at >= 0) {
      const [match] = this.#unmatched.splice(at, 1);
      if (match) {
        this.#ids.set(recorded, match.id);
        this.#runOfRecorded.set(recorded, match.run);
      }
    }
    const run = this.#runOfRecorded.get(recorded);
    if (run && value('Event-Name') === 'CHANNEL_EXECUTE_COMPLETE') run.isCompleted = true;
    return event.replaceAll(recorded, this.#ids.get(recorded) ?? recorded);
  }

  #read(text: string): void {
    this.#received += text;
    for (let end = this.#received.indexOf('\n\n'); end >= 0; end = this.#received.indexOf('\n\n')) {
      const command = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      this.commands.push(command);
      this.#answer(command);
    }
  }

  #answer(command: string): void {
    const { fromSwitch } = this.#transcript;
    if (command === 'connect') this.#socket.write(fromSwitch.subarray(0, fromSwitch.indexOf('\n\n') + 2));
    else if (command.startsWith('api')) this.#socket.write('Content-Type: api/response\nContent-Length: 4\n\n+OK\n');
    else if (command === 'exit') this.#socket.end(reply('+OK bye') + bye);
    else this.#socket.write(reply('+OK'));
  }
}

describe('ESL recorded outbound sessions', function () {
  this.timeout(20_000);
  let door: EslDoor;
  let current: Replay | undefined;

  before(async () => {
    const wait = (call: Call) =>
      new Promise<void>((resolve) => {
        if (current) Object.assign(current, { call, finish: resolve });
        else resolve();
        call.signal.addEventListener('abort', () => resolve());
      });
    const limits = { lingerS: 1, exitMsMax: 300, handshakeMsMax: 1_000, applicationEndMsMax: 500 };
    const unnamed = { '': wait };
    door = await openEslDoor(unnamed, limits);
  });

  after(async () => {
    await door.close();
  });

  async function dial(): Promise<Socket> {
    const socket = connect(door.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  const isSession = (name: string) => readTranscript(name).fromSwitch.subarray(0, 24).toString() === 'Event-Name: CHANNEL_DATA';
  const sessions = transcriptNames.filter((name) => name.startsWith('out-') && isSession(name));

  for (const name of sessions) {
    it(`${name}: each execute completes by its own event or ends with the call`, async () => {
      const transcript = readTranscript(name);
      const replay = (current = new Replay(transcript, await dial()));
      await eventually(() => replay.call !== undefined || replay.commands.includes('exit'), Boolean);
      await replay.play();
      await door.idle();
      for (const run of replay.runs) {
        const result = await run.result;
        if (result === 'completed') assert.ok(run.isCompleted, `${run.application} completed by another event`);
      }
      const isFull =
        /^Control: full$/m.test(transcript.fromSwitch.toString('latin1', 0, 16_000)) &&
        /^Socket-Mode: async$/m.test(transcript.fromSwitch.toString('latin1', 0, 16_000));
      const sent = [...transcript.blocks].filter((block) => block.from === 'app' && block.text.includes('execute-app-name'));
      if (isFull && sent.length > 0) assert.ok(replay.runs.length > 0, 'nothing was replayed');
    });
  }

  const results = async (name: string): Promise<string[]> => {
    const replay = (current = new Replay(readTranscript(name), await dial()));
    await eventually(() => replay.call !== undefined, Boolean);
    await replay.play();
    await door.idle();
    return Promise.all(replay.runs.map(async (run) => `${run.application} ${await run.result}`));
  };

  it('out-async-full-basic: answer, playback and set complete; what came after the hangup is gone', async () => {
    assert.deepEqual((await results('out-async-full-basic')).slice(0, 2), ['answer completed', 'playback completed']);
  });

  it('out-unknown-app: an unknown application ends with the call', async () => {
    assert.equal((await results('out-unknown-app')).at(-1), 'no_such_app gone');
  });

  it('out-json: JSON events', async () => {
    assert.deepEqual((await results('out-json')).slice(0, 1), ['set completed']);
  });

  it('out-pipeline-no-lock: completions out of order reach the right executes', async () => {
    assert.ok((await results('out-pipeline-no-lock')).every((line) => line.endsWith('completed') || line.startsWith('hangup')));
  });

  for (const name of transcriptNames) {
    it(`${name}: the same bytes unasked and in pieces harm nobody`, async () => {
      current = undefined;
      const socket = await dial();
      socket.on('error', () => socket.destroy()); // the server may close first
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      for (const piece of pieces(readTranscript(name).fromSwitch, name.length, 4_000)) socket.write(piece);
      socket.end();
      await closed;
      await door.idle();
      assert.equal(door.server.sessions(), 0);
    });
  }
});
