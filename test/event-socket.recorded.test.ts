/**
 * Sessions that clients had with a real FreeSWITCH, told to our event socket: what it answers is compared byte for byte,
 * with the named masks alone. Whole, block by block; and cut at every byte of what the client sent.
 */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FrameReader } from '../esl-outbound/frame.js';
import { recordedSite } from './support/callcenter-desk.js';
import { openEventSocketDesk, openSocketClient, type EventSocketDesk } from './support/event-socket-desk.js';
import { readTranscript } from './support/esl-transcript.js';

/** What is another one in every run. */
const masks: readonly (readonly [what: string, pattern: RegExp, shown: string])[] = [
  [
    'length of an event, since its masked values differ in length',
    /^Content-Length: \d+(?=\nContent-Type: text\/event-)/,
    'Content-Length: N',
  ],
  ['uuid', /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  ['date', /(Event-Date-(?:Local|GMT|Timestamp)(?:: |>))[^\n<]*/g, '$1DATE'],
  ['sequence', /(Event-Sequence(?:: |>))\d+/g, '$1N'],
  ['host', /(FreeSWITCH-(?:Hostname|Switchname|IPv4|IPv6)(?:: |>))[^\n<]*/g, '$1HOST'],
  ['calling file, function, line', /(Event-Calling-(?:File|Function|Line-Number)(?:: |>))[^\n<]*/g, '$1CODE'],
  ['epoch', /(?<=\n\n)\d{10}$/, 'EPOCH'],
];

const masked = (frame: string): string => masks.reduce((text, [, pattern, shown]) => text.replace(pattern, shown), frame);

/** What we do not offer (docs/event-socket.md); the rest of the session goes on without. */
const notOffered = /^(api uuid_kill|bgapi originate) /;

interface Turn {
  /** what the client sends; undefined: nothing yet */
  readonly sent: Buffer | undefined;
  readonly frames: readonly string[];
}

interface Session {
  readonly turns: readonly Turn[];
  readonly endsBySwitch: boolean;
}

function sessionOf(name: string): Session {
  const { blocks } = readTranscript(name);
  const turns: { sent: Buffer | undefined; frames: string[] }[] = [{ sent: undefined, frames: [] }];
  let reader = new FrameReader();
  for (const { from, bytes } of blocks) {
    if (from === 'app') {
      turns.push({ sent: bytes, frames: [] });
      reader = new FrameReader();
    }
    if (from === 'switch')
      reader.push(bytes, ({ head, body }) => (turns.at(-1)?.frames.push(`${head}\n\n${body?.toString('utf8') ?? ''}`) ?? 0) > 0);
  }
  return {
    turns: turns.filter(({ sent }) => !notOffered.test(sent?.toString('utf8') ?? '')),
    endsBySwitch: blocks.some(({ from, text }) => from === 'note' && text.includes('sent FIN')),
  };
}

const isEvent = (frame: string): boolean => frame.includes('Content-Type: text/event-');

/** As many queues as the recorded system had. */
const site = {
  ...recordedSite,
  queues: [...recordedSite.queues, ...Array.from({ length: 16 }, (_, i) => ({ id: `q${String(i)}@default` }))],
};

const names = [
  'in-api',
  'in-auth-bad',
  'in-auth-missing',
  'in-auth-ok-exit',
  'in-bgapi',
  'in-errors',
  'in-events-xml',
  'in-sendevent-custom',
  'in-userauth-bad',
];

describe('event socket: recorded sessions', function () {
  this.timeout(30_000);
  let w: EventSocketDesk;
  before(async () => (w = await openEventSocketDesk(site)));
  after(() => w.close());

  for (const name of names) {
    const { turns, endsBySwitch } = sessionOf(name);

    it(`B61: ${name}: the same bytes`, async () => {
      const client = await w.client();
      for (const { sent, frames } of turns) {
        client.clear();
        if (sent) client.write(sent);
        await client.until(frames.length);
        assert.deepEqual(client.frames.map(masked), frames.map(masked), sent?.toString('utf8'));
        assert.equal(client.bytes, client.frames.join(''), 'nothing stands between the frames');
      }
      if (endsBySwitch) await client.closed();
    });

    it(`B61: ${name}: the same when it comes in two pieces, cut at any byte`, async () => {
      const sent = Buffer.concat(turns.map((turn) => turn.sent ?? Buffer.alloc(0)));
      // `exit` comes before the jobs are done, which would tell of them
      const isWanted = (frame: string): boolean => name !== 'in-bgapi' || !isEvent(frame);
      const frames = turns.flatMap((turn) => turn.frames.filter(isWanted).map(masked));
      for (let cut = 1; cut < sent.length; cut++) {
        const client = await openSocketClient(w.port);
        client.write(sent.subarray(0, cut));
        await nextTurn();
        client.write(sent.subarray(cut));
        await client.until(frames.length);
        assert.deepEqual(client.frames.filter(isWanted).map(masked), frames, `cut after byte ${String(cut)}`);
        client.socket.destroy();
      }
    });
  }

  it('B61: in-acl-reject: an address that may not connect is told so', async () => {
    const strict = await openEventSocketDesk(site, { config: { allow: ['192.0.2.7'] } });
    const client = await strict.client();
    await client.closed();
    const [turn] = sessionOf('in-acl-reject').turns;
    assert.deepEqual(client.frames, turn?.frames);
    await strict.close();
  });

  it('B61: in-shutdown: who is connected is told that it ends', async () => {
    const ending = await openEventSocketDesk(site);
    const client = await ending.client();
    const [greeting, login] = sessionOf('in-shutdown').turns;
    client.write(login?.sent ?? '');
    await client.until(2);
    await ending.socket.close();
    await client.closed();
    assert.deepEqual(client.frames, [...(greeting?.frames ?? []), ...(login?.frames ?? [])]);
    await ending.close();
  });
});
