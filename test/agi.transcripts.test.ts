/*
 * Goal: the session understands all that a real Asterisk 22 said, however the network cuts it.
 * Method: the recorded dialogues are played as the Asterisk side of a session: whole, byte by byte, and
 * with one cut at every byte. Expected outcomes are read from the recording by simpler rules than the
 * session's own; some are spelled out below.
 */
import assert from 'node:assert/strict';
import { agiLimitDefaults } from '../agi/limits.js';
import type { AgiReply } from '../agi/reply.js';
import { AgiRefusal, AgiSession } from '../agi/session.js';
import { hasCode } from '../core/errors.js';
import { readTranscripts } from './support/agi-transcript.js';
import type { Transcript } from './support/agi-transcript.js';
import { FakeSocket } from './support/fake-socket.js';

type Deliver = (socket: FakeSocket, text: string) => Promise<void>;

interface Script {
  readonly commands: readonly string[];
  /** what Asterisk sends before any command: the environment */
  readonly opening: string;
  /** per command: its reply, and a HANGUP that came before the next command */
  readonly replies: readonly string[];
}

interface Outcome {
  /** per command: `result`, a refusal's code, or the error code of a call that is gone */
  readonly answers: readonly string[];
  readonly replies: readonly (AgiReply | undefined)[];
  readonly hangups: number;
  readonly protocolErrors: number;
}

const transcripts = readTranscripts();
const environment = environmentOf(transcripts[0]);

function environmentOf(transcript: Transcript | undefined): string {
  const text = (transcript?.steps ?? []).map((step) => step.bytes.toString('latin1')).join('');
  return text.slice(0, text.indexOf('\n\n') + 2);
}

/** Asterisk's lines as pieces: one reply each, or a HANGUP. */
function piecesOf(transcript: Transcript): { readonly text: string; readonly at: number }[] {
  const pieces: { text: string; at: number }[] = [];
  let held = '';
  transcript.steps.forEach(({ from, bytes }, at) => {
    if (from === 'server') return;
    held += bytes.toString('utf8');
    const isOpen = held.startsWith('520-') ? !/^520 /m.test(held) : held.startsWith('100 ') && !/^200 /m.test(held);
    if (isOpen) return;
    pieces.push({ text: held, at });
    held = '';
  });
  return pieces;
}

function scriptOf(transcript: Transcript): Script {
  const isEnvironmentOnly = transcript.name.startsWith('01');
  // A CR would be refused before it is sent; Asterisk's answers are what counts here.
  const sent = transcript.steps.flatMap(({ from, bytes }, at) =>
    from === 'server' ? [{ line: bytes.toString('utf8').replace(/\r?\n$/, ''), at }] : [],
  );
  const lastSentAt = sent.at(-1)?.at ?? -1;
  const replies: string[] = [];
  for (const { text, at } of isEnvironmentOnly ? [] : piecesOf(transcript)) {
    if (text !== 'HANGUP\n') replies.push(text);
    else if (at < lastSentAt) replies.push(`${replies.pop() ?? ''}${text}`); // later ones follow our own close
  }
  return { commands: sent.map(({ line }) => line), opening: environment, replies };
}

async function play(script: Script, deliver: Deliver): Promise<Outcome> {
  const socket = new FakeSocket();
  const session = new AgiSession(socket.asSocket, agiLimitDefaults);
  const seen = { answers: [] as string[], replies: [] as (AgiReply | undefined)[], hangups: 0, protocolErrors: 0 };
  session.on('hangup', () => seen.hangups++);
  session.on('protocolError', () => seen.protocolErrors++);
  const left = [...script.replies];
  let delivered = Promise.resolve();
  socket.onLine = () => {
    const reply = left.shift();
    if (reply !== undefined) delivered = deliver(socket, reply);
    else socket.push(null);
  };
  await deliver(socket, script.opening);
  await session.environment;
  for (const command of script.commands) {
    const [answer, reply] = await outcomeOf(session.sendCommand(command));
    seen.answers.push(answer);
    seen.replies.push(reply);
    await delivered; // a HANGUP may follow the reply
  }
  await session.end();
  await deliver(socket, 'HANGUP\n');
  await socket.deliverEnd();
  assert.ok(socket.destroyed, 'socket is closed');
  return seen;
}

async function outcomeOf(sent: Promise<AgiReply>): Promise<[string, AgiReply | undefined]> {
  try {
    const reply = await sent;
    return [reply.result, reply];
  } catch (error) {
    if (error instanceof AgiRefusal) return [String(error.agiCode), undefined];
    assert.ok(hasCode(error, 'TDM_CALL_GONE'), String(error));
    return ['gone', undefined];
  }
}

function expectedAnswers(script: Script): string[] {
  return script.commands.map((_, n) => {
    const reply = script.replies[n];
    if (reply === undefined) return 'gone';
    return /^200 result=(\S*)/m.exec(reply.startsWith('520') ? '' : reply)?.[1] ?? reply.slice(0, 3);
  });
}

const whole: Deliver = (socket, text) => socket.deliver(text);
const byBytes: Deliver = (socket, text) => socket.deliverByBytes(text);

/** One cut, after this byte of all that Asterisk sends. */
function cutAfter(byte: number): Deliver {
  let passed = 0;
  return async (socket, text) => {
    const bytes = Buffer.from(text);
    const cut = byte - passed;
    passed += bytes.length;
    if (cut <= 0 || cut >= bytes.length) return socket.deliver(bytes);
    await socket.deliver(bytes.subarray(0, cut));
    await socket.deliver(bytes.subarray(cut));
  };
}

describe('AGI session against recorded dialogues', () => {
  async function check(script: Script, deliver: Deliver, how: string): Promise<void> {
    const outcome = await play(script, deliver);
    assert.deepEqual(outcome.answers, expectedAnswers(script), how);
    assert.equal(outcome.hangups, script.replies.some((reply) => reply.includes('\nHANGUP\n')) ? 1 : 0, how);
    assert.equal(outcome.protocolErrors, 0, how);
  }

  for (const transcript of transcripts) {
    const script = scriptOf(transcript);

    it(`${transcript.name}: ${script.commands.length} commands, whole and byte by byte`, async () => {
      await check(script, whole, 'whole');
      await check(script, byBytes, 'byte by byte');
    });

    it(`${transcript.name}: cut at every byte`, async () => {
      for (const [n, reply] of script.replies.entries()) {
        // the command concerned, and the next one to see that the session is still in step
        const pair: Script = { ...script, commands: script.commands.slice(n, n + 2), replies: script.replies.slice(n, n + 2) };
        for (let byte = 1; byte < Buffer.byteLength(reply); byte++) {
          await check(pair, cutAfter(environment.length + byte), `reply ${n} cut after byte ${byte}`);
        }
      }
    });
  }

  it('A1: the environment cut at every byte gives the same fields', async () => {
    for (let byte = 1; byte < environment.length; byte++) {
      const socket = new FakeSocket();
      const session = new AgiSession(socket.asSocket, agiLimitDefaults);
      await socket.deliver(environment.slice(0, byte));
      await socket.deliver(environment.slice(byte));
      const fields = await session.environment;
      assert.equal(fields.size, 24, `cut after byte ${byte}`);
      assert.equal(fields.get('agi_request'), 'agi://127.0.0.1:20004/lab/agi?k=v&n=1');
      assert.equal(fields.get('agi_arg_1'), 'first arg');
      socket.destroy();
    }
  });

  it('spelled out: the recordings hold what these tests believe', async () => {
    const byName = async (name: string) => {
      const transcript = transcripts.find((t) => t.name.startsWith(name));
      assert.ok(transcript, name);
      return play(scriptOf(transcript), whole);
    };

    assert.equal(transcripts.length, 26);
    assert.deepEqual((await byName('02')).answers, ['0', '0', '0', '53', '0', '-1', '0', '520']);
    assert.deepEqual((await byName('02')).replies[3]?.attrs['endpos'], '6400');
    assert.deepEqual((await byName('03')).answers, ['0', '123', '45', '', '9', '', '56', '0', '42', '50', '0']);
    const variables = await byName('04');
    assert.deepEqual(
      [5, 9, 11, 13, 15, 27].map((n) => variables.replies[n]?.value),
      ['say "hi"', 'a (b) c', 'back\\slash', '', '1013', 'café Ж'],
    );
    assert.deepEqual((await byName('05')).answers, ['510', '520', '0', '0', '0', '0']);
    assert.equal((await byName('13')).hangups, 1);
    assert.deepEqual((await byName('19')).answers, ['0', 'gone']);
    assert.equal((await byName('22')).hangups, 0);
    assert.deepEqual((await byName('25')).answers, ['0', '0', '1', '0', '510', '0']);
  });
});
