/** The reference dialer's faces: contacts, campaign control, status, agent details (dialer.md A5, A13, A14, A17.2). */
import assert from 'node:assert/strict';
import { agentContact, ivrContact, startDialerApi, type DialerApi } from './support/dialer-api.js';

describe('POST /contacts', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
  });
  afterEach(() => api.close());

  const take = async (body: unknown) => {
    const { status, text } = await api.post('/contacts', body, 'operator');
    return [status, text] as const;
  };

  it('E15 to E27, E29: one contact is stored with all its fields, and the dialer woken', async () => {
    const given = ivrContact('a1', {
      ...{ ivr: '*9664', priority: 7, tenant_id: 't1', start_time: '2026-11-23T20:00:00Z', end_time: 1_795_608_000_000 },
    });
    assert.deepEqual(await take(given), [201, '{"id":"a1"}']);
    const stored = await api.store.contact('a1');
    const { customerNumber, campaignType, gatewayId, status, callResult, dialTimeMs, campaignContactId, campaignId } = stored ?? {};
    assert.deepEqual(
      [customerNumber, campaignType, gatewayId, status, callResult, dialTimeMs, campaignContactId, campaignId],
      ['+4915112345678', 'IVR', 'gw-1', 'pending', undefined, undefined, 'cc-a1', 'c1'],
    );
    assert.deepEqual(
      [stored?.ivr, stored?.priority, stored?.tenantId, stored?.startTimeMs, stored?.endTimeMs, stored?.receivedTimeMs],
      ['*9664', 7, 't1', Date.UTC(2026, 10, 23, 20), 1_795_608_000_000, api.clock.nowMs],
    );
    assert.ok(api.asked.includes('wake "c1"'));
  });

  it('E28: what the dialer itself owns is not taken from the sender', async () => {
    const mine = { status: 'ended', call_result: 'USER_BUSY', received_time: '2020-01-01T00:00:00Z', dial_time: 5 };
    assert.deepEqual(await take(ivrContact('a1', mine)), [201, '{"id":"a1"}']);
    const { status, callResult, receivedTimeMs, dialTimeMs } = (await api.store.contact('a1')) ?? {};
    assert.deepEqual([status, callResult, receivedTimeMs, dialTimeMs], ['pending', undefined, api.clock.nowMs, undefined]);
  });

  it('E30 to E36: an agent contact with each mode and routing', async () => {
    for (const dialing_mode of ['PREDICTIVE', 'PREVIEW', 'PROGRESSIVE']) {
      const id = `m-${dialing_mode}`;
      assert.deepEqual(await take(agentContact(id, { dialing_mode })), [201, `{"id":"${id}"}`]);
      assert.equal((await api.store.contact(id))?.dialingMode, dialing_mode);
    }
    const byAgent = agentContact('r1', { routing_mode: 'AGENT', resource_id: 'agent-7', queue_name: undefined });
    assert.deepEqual(await take(byAgent), [201, '{"id":"r1"}']);
    const byQueueId = agentContact('r2', { resource_id: 'q-7', queue_name: undefined });
    assert.deepEqual(await take(byQueueId), [201, '{"id":"r2"}']);
    const [one, two] = [await api.store.contact('r1'), await api.store.contact('r2')];
    assert.deepEqual([one?.routingMode, one?.resourceId, one?.queueName], ['AGENT', 'agent-7', undefined]);
    assert.deepEqual([two?.routingMode, two?.resourceId, two?.queueName], ['QUEUE', 'q-7', undefined]);
  });

  it('A5: the same contact as a CIM message', async () => {
    const schedule = { campaignId: 'c9', campaignContactId: 'cc9', campaignType: 'IVR', gatewayId: 'gw-1', ivr: '77', priority: 3 };
    const channelData = { channelCustomerIdentifier: '+15551234567', serviceIdentifier: '1218' };
    const cim = { id: 'cim-1', header: { channelData, schedulingMetaData: schedule, intent: 'x' }, body: { type: 'PLAIN' } };
    assert.deepEqual(await take(cim), [201, '{"id":"cim-1"}']);
    const { customerNumber, campaignId, ivr, priority } = (await api.store.contact('cim-1')) ?? {};
    assert.deepEqual([customerNumber, campaignId, ivr, priority], ['+15551234567', 'c9', '77', 3]);
  });

  it('A5: the same id with the same content is a duplicate (200), with other content a conflict (409)', async () => {
    await take(ivrContact('a1'));
    assert.deepEqual(await take(ivrContact('a1')), [200, '{"id":"a1","duplicate":true}']);
    const [status, text] = await take(ivrContact('a1', { customer_number: '+4930999' }));
    assert.deepEqual([status, text], [409, '{"id":"a1","code":"TDM_CONFLICT","error":"contact a1 is stored with other content"}']);
    assert.equal((await api.store.contact('a1'))?.customerNumber, '+4915112345678');
  });

  for (const [field, missing] of [
    ['id', { id: undefined }],
    ['customer_number', { customer_number: '' }],
    ['campaign_type', { campaign_type: null }],
    ['campaign_id', { campaign_id: undefined }],
    ['gateway_id', { gateway_id: undefined }],
  ] as const)
    it(`A5: 400 names the missing field ${field}, and nothing is stored`, async () => {
      const [status, text] = await take(ivrContact('a1', missing));
      const id = field === 'id' ? 'null' : '"a1"';
      assert.deepEqual([status, text], [400, `{"id":${id},"code":"TDM_BAD_REQUEST","error":"[${field}] not found"}`]);
      assert.deepEqual(await api.store.contacts({ after: 0, limit: 10 }), []);
      assert.deepEqual(await api.store.campaigns(), []);
    });

  for (const [field, missing] of [
    ['dialing_mode', { dialing_mode: undefined }],
    ['routing_mode', { routing_mode: undefined }],
    ['queue_name', { queue_name: undefined }],
    ['resource_id', { routing_mode: 'AGENT', queue_name: undefined }],
  ] as const)
    it(`E37: ${field} is mandatory for agent contacts`, async () => {
      const [status, text] = await take(agentContact('a1', missing));
      assert.deepEqual([status, text], [400, `{"id":"a1","code":"TDM_BAD_REQUEST","error":"[${field}] not found"}`]);
    });

  for (const [field, value] of [
    ['customer_number', '+49{x}'],
    ['customer_number', '1'],
    ['customer_number', '+49 151'],
    ['customer_number', '1'.repeat(21)],
    ['customer_number', '12\nOriginate'],
    ['campaign_type', 'SMS'],
    ['gateway_id', "gw'1"],
    ['gateway_id', 'a,b'],
    ['id', 'x'.repeat(41)],
    ['id', 'a b'],
    ['campaign_id', 'c|1'],
    ['campaign_contact_id', 'c\\1'],
    ['ivr', '9664[1]'],
    ['ivr', '9'.repeat(21)],
    ['priority', 0],
    ['priority', 11],
    ['priority', 1.5],
    ['priority', 'high'],
    ['start_time', 'tomorrow'],
    ['start_time', '2026-02-30T00:00:00Z'],
    ['end_time', {}],
    ['time_zone', 'Europe/Atlantis'],
    ['tenant_id', 'x'.repeat(41)],
    ['data', [1]],
    ['numbers', 'none'],
  ] as const)
    it(`A2: ${field} = ${JSON.stringify(value).slice(0, 30).replaceAll('|', ' or ')} is refused with its name`, async () => {
      const [status, text] = await take(ivrContact('a1', { [field]: value }));
      assert.equal(status, 400);
      assert.match(text, new RegExp(`"error":"\\[${field}`));
      assert.deepEqual(await api.store.contacts({ after: 0, limit: 10 }), []);
    });

  for (const [field, value] of [
    ['dialing_mode', 'MANUAL'],
    ['routing_mode', 'SKILL'],
    ['resource_id', 'a b'],
    ['queue_name', 'sales;x'],
    ['queue_name', 'q'.repeat(21)],
  ] as const)
    it(`A2: ${field} = ${JSON.stringify(value).slice(0, 30)} of an agent contact is refused with its name`, async () => {
      const [status, text] = await take(agentContact('a1', { [field]: value }));
      assert.deepEqual([status, /"error":"\[(\w+)\]/.exec(text)?.[1]], [400, field]);
    });

  it('E25, E26: an end that is not after the start is refused', async () => {
    const times = { start_time: '2026-11-23T21:00:00Z', end_time: '2026-11-23T21:00:00Z' };
    const [status, text] = await take(ivrContact('a1', times));
    assert.deepEqual([status, /"error":"\[(\w+)\]/.exec(text)?.[1]], [400, 'end_time']);
  });

  it('A5: an array tells which were accepted and which rejected, and why; what was stored before counts as accepted', async () => {
    await take(ivrContact('old'));
    const batch = [
      ivrContact('a1'),
      ivrContact('a2', { priority: 99 }),
      ivrContact('a1'),
      ivrContact('a1', { priority: 2 }),
      ivrContact('old'),
      'nonsense',
      ivrContact('a3', { campaign_id: 'c2' }),
    ];
    const [status, text] = await take(batch);
    assert.equal(status, 201);
    assert.equal(
      text,
      '{"accepted":["a1","a1","old","a3"],"rejected":[' +
        '{"id":"a2","code":"TDM_BAD_REQUEST","error":"[priority] must be 1 to 10"},' +
        '{"id":"a1","code":"TDM_CONFLICT","error":"contact a1 is stored with other content"},' +
        '{"id":null,"code":"TDM_BAD_REQUEST","error":"contact 6: a contact must be an object"}]}',
    );
    assert.deepEqual((await api.store.campaigns()).map(({ id }) => id).sort(), ['c1', 'c2']);
  });

  it('A5: an array of which nothing is stored does not say 201', async () => {
    const [status, text] = await take([ivrContact('a1', { priority: 0 })]);
    assert.equal(status, 400);
    assert.match(text, /^\{"accepted":\[\],"rejected":\[\{"id":"a1"/);
  });

  it('A5: 1,000 contacts at once, of the full size, are stored in one go; 1,001 and none are refused', async () => {
    const data = { name: 'n'.repeat(1_000), note: 'x'.repeat(2_000) };
    const many = Array.from({ length: 1_000 }, (_, i) => ivrContact(`k${String(i)}`, { data, campaign_id: `c${String(i % 3)}` }));
    const [status, text] = await take(many);
    assert.equal(status, 201, text.slice(0, 300));
    assert.equal((JSON.parse(text) as { accepted: unknown[] }).accepted.length, 1_000);
    assert.equal(
      (await api.store.contactCounts('c0')).reduce((all, { count }) => all + count, 0),
      334,
    );
    assert.deepEqual((await take([...many, ivrContact('more')]))[0], 400);
    assert.deepEqual((await take([]))[0], 400);
  });

  it('A5: what is larger than 4 MiB, or no JSON, is refused in the words of this face', async () => {
    const [tooLarge, large] = await take([ivrContact('a1', { data: { x: 'x'.repeat(4_500_000) } })]);
    assert.deepEqual([tooLarge, (JSON.parse(large) as { code: string }).code], [413, 'TDM_TOO_LARGE']);
    const [broken, text] = await take('{"id":');
    assert.deepEqual([broken, (JSON.parse(text) as { code: string }).code], [400, 'TDM_BAD_REQUEST']);
    assert.deepEqual(Object.keys(JSON.parse(text) as object), ['error', 'code']);
  });

  it('A5: in strictSameNumber mode a number in a call is refused (406), else stored', async () => {
    await take(ivrContact('a1'));
    const campaign = await api.store.campaign('c1');
    assert.ok(campaign);
    const fence = (await api.own.leases.acquire('dialer', 'test', 60_000)) ?? 0;
    const claim = { campaign, contacts: ['a1'], countMax: 1, to: 'dialed' as const, nowMs: api.clock.nowMs };
    const { granted } = await api.store.claim(claim, () => ({ kind: 'go', guaranteedOnly: false }), fence);
    assert.equal(granted.length, 1);
    assert.equal((await take(ivrContact('a2')))[0], 201);
    api.says.settings = { ...api.says.settings, strictSameNumber: true };
    assert.deepEqual(await take(ivrContact('a3')), [
      406,
      '{"id":"a3","code":"TDM_NUMBER_ACTIVE","error":"A call to the number of contact \\"a3\\" is under way"}',
    ]);
    assert.equal((await take(ivrContact('a4', { customer_number: '+4930777' })))[0], 201);
  });

  it('A5, E74: database down: 503 and nothing stored', async () => {
    api.database.isDown = true;
    assert.deepEqual(await take(ivrContact('a1')), [503, '{"error":"Service Unavailable"}']);
    assert.deepEqual(await take([ivrContact('a1')]), [503, '{"error":"Service Unavailable"}']);
    api.database.isDown = false;
    assert.deepEqual(await api.store.contacts({ after: 0, limit: 10 }), []);
    assert.deepEqual(await take(ivrContact('a1')), [201, '{"id":"a1"}']);
  });

  it('A5: an unexpected error is 500 in these words, and logged', async () => {
    Object.assign(api.fake.control, {
      settings: () => {
        throw new Error('boom');
      },
    });
    assert.deepEqual(await take(ivrContact('a1')), [500, '{"error":"Internal Server Error"}']);
    assert.ok(api.logged.some(({ text }) => text === 'request failed'));
  });

  it('E24: a campaign comes into being with its first contact, once, and is written into the audit', async () => {
    await Promise.all([take(ivrContact('a1')), take(ivrContact('a2')), take(ivrContact('a3'))]);
    const [campaign, ...others] = await api.store.campaigns();
    assert.deepEqual([campaign?.id, campaign?.isImplicit, campaign?.state, others.length], ['c1', true, 'running', 0]);
    const rows = await api.store.audit({ object: 'campaign c1', after: 0, limit: 10 });
    assert.deepEqual(
      rows.map(({ action, actor }) => [action, actor]),
      [['create', 'user:operator']],
    );
    assert.ok(api.asked.includes('reload'));
  });

  it('A13: contacts that come after a stop do not make the campaign run again', async () => {
    await take(ivrContact('a1'));
    await api.post('/campaigns/c1/stop', undefined, 'operator');
    assert.equal((await take(ivrContact('a2')))[0], 201);
    assert.equal((await api.store.campaign('c1'))?.state, 'stopped');
  });

  it('E5: without a voice connector contacts of both types in one campaign would be called in the wrong way: refused', async () => {
    assert.deepEqual(await take(ivrContact('a1', { campaign_id: 'x' })), [201, '{"id":"a1"}']);
    const [status, text] = await take(agentContact('a2', { campaign_id: 'x' }));
    const error = '[campaign_type] is not that of the first contact of campaign x';
    assert.deepEqual([status, JSON.parse(text)], [400, { id: 'a2', code: 'TDM_BAD_REQUEST', error }]);
  });

  it('B11: a standby takes contacts in', async () => {
    api.says.isOwner = false;
    assert.deepEqual(await take(ivrContact('a1')), [201, '{"id":"a1"}']);
    assert.ok(await api.store.contact('a1'));
  });

  it('numbers in national form are read by the country of the campaign', async () => {
    await api.campaign('c1', { country: 'DE' });
    assert.equal((await take(ivrContact('a1', { customer_number: '015112345678' })))[0], 201);
    assert.equal((await api.store.contact('a1'))?.numberKey, '4915112345678');
  });

  it('a campaign with rules of its own gives what a contact leaves out', async () => {
    await api.campaign('c1');
    const short = { id: 'a1', customer_number: '+4930123', campaign_type: 'AGENT', campaign_id: 'c1' };
    assert.deepEqual(await take(short), [201, '{"id":"a1"}']);
  });
});

describe('campaign control of the reference', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
    await api.post('/contacts', [ivrContact('a1'), ivrContact('a2'), ivrContact('b1', { campaign_id: 'c2' })]);
  });
  afterEach(() => api.close());

  const act = async (path: string, who = 'operator') => {
    const { status, text } = await api.post(path, undefined, who);
    return [status, text] as const;
  };
  const statuses = async (): Promise<string> =>
    (await api.store.contacts({ after: 0, limit: 10 }))
      .map(({ id, status }) => `${id} ${status}`)
      .sort()
      .join(', ');

  it('E66: stop makes its pending contacts stopped, those of others stay; E65: start makes them pending', async () => {
    assert.deepEqual(await act('/campaigns/c1/stop'), [200, '{"campaignId":"c1","action":"stop","contacts":2}']);
    assert.equal(await statuses(), 'a1 stopped, a2 stopped, b1 pending');
    assert.deepEqual(await act('/campaigns/c1/stop'), [200, '{"campaignId":"c1","action":"stop","contacts":0}']);
    assert.deepEqual(await act('/campaigns/c1/start'), [200, '{"campaignId":"c1","action":"start","contacts":2}']);
    assert.equal(await statuses(), 'a1 pending, a2 pending, b1 pending');
    assert.deepEqual(await act('/campaigns/c1/start'), [200, '{"campaignId":"c1","action":"start","contacts":0}']);
  });

  it('E67: purge removes its pending contacts', async () => {
    assert.deepEqual(await act('/campaigns/c1/purge'), [200, '{"campaignId":"c1","action":"purge","contacts":2}']);
    assert.equal(await statuses(), 'b1 pending');
  });

  it('E67: a purge leaves stopped contacts', async () => {
    await act('/campaigns/c1/stop');
    assert.deepEqual(await act('/campaigns/c1/purge'), [200, '{"campaignId":"c1","action":"purge","contacts":0}']);
    assert.equal(await statuses(), 'a1 stopped, a2 stopped, b1 pending');
  });

  it('B10: each is written into the audit with who did it', async () => {
    for (const action of ['stop', 'start', 'purge']) await act(`/campaigns/c1/${action}`);
    const rows = await api.store.audit({ object: 'campaign c1', after: 0, limit: 10 });
    assert.deepEqual(
      rows.slice(1).map(({ action, actor, after }) => [action, actor, after]),
      [
        ['stop', 'user:operator', '{"state":"stopped","contacts":2}'],
        ['start', 'user:operator', '{"state":"running","contacts":2}'],
        ['purge', 'user:operator', '{"contacts":2}'],
      ],
    );
    assert.equal(await api.store.verifyAudit(), undefined);
  });

  for (const action of ['start', 'stop', 'purge']) {
    it(`E75: ${action} of a campaign without contacts: Not Found`, async () => {
      assert.deepEqual(await act(`/campaigns/none/${action}`), [404, '{"error":"Not Found"}']);
      assert.deepEqual(await act(`/campaigns/${encodeURIComponent("x' OR '1'='1")}/${action}`), [404, '{"error":"Not Found"}']);
    });

    it(`E74: ${action} while the database is down: Service Unavailable`, async () => {
      api.database.isDown = true;
      assert.deepEqual(await act(`/campaigns/c1/${action}`), [503, '{"error":"Service Unavailable"}']);
      api.database.isDown = false;
      assert.equal(await statuses(), 'a1 pending, a2 pending, b1 pending');
    });
  }

  it('E75: a campaign with rules but no contacts is not found here, and its state stays', async () => {
    await api.campaign('empty');
    assert.deepEqual(await act('/campaigns/empty/start'), [404, '{"error":"Not Found"}']);
    assert.equal((await api.store.campaign('empty'))?.state, 'draft');
  });

  it('A13: without stickyStop the state of the campaign is left alone, so that later contacts are dialled', async () => {
    await api.campaign('c3', { sticky_stop: false });
    await api.post('/dialer/campaigns/c3/start');
    await api.post('/contacts', ivrContact('d1', { campaign_id: 'c3' }));
    await act('/campaigns/c3/stop');
    assert.equal((await api.store.campaign('c3'))?.state, 'running');
    assert.equal((await api.store.contact('d1'))?.status, 'stopped');
  });

  it('A18: a campaign that its switch cannot serve is not started: 409 with the reason', async () => {
    await api.campaign('c3');
    await api.post('/contacts', ivrContact('d1', { campaign_id: 'c3' }));
    api.start.problems = [{ field: 'ivr', message: 'extension 9664 is not in the dialplan' }];
    const [status, text] = await act('/campaigns/c3/start');
    assert.equal(status, 409);
    assert.match(text, /ivr: extension 9664 is not in the dialplan/);
    assert.equal((await api.store.campaign('c3'))?.state, 'draft');
  });
});

describe('GET /status', () => {
  let api: DialerApi;
  before(async () => {
    api = await startDialerApi();
  });
  after(() => api.close());

  const told =
    '{"maxConcurrentCalls":120,"activeCalls":37,"dialed":31,"agentPending":6,"freeSlots":83,' +
    '"database":"up","switches":[{"name":"fs1","state":"up"}],"voiceConnector":"up"}';

  it('E68: MAX_CONCURRENT_CALLS and the active calls, to the letter', async () => {
    const { status, text } = await api.get('/status', 'reader');
    assert.deepEqual([status, text], [200, told]);
  });

  it('A14: with the database down 503, the rest from memory', async () => {
    api.says.status = { ...api.says.status, database: 'down' };
    const { status, text } = await api.get('/status', 'reader');
    assert.deepEqual([status, text], [503, told.replace('"database":"up"', '"database":"down"')]);
  });
});

describe('POST /agent-details', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
  });
  afterEach(() => api.close());

  const reserved = { uuid: 'a1', status: 'AGENT_RESERVED', agentExtension: '1004', agentId: 'ag-1', queueName: 'sales' };
  const say = async (body: unknown, who = 'operator') => {
    const { status, text } = await api.post('/agent-details', body, who);
    return [status, text] as const;
  };

  it('A17.2: an agent is reserved, or none is there: 200, and the dialer hears it', async () => {
    assert.deepEqual(await say(reserved), [200, '{"uuid":"a1"}']);
    assert.deepEqual(await say({ uuid: 'a1', status: 'NO_AGENT_AVAILABLE' }), [200, '{"uuid":"a1"}']);
    assert.deepEqual(api.asked, [
      'agent-details {"callId":"a1","isReserved":true,"agentExtension":"1004","agentId":"ag-1","queueName":"sales"}',
      'agent-details {"callId":"a1","isReserved":false,"agentExtension":"","agentId":"","queueName":""}',
    ]);
  });

  it('A17.2: [uuid] not found, [agentExtension] not found', async () => {
    for (const uuid of [undefined, null, '']) assert.deepEqual(await say({ ...reserved, uuid }), [400, '{"error":"[uuid] not found"}']);
    assert.deepEqual(await say({}), [400, '{"error":"[uuid] not found"}']);
    assert.deepEqual(await say([]), [400, '{"error":"[uuid] not found"}']);
    for (const agentExtension of [undefined, null, ''])
      assert.deepEqual(await say({ ...reserved, agentExtension }), [400, '{"error":"[agentExtension] not found"}']);
    assert.deepEqual(await say({ uuid: 'a1' }), [400, '{"error":"[status] not found"}']);
    assert.deepEqual(api.asked, []);
  });

  it('A10: what could break out of a dial string is refused', async () => {
    for (const [field, value] of [
      ['agentExtension', "1004}sofia/gateway/x/1'"],
      ['agentExtension', '1004\nbgapi'],
      ['agentExtension', { $gt: '' }],
      ['uuid', 'a,b'],
      ['status', 'RESERVED'],
    ] as const)
      assert.deepEqual(await say({ ...reserved, [field]: value }), [400, `{"error":"[${field}] is not valid"}`]);
    assert.deepEqual(api.asked, []);
  });

  it('A17.2: ids as numbers are taken; a queue name that no dial string can have is left out, and the agent is not lost for it', async () => {
    const odd = { ...reserved, uuid: 77, agentExtension: 1004, agentId: 'Müller, {A}', queueName: "Sales'} & more" };
    assert.deepEqual(await say(odd), [200, '{"uuid":"77"}']);
    const [asked = ''] = api.asked;
    assert.deepEqual(JSON.parse(asked.replace('agent-details ', '')), {
      ...{ callId: '77', isReserved: true, agentExtension: '1004', agentId: 'Müller, {A}', queueName: '' },
    });
  });

  for (const [status, error] of [
    [404, 'Not Found'],
    [409, 'Conflict'],
    [500, 'Internal Server Error'],
    [503, 'Service Unavailable'],
  ] as const)
    it(`A17.2${status === 503 ? ', E76' : status === 500 ? ', E77' : ''}: ${String(status)} ${error}`, async () => {
      api.says.details = status;
      assert.deepEqual(await say(reserved), [status, `{"error":"${error}"}`]);
    });

  it('E77: an unexpected error is 500 and logged', async () => {
    api.says.details = new Error('switch down');
    assert.deepEqual(await say(reserved), [500, '{"error":"Internal Server Error"}']);
    assert.equal(api.logged.length, 1);
  });

  it('E76: on a standby 503, so that the connector says it to another', async () => {
    api.says.isOwner = false;
    assert.deepEqual(await say(reserved), [503, '{"error":"Service Unavailable"}']);
    assert.deepEqual(api.asked, []);
  });
});
