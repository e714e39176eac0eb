/** Orders of the engine and what becomes of them when somebody does not answer (dialer.md A16, B11). */
import assert from 'node:assert/strict';
import type { DialerChange, DialerEffect, DialerEvent } from '../core/dialer/engine-words.js';
import { TandemError } from '../core/errors.js';
import { dialerSettingsDefaults } from '../core/dialer/campaign-defaults.js';
import { createDialerClock } from '../core/services/dialer-clock.js';
import { createDialerOrders, dialerOrdersLimits } from '../core/services/dialer-orders.js';
import type { DialerOrdersDeps } from '../core/services/dialer-orders.js';
import { openDialerSession } from '../core/services/dialer-session.js';
import type { DialerSessionDeps } from '../core/services/dialer-session.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';
import { siteCampaign, SiteAgents, SiteSwitch } from './support/dialer-site.js';

describe('dialer: orders', () => {
  const timers = createHandTimers();
  let fed: DialerEvent[];
  let saved: DialerChange[];
  let failures: string[];
  let fs1: SiteSwitch;

  const orders = (more: Partial<DialerOrdersDeps> = {}): ((effect: DialerEffect) => void) => {
    fs1 = new SiteSwitch('fs1', timers);
    return createDialerOrders({
      store: { nextContacts: () => Promise.resolve([]), claim: () => Promise.resolve({ granted: [], refused: [] }) },
      saver: {
        save: (changes) => Promise.resolve(void saved.push(...changes)),
        isStoreAway: () => false,
        alarm: () => undefined,
        storeFailed: (reason) => void failures.push(reason),
      },
      ...{ fence: 1, switches: new Map([['fs1', fs1]]), agents: new SiteAgents(), connector: undefined },
      rules: { judge: () => () => ({ kind: 'go', guaranteedOnly: false }), hopperContact: () => assert.fail('no contact') },
      campaign: (id) => (id === 'c1' ? siteCampaign('c1') : undefined),
      feed: (event) => void fed.push(event),
      ...{ onFilled: () => undefined, onNotice: () => undefined, onDecision: () => undefined, onFenced: () => failures.push('fenced') },
      ...{ whyNot: () => undefined, isSure: () => true, isEnded: () => false, nowMs: () => timers.nowMs(), monoMs: () => timers.nowMs() },
      ...{ after: (ms: number, run: () => void) => timers.after(ms, run), log: silentLog, meter: silentMeter },
      ...more,
    });
  };

  const claim: DialerEffect = {
    ...{ type: 'claim', order: 4, campaign: 'c1', contacts: ['k1', 'k2'], countMax: 2, to: 'dialed', isGuaranteed: false },
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const claiming = (error: TandemError) => ({
    store: { nextContacts: () => Promise.resolve([]), claim: () => Promise.reject(error) },
  });

  beforeEach(() => {
    [fed, saved, failures] = [[], [], []];
  });

  it('B11: a claim of which nobody knows whether it took effect is undone before the engine may claim again', async () => {
    orders(claiming(new TandemError('TDM_STORE_DOWN', ['test'])))(claim);
    await settle();
    assert.deepEqual(
      saved.map(({ transition }) => [transition?.contactId, transition?.from, transition?.to]),
      [
        ['k1', 'dialed', 'pending'],
        ['k2', 'dialed', 'pending'],
      ],
    );
    assert.deepEqual(fed, [{ type: 'claim-failed', order: 4, code: 'TDM_STORE_DOWN' }]);
    assert.equal(failures.length, 1, 'the database counts as away');
  });

  it('B11: a claim of a former owner is nobody’s any more', async () => {
    orders(claiming(new TandemError('TDM_STANDBY', ['test'])))(claim);
    await settle();
    assert.deepEqual([saved, fed, failures], [[], [], ['fenced']]);
  });

  it('B11: nothing is claimed while nothing may be dialled', async () => {
    orders({ whyNot: () => 'the clock has jumped' })(claim);
    await settle();
    assert.deepEqual(fed, [{ type: 'claim-failed', order: 4, code: 'TDM_BUSY' }]);
  });

  it('B11: after a slow reading the next one asks for half', async () => {
    const counts: number[] = [];
    const give = orders({
      store: {
        nextContacts: (_campaign, { count }) => {
          counts.push(count);
          if (counts.length === 1) timers.advance(dialerOrdersLimits.slowFillMs + 1);
          return Promise.resolve([]);
        },
        claim: () => assert.fail('no claim'),
      },
    });
    for (let i = 0; i < 3; i++) {
      give({ type: 'fill-hopper', campaign: 'c1', count: 50, leaveOut: [] });
      await settle();
    }
    assert.deepEqual(counts, [50, 25, 50]);
  });

  it('A16: a call over a switch that nobody knows, and one whose result nothing could keep, are not placed', () => {
    const order = { switch: 'fs9', callId: 'k1' } as Extract<DialerEffect, { type: 'originate' }>['order'];
    orders()({ type: 'originate', order });
    assert.deepEqual(
      fed.map(({ type }) => type),
      ['originate-unsent'],
    );
    const saver = { save: () => Promise.resolve(), isStoreAway: () => true, alarm: () => 'full', storeFailed: () => undefined };
    orders({ saver })({ type: 'originate', order: { ...order, switch: 'fs1' } });
    assert.deepEqual([fed.at(-1)?.type, fed.length, fs1.orders.length], ['originate-withheld', 2, 0]);
  });

  it('B11: what was claimed before the machine stood still is not placed: another may dial by now', () => {
    const order = { switch: 'fs1', callId: 'k1' } as Extract<DialerEffect, { type: 'originate' }>['order'];
    orders({ isSure: () => false })({ type: 'originate', order });
    assert.deepEqual([fed.map(({ type }) => type), fs1.orders], [['originate-withheld'], []]);
  });

  it('B11: a clock that has jumped is seen at once, not at the next look', async () => {
    let wallMs = 5_000_000;
    const clock = createDialerClock({ wallMs: () => wallMs, monoMs: () => 1_000, databaseNowMs: undefined, onJump: () => undefined });
    await clock.look();
    assert.equal(clock.isHeld(), false);
    wallMs += 600_000;
    assert.equal(clock.isHeld(), true);
  });

  it('B33: a session that cannot be opened leaves no timer behind', async () => {
    const own = createHandTimers();
    const down = (): Promise<never> => Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
    const journal = {
      size: () => Promise.resolve(0),
      append: down,
      replay: () => Promise.resolve(true),
      problem: () => Promise.resolve(undefined),
    };
    const store = { save: () => Promise.resolve([]), campaigns: down, learned: down, active: down };
    const open = openDialerSession({
      ...({ store, journal, switches: new Map(), agents: new SiteAgents(), base: dialerSettingsDefaults } as never as DialerSessionDeps),
      ...{ fence: 1, connector: undefined, profiles: () => new Map(), onNotice: () => undefined, onFenced: () => undefined },
      ...{ isSure: () => true, random: () => 0.5, nowMs: () => own.nowMs(), monoMs: () => own.nowMs(), wallMs: () => own.nowMs() },
      ...{ databaseNowMs: undefined, after: (ms: number, run: () => void) => own.after(ms, run), log: silentLog, meter: silentMeter },
    });
    await assert.rejects(open, { code: 'TDM_STORE_DOWN' });
    own.advance(60_000);
    await settle();
    assert.equal(own.waiting, 0);
  });

  it('E69: without a voice connector an agent request is not accepted', async () => {
    orders()({ type: 'request-agent', callId: 'k1', body: {} });
    await settle();
    assert.deepEqual(fed, [{ type: 'agent-request-sent', callId: 'k1', ok: false }]);
  });

  it('an agent who cannot be asked for is not reserved, with the reason', async () => {
    const agents = new SiteAgents();
    agents.reserve = () => Promise.reject(new Error('no engine'));
    orders({ agents })({ type: 'reserve', key: 'r1', queue: 'sales', agent: undefined, untilMs: 1, isSoft: true });
    await settle();
    assert.deepEqual(fed, [{ type: 'agent-not-reserved', key: 'r1', reason: 'no engine' }]);
  });
});
