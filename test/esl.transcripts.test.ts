/** All recorded sessions of a real FreeSWITCH through the frame reader: whole, byte by byte, in pieces, cut at every byte. */
import assert from 'node:assert/strict';
import { readFrame, SwitchEvent } from '../esl-outbound/event.js';
import { FrameReader } from '../esl-outbound/frame.js';
import type { Frame } from '../esl-outbound/frame.js';
import { pieces } from './support/pieces.js';
import { readTranscript, transcriptNames } from './support/esl-transcript.js';

/** Frames with bodies of their own, since a frame's body is only lent. */
function framesOf(chunks: readonly Buffer[]): Frame[] {
  const reader = new FrameReader();
  const got: Frame[] = [];
  const keep = ({ head, body }: Frame) => got.push({ head, body: body && Buffer.from(body) }) > 0;
  for (const chunk of chunks) reader.push(chunk, keep);
  assert.equal(reader.heldBytes, 0, 'bytes are left over');
  return got;
}

/** Where each frame ends: fed byte by byte, a frame is complete at its last byte. */
function framesByByte(bytes: Buffer): { frames: Frame[]; ends: number[] } {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    reader.push(bytes.subarray(at, at + 1), ({ head, body }) => {
      frames.push({ head, body: body && Buffer.from(body) });
      ends.push(at + 1);
      return true;
    });
  }
  return { frames, ends };
}

function sameFrame(got: Frame | undefined, wanted: Frame | undefined): boolean {
  if (got?.head !== wanted?.head) return false;
  return got?.body && wanted?.body ? got.body.equals(wanted.body) : got?.body === wanted?.body;
}

/** Each frame, cut once at each of its bytes; a reader that has read whole frames is as good as new. */
function assertEveryCut(bytes: Buffer, frames: readonly Frame[], ends: readonly number[]): void {
  const reader = new FrameReader();
  let got: Frame | undefined;
  let count = 0;
  const deliver = (frame: Frame) => {
    got = frame;
    count++;
    return true;
  };
  let start = 0;
  ends.forEach((end, index) => {
    for (let cut = start + 1; cut < end; cut++) {
      count = 0;
      reader.push(bytes.subarray(start, cut), deliver);
      reader.push(bytes.subarray(cut, end), deliver);
      if (count !== 1 || !sameFrame(got, frames[index])) assert.fail(`frame ${index} differs when cut after byte ${cut - start}`);
    }
    start = end;
  });
}

describe('ESL transcripts', function () {
  this.timeout(30_000);
  let total = 0;

  for (const name of transcriptNames) {
    it(`${name}: whole, byte by byte, in pieces and cut at every byte`, () => {
      const { fromSwitch } = readTranscript(name);
      const whole = framesOf([fromSwitch]);
      total += whole.length;
      const { frames, ends } = framesByByte(fromSwitch);
      assert.deepEqual(frames, whole);
      assert.deepEqual(framesOf(pieces(fromSwitch, name.length, 900)), whole);
      assert.equal(ends.at(-1), fromSwitch.length, 'every byte belongs to a frame');
      assertEveryCut(fromSwitch, frames, ends);
    });

    it(`${name}: every frame is a message`, () => {
      for (const frame of framesOf([readTranscript(name).fromSwitch])) {
        const got = readFrame(frame);
        if (frame.head.includes('text/event-xml')) assert.equal(got, 'xml');
        else assert.ok(got instanceof SwitchEvent, frame.head);
      }
    });
  }

  it('56 sessions with 873 frames were read', () => {
    assert.equal(transcriptNames.length, 56);
    assert.equal(total, 873);
  });

  it('plain and JSON events of the same kind give the same variables', () => {
    const read = (name: string) =>
      framesOf([readTranscript(name).fromSwitch])
        .map(readFrame)
        .filter((m): m is SwitchEvent => m instanceof SwitchEvent && m.name === 'CHANNEL_EXECUTE_COMPLETE');
    const json = read('out-json')[0];
    const plain = read('out-async-full-basic')[0];
    assert.equal(json?.variable('greeting'), 'hello');
    assert.ok(plain?.hasVariables && json.hasVariables);
    assert.match(plain.variable('sip_full_via') ?? '', /^SIP\/2.0\/UDP /);
  });
});
