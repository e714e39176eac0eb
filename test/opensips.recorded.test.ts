/** Byte for byte: what the real opensips-cli sent over HTTP, told to a real process; its answers but for ids and times. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { eventually } from './support/eventually.js';
import { startMiSite, type MiSite } from './support/mi-site.js';

const file = 'test/fixtures/opensips/opensips-cli.txt';
const recordedSocket = '127.0.0.1:50555';
const recordedId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** What is another one in every run. */
const masks: readonly (readonly [what: string, pattern: RegExp, shown: string])[] = [
  ['date', /^Date: .*$/m, 'Date: DATE'],
  ['length, since times differ in theirs', /^Content-Length: \d+/m, 'Content-Length: N'],
  ['seconds', /"(Waiting for|Call Time|ttl)":\d+/g, '"$1":S'],
  ['uptime', /"(Now|Up since|Up time)":"[^"]*"/g, '"$1":"T"'],
  ['release', /Tandem \([^)]*\)/, 'Tandem (RELEASE)'],
];
const masked = (answer: string): string => masks.reduce((text, [, pattern, shown]) => text.replace(pattern, shown), answer);

const steps = readFileSync(file, 'utf8')
  .split('\n')
  .map((text, i) => ({ place: `${file}:${String(i + 1)}`, mark: text[0] ?? '', text: text.slice(2) }));
const bytesOf = (text: string): string => JSON.parse(text) as string;

describe('opensips-cli, recorded', function () {
  this.timeout(60_000);
  let site: MiSite;
  before(async () => (site = await startMiSite()));
  after(() => site.stop());

  it('O112 to O127: every answer to its requests is the recorded one, and events reach its socket', async () => {
    const receiver = createSocket('udp4').bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const datagrams: string[] = [];
    receiver.on('message', (data) => datagrams.push(data.toString()));
    // as long as the recorded one, so that no length changes
    const socket = `127.0.0.1:${String(receiver.address().port)}`;
    assert.equal(socket.length, recordedSocket.length);
    const ids: string[] = [];
    const asHere = (text: string): string =>
      ids.reduce((all, id, i) => all.replaceAll(recordedId(i + 1), id), text.replaceAll(recordedSocket, socket));
    const asRecorded = (text: string): string =>
      ids.reduce((all, id, i) => all.replaceAll(id, recordedId(i + 1)), text.replaceAll(socket, recordedSocket));

    const differences: unknown[] = [];
    let answer = '';
    let asked = 0;
    for (const { place, mark, text } of steps) {
      if (mark === '!') {
        const [, queue = '', number = '', name = ''] = /^caller (\S+) (\S+) (.*)$/.exec(text) ?? [];
        ids.push(await site.caller(queue, number, name));
      } else if (mark === '>') {
        asked++;
        answer = await site.exchange(Buffer.from(asHere(bytesOf(text)), 'latin1'));
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        assert.equal(Number(/^Content-Length: (\d+)/m.exec(head)?.[1]), Buffer.byteLength(body), place);
      } else if (mark === '<') {
        const [given, wanted] = [masked(asRecorded(answer)), masked(bytesOf(text))];
        if (given !== wanted) differences.push({ place, given, wanted });
      } else if (mark === '@') {
        const wanted = bytesOf(text);
        await eventually(
          () => datagrams,
          (got) => got.includes(wanted),
        );
      }
    }
    receiver.close();

    assert.deepEqual(differences, []);
    assert.ok(asked >= 40, String(asked));
  });
});
