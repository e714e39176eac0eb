/** What agents' telephones do on FreeSWITCH, while its lists are being read: news that are newer than a list count. */
import assert from 'node:assert/strict';
import { agentId } from '../core/acd/ids.js';
import type { AgentId } from '../core/acd/ids.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import { createDevices } from '../sidecar/switch-freeswitch-devices.js';
import { silentLog } from './support/observers.js';

const account = '1001@example.org';
const settled = () => new Promise((resolve) => setImmediate(resolve));

function world(watched: ReadonlyMap<string, readonly AgentId[]> = new Map([[account, [agentId('ann')]]])) {
  const listeners: ((event: SwitchEvent) => void)[] = [];
  const answers: ((text: string) => void)[] = [];
  const states: string[] = [];
  const devices = createDevices({
    link: {
      on: (_: unknown, listener: (event: SwitchEvent) => void) => {
        listeners.push(listener);
        return () => undefined;
      },
      onState: () => () => undefined,
      status: () => ({ state: 'down' }),
      bgapi: () => new Promise<string>((resolve) => answers.push(resolve)),
    } as never,
    feed: (event) => {
      if (event.type === 'device-changed') states.push(event.device);
    },
    log: silentLog,
    watched: () => watched,
  });
  const [onRegistration, onCall] = listeners;
  const event = (name: string, fields: Readonly<Record<string, string>>) => ({ name, get: (field: string) => fields[field] }) as never;
  return {
    devices,
    states,
    asked: () => answers.length,
    call: (name: string, uuid = 'c1') => onCall?.(event(name, { 'Unique-ID': uuid, 'Channel-Presence-ID': account })),
    registration: (kind: string) =>
      onRegistration?.(event('CUSTOM', { 'Event-Subclass': kind, 'from-user': '1001', 'from-host': 'example.org' })),
    answer: async (registrations: readonly object[], channels: readonly object[]): Promise<void> => {
      const [accounts, calls] = answers.splice(0, 2);
      accounts?.(JSON.stringify({ rows: registrations }));
      calls?.(JSON.stringify({ rows: channels }));
      await settled();
    },
  };
}

const registration = { reg_user: '1001', realm: 'example.org' };
const channel = { uuid: 'c1', presence_id: account, callstate: 'ACTIVE' };

describe('FreeSWITCH: states of telephones while the lists are read', () => {
  it('B22: a call that ended after the list was made does not keep its agent busy for ever', async () => {
    const { devices, states, call, answer } = world();
    const done = devices.refresh();
    call('CHANNEL_ANSWER');
    call('CHANNEL_HANGUP');
    await answer([registration], [channel]);
    await done;
    assert.equal(states.at(-1), 'idle');
  });

  it('B22: a telephone that registered, and a call that began, after the lists were made are there', async () => {
    const { devices, states, registration: register, call, answer } = world();
    const done = devices.refresh();
    register('sofia::register');
    await answer([], []);
    await done;
    assert.equal(states.at(-1), 'idle');
    const again = devices.refresh();
    call('CHANNEL_ANSWER');
    await answer([registration], []);
    await again;
    assert.equal(states.at(-1), 'in-use');
  });

  it('B5 B22: each reading tells all, also what was told while another process had the queues', async () => {
    const { devices, states, answer } = world();
    for (let i = 0; i < 2; i++) {
      const done = devices.refresh();
      await answer([registration], []);
      await done;
    }
    assert.deepEqual(states, ['idle', 'idle']);
  });

  it('a thousand telephones that go at once: one question, and one more', async () => {
    const { registration: register, asked, answer } = world();
    for (let i = 0; i < 1_000; i++) register('sofia::expire');
    assert.equal(asked(), 2);
    await answer([], []);
    assert.equal(asked(), 2);
    await answer([], []);
    assert.equal(asked(), 0);
  });

  it('of two calls of an account the answered one counts, until it ends', () => {
    const { states, call } = world();
    call('CHANNEL_CREATE', 'c1');
    call('CHANNEL_CREATE', 'c2');
    call('CHANNEL_ANSWER', 'c2');
    call('CHANNEL_CREATE', 'c2');
    assert.equal(states.at(-1), 'in-use', 'late news of its beginning take nothing back');
    call('CHANNEL_CREATE', 'c3');
    call('CHANNEL_HANGUP', 'c2');
    call('CHANNEL_HANGUP', 'c1');
    call('CHANNEL_HANGUP', 'c3');
    assert.deepEqual(states, ['ringing', 'in-use', 'ringing', 'unavailable']);
  });

  it('the cost of a state does not grow with the telephones: 20,000 of them, all on the phone, are read in a moment', async () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `u${String(i)}`);
    const { devices, states, answer } = world(new Map(names.map((name) => [`${name}@example.org`, [agentId(name)]])));
    const beganMs = performance.now();
    const done = devices.refresh();
    await answer(
      names.map((name) => ({ reg_user: name, realm: 'example.org' })),
      names.map((name) => ({ uuid: name, presence_id: `${name}@example.org`, callstate: 'ACTIVE' })),
    );
    await done;
    assert.equal(states.length, names.length);
    assert.ok(performance.now() - beganMs < 1_500, `${String(Math.round(performance.now() - beganMs))} ms`);
  });
});
