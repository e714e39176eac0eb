/** Whatever a real FreeSWITCH has ever sent, in whatever pieces: a waiting caller's session ends once and tells at most one end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AcdEvent } from '../core/acd/events.js';
import { memberId, switchId } from '../core/acd/ids.js';
import type { CallApplication } from '../core/call.js';
import type { SessionEnd } from '../core/switch.js';
import { createFreeswitchSessions } from '../esl-outbound/member-session.js';
import { openEslDoor } from './support/esl-door.js';
import type { EslDoor } from './support/esl-door.js';
import { eventually } from './support/eventually.js';
import { readTranscript, transcriptNames } from './support/esl-transcript.js';
import { silentLog } from './support/observers.js';
import { pieces } from './support/pieces.js';

describe('ESL member session on recorded sessions', function () {
  this.timeout(20_000);
  let door: EslDoor;
  let fed: AcdEvent[];
  let ends: SessionEnd[];
  let opened = false;

  before(async () => {
    const open = createFreeswitchSessions({ switch: switchId('fs1'), log: silentLog, zone: 'UTC' });
    const wait: CallApplication = async (call) => {
      opened = true;
      const session = open(call, memberId('m'), (event) => void fed.push(event));
      session.music('local_stream://moh', '1');
      session.announce({ sound: 'a.wav', position: 1, ewtMinutes: 2, callbackOffer: undefined, language: undefined });
      ends.push(await session.ended);
    };
    const unnamed = { '': wait };
    door = await openEslDoor(unnamed, { lingerS: 1, exitMsMax: 100, handshakeMsMax: 1_000, applicationEndMsMax: 500 });
  });

  after(() => door.close());

  const isSession = (name: string) => readTranscript(name).fromSwitch.subarray(0, 24).toString() === 'Event-Name: CHANNEL_DATA';
  for (const name of transcriptNames.filter((one) => one.startsWith('out-') && isSession(one))) {
    it(`D-14: ${name}`, async () => {
      fed = [];
      ends = [];
      const socket = connect(door.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => socket.destroy()); // the door may close first
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      for (const piece of pieces(readTranscript(name).fromSwitch, name.length, 4_000)) socket.write(piece);
      socket.end();
      await closed;
      await door.idle();
      assert.ok(ends.length <= 1);
      const told = fed.filter(({ type }) => type === 'caller-left' || type === 'session-lost');
      assert.ok(told.length <= 1, JSON.stringify(told));
      if (ends[0]?.kind === 'left') assert.equal(told[0]?.type, 'caller-left');
    });
  }

  it('D-14: a caller who hung up in a recorded session has left', async () => {
    fed = [];
    ends = [];
    const socket = connect(door.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    opened = false;
    for (const block of readTranscript('out-caller-hangup-linger').blocks) {
      // the replies to our first three commands, then what happened
      if (block.from !== 'switch') continue;
      if (block.text.includes('text/event-')) await eventually(() => opened, Boolean);
      socket.write(block.bytes);
    }
    await closed;
    await door.idle();
    assert.deepEqual([ends, fed], [[{ kind: 'left' }], [{ type: 'caller-left', member: 'm', cause: 'hangup' }]]);
  });
});
