/** Users on the event socket: what each may do, see and hear, over the real login (B39). */
import assert from 'node:assert/strict';
import { createLockout } from '../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../core/cluster/limits.js';
import { createLogin } from '../core/services/login.js';
import { createAddressRules, createClientAddress } from '../sidecar/addresses.js';
import { checkPassword, type Access } from '../sidecar/access.js';
import { createPermit, type Permit } from '../sidecar/routes/permission.js';
import { createSecrets, nodeDigests } from '../sidecar/secrets.js';
import { wrongPasswordsMax } from '../sidecar/event-socket/side.js';
import { testSecrets } from './support/api-server.js';
import { recordedSite } from './support/callcenter-desk.js';
import { openEventSocketDesk, socketPassword, type EventSocketDesk, type SocketClient } from './support/event-socket-desk.js';
import { createMemoryStore, plainUser } from './support/memory-ports.js';
import { recordingMeter, silentLog } from './support/observers.js';

const queuesOf: Readonly<Record<string, string[]>> = { west: ['full@default'], eastboss: ['full@default'] };

/** Users with the password `<name>-pass`; west and eastboss see one queue. */
function realPermit() {
  const nowMs = () => 1_795_318_033_000;
  const store = createMemoryStore(nowMs);
  const user = (name: string, functions: string) => ({
    ...plainUser,
    user: name,
    pass: `${name}-pass`,
    userLevel: 8,
    apiAllowedFunctions: ` ${functions} `,
  });
  store.tables.users = [
    user('viewer', 'tandem_queue_view'),
    user('desk', 'tandem_queue_control'),
    user('boss', 'tandem_admin'),
    user('clerk', 'ALL_FUNCTIONS ccc_lead_info'),
    user('west', 'tandem_queue_view'),
    user('eastboss', 'tandem_admin tandem_queue_control'),
    { ...user('gone', 'tandem_admin'), active: false },
  ];
  const meter = recordingMeter();
  const login = createLogin({
    ...store,
    secrets: createSecrets(nowMs, testSecrets),
    digests: nodeDigests,
    addresses: createAddressRules([]),
    lockout: createLockout(),
    badLogins: createMinuteLimit(),
    replays: createReplayCache(240_000),
    signingSecret: () => Promise.resolve(undefined),
    meter,
    log: silentLog,
    nowMs,
  });
  const addressOf = createClientAddress();
  const access = {
    async identify(req: Parameters<Access['identify']>[0]) {
      const [user = '', pass = ''] = Buffer.from((req.headers.authorization ?? '').slice('Basic '.length), 'base64')
        .toString()
        .split(/:(.*)/s);
      const found = await checkPassword(login, { user, pass }, addressOf(req));
      const rights = { queues: queuesOf[found.user], agent: undefined };
      return {
        kind: 'password' as const,
        id: found.user,
        user: found.user,
        functions: found.apiAllowedFunctions.split(' '),
        level: found.userLevel,
        rights,
        session: undefined,
      };
    },
  } as unknown as Access;
  const permit: Permit = createPermit({ login, addressOf, access });
  return { permit, meter, store };
}

const as = (name: string): string => `userauth ${name}@default:${name}-pass`;

describe('event socket: users', () => {
  let w: EventSocketDesk;
  let login: ReturnType<typeof realPermit>;
  beforeEach(async () => {
    login = realPermit();
    w = await openEventSocketDesk(recordedSite, { permit: login.permit });
  });
  afterEach(() => w.close());

  async function user(name: string): Promise<SocketClient> {
    const client = await w.client();
    assert.equal(await client.text(as(name)), '+OK accepted', name);
    return client;
  }

  it('B39 B61: a wrong password, an unknown user, one who is switched off or may not see queues: -ERR invalid, and the end', async () => {
    for (const line of [
      'userauth viewer@default:wrong',
      'userauth nobody@default:x',
      'userauth viewer',
      'userauth @default:viewer-pass',
      as('gone'),
      as('clerk'),
      `userauth viewer@default:${socketPassword}`,
    ]) {
      const client = await w.client();
      assert.equal(await client.text(line), '-ERR invalid', line);
      await client.closed();
    }
  });

  it('B39: who guesses is locked out as at every other door', async () => {
    const asked = async (line: string): Promise<string> => (await w.client()).text(line);
    for (let n = 0; n < 10; n++) assert.equal(await asked('userauth viewer@default:guess'), '-ERR invalid');
    assert.equal(await asked(as('viewer')), '-ERR invalid');
    assert.deepEqual(login.meter.counted('tandem_api_logins_total').at(-1), { result: 'LOCK' });
    assert.equal(login.store.tables.users.find(({ user: name }) => name === 'viewer')?.failedLoginCount, 10);
    assert.equal(await asked(as('boss')), '+OK accepted', 'others are not');
  });

  it("B39: the socket's own password is not guessed in peace: after many wrong ones of a minute the right one is refused too", async () => {
    for (let n = 0; n < wrongPasswordsMax; n++) {
      const client = await w.client();
      assert.equal(await client.text('auth wrong'), '-ERR invalid');
    }
    assert.equal(await (await w.client()).text(`auth ${socketPassword}`), '-ERR invalid');
    w.desk.advance(60_000);
    assert.equal(await (await w.client()).text(`auth ${socketPassword}`), '+OK accepted');
  });

  it('B39: who may only look changes nothing; each command needs what it needs at the other doors', async () => {
    const [viewer, desk, boss] = [await user('viewer'), await user('desk'), await user('boss')];
    const needs: readonly (readonly [string, readonly SocketClient[]])[] = [
      ['api callcenter_config agent get status a1', [viewer, desk, boss]],
      ["api callcenter_config agent set status a1 'On Break'", [desk, boss]],
      ['api callcenter_config agent add new callback', [boss]],
      ['api callcenter_config queue reload support@default', [boss]],
      ['api callcenter_break agent x', [desk, boss]],
      ['api reload mod_callcenter', [boss]],
      ['api reloadxml', [boss]],
      ['sendevent CUSTOM', [desk, boss]],
    ];
    for (const [line, may] of needs)
      for (const client of [viewer, desk, boss]) {
        const answer = await client.text(line);
        const isRefused = /permission denied|may not/.test(answer);
        assert.equal(!isRefused, may.includes(client), `${line}: ${answer}`);
      }
  });

  it('B39: bgapi needs the same', async () => {
    const viewer = await user('viewer');
    await viewer.ask('event plain BACKGROUND_JOB');
    await viewer.ask("bgapi callcenter_config agent set status a1 'Logged Out'");
    await viewer.until(5);
    assert.match(viewer.frames.at(-1) ?? '', /-ERR .*may not/);
    assert.deepEqual(w.asked(), []);
  });

  it('B39: a user with some queues sees these, their agents and callers; the rest does not exist for him', async () => {
    const west = await user('west');
    const boss = await user('boss');
    w.desk.call('support@default');
    const mine = w.desk.call('full@default');
    const uuid = w.desk.state.members.get(mine)?.call?.uniqueId ?? '';

    assert.equal(await west.text('api callcenter_config agent get status a1'), 'Available');
    assert.equal(await west.text('api callcenter_config agent get status b2'), '-ERR Agent not found!\n');
    assert.doesNotMatch(await west.text('api callcenter_config queue list'), /support/);
    assert.match(await west.text('api show channels'), /\n1 total\.\n$/);
    assert.match(await boss.text('api show channels'), /\n2 total\.\n$/);
    assert.deepEqual([await west.text(`api uuid_exists ${uuid}`), await west.text('api uuid_exists u1')], ['true', 'false']);
    assert.equal(await west.text('api uuid_getvar u1 caller_id_number'), '-ERR No such channel!\n');
    assert.equal(await west.text(`api uuid_getvar ${uuid} cc_queue`), 'full@default');
  });

  it('B39: ... and hears of these alone; what others get from the store is no news for him either', async () => {
    const west = await w.listener('plain PRESENCE_IN CUSTOM callcenter::info', as('west'));
    const all = await w.listener('plain PRESENCE_IN CUSTOM callcenter::info');
    w.desk.call('support@default');
    w.desk.call('full@default');
    await w.config('agent get status b2@default');
    await w.config('agent get status a1');
    await west.settled();
    await all.settled();
    const told = (client: SocketClient): string[] =>
      client.events().map((headers) => {
        const value = (name: string) => headers.find(([header]) => header === name)?.[1];
        return [value('CC-Action') ?? 'presence', value('CC-Queue') ?? value('login') ?? value('CC-Agent')].join(' ');
      });
    assert.ok(
      told(all).includes('member-queue-start support@default') && told(all).includes('agent-status-get b2@default'),
      told(all).join(),
    );
    assert.deepEqual(
      told(west).filter((text) => !text.includes('a1')),
      ['member-queue-start full@default', 'members-count full@default', 'presence full@default'],
    );
    assert.ok(told(west).includes('agent-status-get a1'));
  });

  it('B39: ... and cannot make others believe anything', async () => {
    const east = await user('eastboss');
    assert.equal(
      await east.text('sendevent CUSTOM\nEvent-Subclass: callcenter::info\nCC-Queue: support@default'),
      '-ERR permission denied',
    );
    assert.match(await east.text('api reload mod_callcenter'), /may not/, 'what concerns the whole site is not his');
  });
});
