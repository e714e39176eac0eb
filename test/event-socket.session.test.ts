/** One client's login and commands, without a network: what is answered, and in which order. */
import assert from 'node:assert/strict';
import type { SocketEvent } from '../core/event-socket/event.js';
import { writeEvent } from '../core/event-socket/event.js';
import { sessionLimits, SocketSession, type PublishedEvent, type SocketUser } from '../core/event-socket/session.js';

function setup(login: 'logged in' | 'stranger' = 'logged in', user: Partial<SocketUser> = {}) {
  const written: string[] = [];
  const published: PublishedEvent[] = [];
  /** what api commands answer, once the test says so */
  const answers: ((output: string) => void)[] = [];
  let closed = 0;
  const who: SocketUser = { user: 'ann', allowed: [['Allowed-API', 'all']], mayPublish: true, ...user };
  let ids = 0;
  const session = new SocketSession({
    authenticate: (password) => (password === 'right' ? who : undefined),
    authenticateUser: (name, password) => Promise.resolve(name === 'ann@default' && password === 'her:own' ? who : undefined),
    api: () => new Promise((resolve) => answers.push(resolve)),
    publish: (event) => void published.push(event),
    jobDone: ({ id, output }): SocketEvent => ({ name: 'BACKGROUND_JOB', subclass: undefined, headers: [['Job-UUID', id]], body: output }),
    mayHear: (_user, { headers }) => !headers.some(([, value]) => value === 'secret'),
    newId: () => `id-${String(++ids)}`,
    write: (text) => void written.push(text),
    writeEvent: (text) => void written.push(String(text)),
    close: () => closed++,
  });
  const say = (line: string, headers: readonly (readonly [string, string])[] = [], body?: string) =>
    session.handle({ line, headers, body });
  const texts = () => written.map((text) => /Reply-Text: (.*)/.exec(text)?.[1] ?? text.slice(text.indexOf('\n\n') + 2));
  return {
    session,
    written,
    published,
    answers,
    closed: () => closed,
    say,
    texts,
    async ready() {
      if (login === 'logged in') await say('auth right');
      written.length = 0;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('event socket: one client', () => {
  it('B61: an api command holds what comes behind it until it is answered', async () => {
    const t = setup();
    await t.ready();
    const first = t.say('api slow one');
    await turn();
    assert.deepEqual(t.texts(), []);
    t.answers[0]?.('done\n');
    await first;
    await t.say('nolog');
    assert.deepEqual(t.texts(), ['done\n', '-ERR not loging']);
  });

  it('B61: bgapi answers at once; its event comes when the job is done, to this client alone, if it wants it', async () => {
    const t = setup();
    await t.ready();
    await t.say('bgapi slow', [['Job-UUID', 'mine']]);
    await t.say('event plain BACKGROUND_JOB');
    t.answers[0]?.('');
    await turn();
    assert.deepEqual(t.texts().slice(0, 2), ['+OK Job-UUID: mine', '+OK event listener enabled plain']);
    assert.match(t.written[2] ?? '', /Job-UUID: mine\nContent-Length: 14\n\n-ERR no reply\n$/);
    await t.say('noevents');
    await t.say('bgapi slow');
    t.answers[1]?.('x');
    await turn();
    assert.deepEqual(t.texts().slice(3), ['+OK no longer listening for events', '+OK Job-UUID: id-1']);
  });

  it('B61: jobs are bounded; an id that could break a line is not taken', async () => {
    const t = setup();
    await t.ready();
    for (let n = 0; n < sessionLimits.jobsMax; n++) await t.say('bgapi x');
    await t.say('bgapi x');
    assert.equal(t.texts().at(-1), '-ERR too many jobs');
    t.answers[0]?.('y');
    await turn();
    await t.say('bgapi x', [['job-uuid', 'a b\u0000']]);
    assert.match(t.texts().at(-1) ?? '', /^\+OK Job-UUID: id-\d+$/);
  });

  it('B61: whoever left hears of nothing more', async () => {
    const t = setup();
    await t.ready();
    await t.say('event plain ALL');
    await t.say('bgapi slow');
    const slow = t.say('api slow');
    t.session.abandon();
    const before = t.written.length;
    for (const answer of t.answers) answer('late');
    await slow;
    await t.say('api x');
    t.session.deliver({ name: 'CUSTOM', subclass: 'x', headers: [], body: undefined }, () => 'event');
    assert.equal(t.written.length, before);
    assert.equal(t.answers.length, 2);
  });

  it('B61 B39: before the login there are no commands and no events', async () => {
    const t = setup('stranger');
    for (const line of ['api status', 'bgapi x', 'event plain ALL', 'sendevent CUSTOM', 'filter a b', '']) await t.say(line);
    t.session.deliver({ name: 'CUSTOM', subclass: 'x', headers: [], body: undefined }, () => 'event');
    assert.deepEqual(new Set(t.texts()), new Set(['-ERR command not found']));
    assert.deepEqual([t.answers.length, t.published.length, t.session.isAuthenticated], [0, 0, false]);
  });

  it('B61 B39: a wrong password ends it; the user of userauth may have colons in his', async () => {
    for (const line of ['auth', 'auth wrong', 'auth right ', 'userauth ann@default', 'userauth ann@default:his', 'userauth :her:own']) {
      const t = setup('stranger');
      await t.say(line);
      const isRight = line === 'auth right ';
      assert.equal(t.texts()[0], isRight ? '+OK accepted' : '-ERR invalid', line);
      assert.equal(t.closed(), isRight ? 0 : 1, line);
      if (!isRight) assert.match(t.written.join(''), /text\/disconnect-notice/);
    }
    const t = setup('stranger');
    await t.say('userauth ann@default:her:own');
    assert.deepEqual(t.written, ['Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-API: all\n\n']);
  });

  it('B61: sendevent answers with the id, then tells; unknown names are CUSTOM', async () => {
    const t = setup();
    await t.ready();
    await t.say('sendevent message', [['a', 'b']], 'text');
    await t.say('sendevent NO_SUCH');
    await t.say('sendevent');
    assert.deepEqual(t.texts(), ['+OK id-1', '+OK id-2', '+OK id-3']);
    assert.deepEqual(t.published[0], { id: 'id-1', name: 'MESSAGE', headers: [['a', 'b']], body: 'text', line: 'sendevent message' });
    assert.deepEqual(
      t.published.map(({ name }) => name),
      ['MESSAGE', 'CUSTOM', 'CUSTOM'],
    );
  });

  it('B39: who may not tell others cannot send events, and nobody hears what he may not see', async () => {
    const t = setup('logged in', { mayPublish: false });
    await t.ready();
    await t.say('sendevent CUSTOM');
    assert.deepEqual([t.texts(), t.published], [['-ERR permission denied'], []]);
    await t.say('event json ALL');
    const event = (value: string): SocketEvent => ({ name: 'CUSTOM', subclass: 'x', headers: [['a', value]], body: undefined });
    for (const value of ['open', 'secret'])
      t.session.deliver(event(value), (format) => {
        assert.equal(format, 'json');
        return writeEvent(event(value), format);
      });
    assert.match(t.written.at(-1) ?? '', /"a":"open"/);
  });

  it('B61: log says back what it was given; commands in any letter case', async () => {
    const t = setup();
    await t.ready();
    for (const line of ['log', 'LOG Info', 'log 7', 'log loud', 'NoLog', 'getvar x', 'connect', 'myevents', '...bye']) await t.say(line);
    assert.deepEqual(t.texts().slice(0, 8), [
      '+OK log level  [7]',
      '+OK log level Info [6]',
      '+OK log level 7 [7]',
      '-ERR invalid log level',
      '+OK no longer logging',
      '-ERR command not found',
      '-ERR command not found',
      '-ERR command not found',
    ]);
    assert.equal(t.closed(), 1);
  });
});
