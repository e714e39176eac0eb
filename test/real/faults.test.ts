/** What a live call meets when something beside it fails: it is never worse off because of Tandem (design, promise 1). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall, SipPhone } from '../testbed/sip-phone.js';
import { asserted, startClusters, type Clusters } from './clusters.js';
import { phones } from './dialplan.js';

const code = 'V1121190512000012345';
/** the deadline in this suite, and the share of the switches and of the test machine */
const lookupMsMax = 1_500;
const switchMsMax = 1_000;

describe('real: faults during a hand-over', function () {
  this.timeout(15_000);
  let clusters: Clusters;
  let customer: SipPhone;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    clusters = await startClusters({ settings: { TANDEM_LOOKUP_MS_MAX: String(lookupMsMax) } });
    customer = await clusters.alpha.phone(10);
  });
  after(async () => {
    await (clusters as Clusters | undefined)?.stop();
  });
  afterEach(async () => {
    for (const call of customer.calls.values()) call.hangup();
    await eventually(
      () => clusters.beta.channels(),
      (channels) => channels.length === 0,
      { msMax: 5_000 },
    );
  });

  const callBeta = (extension: string): Promise<SipCall> => customer.call(extension, { headers: asserted(code, '5551234') });

  for (const { menu, extension } of [
    { menu: 'static menu context', extension: '2003' },
    { menu: 'Tandem menu', extension: '2005' },
  ]) {
    it(`AGI-3: origin that never answers: the caller goes on at B within the deadline (${menu})`, async () => {
      const atPhone = (await clusters.beta.phone(phones.b)).nextCall();
      const startedAtMs = Date.now();
      const call = await callBeta(extension);
      const arrived = await atPhone;
      const tookMs = Date.now() - startedAtMs;
      assert.ok(tookMs >= lookupMsMax - 50 && tookMs < lookupMsMax + switchMsMax, `rang after ${tookMs} ms`);
      await call.answered;
      assert.equal(call.state, 'up');
      assert.equal(arrived.caller.name, code);
      await eventually(
        () => clusters.silent.open(),
        (open) => open === 0,
        { msMax: 1_000 },
      );
    });

    it(`AGI-3: the caller hangs up during the lookup: session and request are gone within a second (${menu})`, async () => {
      const asked = clusters.silent.nextRequest();
      const call = await callBeta(extension);
      await asked;
      assert.equal(await clusters.b.metric('tandem_agi_sessions'), 1);
      assert.equal(clusters.silent.open(), 1);
      call.hangup();
      await eventually(
        () => clusters.silent.open(),
        (open) => open === 0,
        { msMax: 1_000 },
      );
      await eventually(
        () => clusters.b.metric('tandem_agi_sessions'),
        (sessions) => sessions === 0,
        { msMax: 1_000 },
      );
      await eventually(
        () => clusters.beta.channels(),
        (channels) => channels.length === 0,
        { msMax: 1_000 },
      );
    });
  }

  it('AGI-3: the origin is not there: the caller goes on at B at once', async () => {
    const atPhone = (await clusters.beta.phone(phones.b)).nextCall();
    const startedAtMs = Date.now();
    const call = await callBeta('2010');
    await atPhone;
    assert.ok(Date.now() - startedAtMs < switchMsMax);
    await call.answered;
  });

  for (const { menu, extension } of [
    { menu: 'static menu context', extension: '2003' },
    { menu: 'Tandem menu', extension: '2005' },
  ])
    it(`Tandem killed with -9 during the lookup: the dialplan takes over and the call lives (${menu})`, async () => {
      const atPhone = (await clusters.beta.phone(phones.fallback)).nextCall();
      const asked = clusters.silent.nextRequest();
      const call = await callBeta(extension);
      await asked;
      await clusters.b.kill9();
      try {
        const arrived = await atPhone;
        await arrived.answered;
        await call.answered;
        assert.equal(arrived.caller.name, code);
        const heard = call.media.received;
        await eventually(
          () => call.media.received,
          (packets) => packets > heard + 5,
        );
        assert.equal(call.state, 'up');
      } finally {
        await clusters.restartB();
      }
    });

  it('Tandem is not there at all: the dialplan takes over at once', async () => {
    await clusters.b.stop();
    try {
      const atPhone = (await clusters.beta.phone(phones.fallback)).nextCall();
      const startedAtMs = Date.now();
      const call = await callBeta('2002');
      await atPhone;
      assert.ok(Date.now() - startedAtMs < 3_000);
      await call.answered;
    } finally {
      await clusters.restartB();
    }
  });

  it('Tandem dies and comes back while a customer talks to an agent: the talk goes on', async () => {
    const atAgent = (await clusters.beta.phone(phones.agent)).nextCall();
    const call = await customer.call('2006', { headers: asserted('John Smith', '5551234') });
    const agentCall = await atAgent;
    await agentCall.answered;
    await clusters.b.kill9();
    try {
      const heard = agentCall.media.received;
      await eventually(
        () => agentCall.media.received,
        (packets) => packets > heard + 10,
      );
      assert.equal(call.state, 'up');
    } finally {
      await clusters.restartB();
    }
  });
});
