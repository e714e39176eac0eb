/** Settings of the event socket: off unless asked for, and never with a password that everybody knows. */
import assert from 'node:assert/strict';
import { readConfig } from '../sidecar/config.js';

const on = (env: Readonly<Record<string, string>> = {}) => readConfig({ TANDEM_EVENT_SOCKET: 'yes', ...env }).eventSocket;

describe('event socket: settings', () => {
  it('B61: off, on loopback, for loopback alone, and without a password unless asked for', () => {
    const { eventSocket } = readConfig({ TANDEM_EVENT_SOCKET_PASSWORD: 'ClueCon' });
    assert.deepEqual(eventSocket, {
      isOn: false,
      host: '127.0.0.1',
      port: 8021,
      allow: ['127.0.0.0/8', '::1'],
      password: undefined,
      connectionsMax: 200,
      perUserMax: 100,
    });
    assert.equal(on({ TANDEM_EVENT_SOCKET_PASSWORD: 's3cr-et-word', TANDEM_EVENT_SOCKET_PORT: '0' }).password, 's3cr-et-word');
  });

  for (const [what, password, words] of [
    ['none', '', /is needed when event_socket is on/],
    ['a known default', 'ClueCon', /well known or shorter than 8/],
    ['a known long one', 'password', /well known/],
    ['a short one', 'a1b2c3d', /well known or shorter than 8/],
    ['one that no command can carry', 'two words here', /may not hold blanks/],
  ] as const)
    it(`B61 B39: it does not start with ${what} as password`, () => {
      assert.throws(() => on({ TANDEM_EVENT_SOCKET_PASSWORD: password }), words);
    });

  it('B39: a laboratory may use a known one, but not none', () => {
    assert.equal(on({ TANDEM_EVENT_SOCKET_PASSWORD: 'ClueCon', TANDEM_ALLOW_DEFAULT_SECRETS: 'yes' }).password, 'ClueCon');
    assert.throws(() => on({ TANDEM_ALLOW_DEFAULT_SECRETS: 'yes' }), /is needed/);
  });

  it('B39: addresses that are none are refused', () => {
    assert.throws(
      () => on({ TANDEM_EVENT_SOCKET_PASSWORD: 's3cr-et-word', TANDEM_EVENT_SOCKET_ALLOW: 'everybody' }),
      /event_socket_allow/i,
    );
  });
});
