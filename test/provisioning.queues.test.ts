/** Queues, agents, tiers and callers in a provisioning file: what may stand there, and what comes of it. */
import assert from 'node:assert/strict';
import { queueConfigOf, agentConfigOf, settingsOf } from '../core/acd/config-of.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../core/acd/config.js';
import { agentId, queueId } from '../core/acd/ids.js';
import { agentDefinition, queueDefinition, queueSettingsSchema } from '../core/acd/schema.js';
import { strategies } from '../core/acd/words.js';
import { applyYaml, type ApplyOptions } from '../sidecar/provision.js';
import { parseYaml } from '../sidecar/yaml-file.js';
import { memoryProvisioning, type MemoryProvisioning } from './support/memory-provisioning.js';

const everyQueueKey = `
  - id: support@default
    name: Customer support
    strategy: Round-Robin
    priority: 10
    dialer_turn: First
    time_base_score: SYSTEM
    base_score_s: 30
    music: local_stream://moh
    welcome: welcome
    agent_announcements: [this-is-support]
    announce: { sound: please-hold, every_s: 45, position: true, ewt: true, first_s: 20, position_every_s: 60, position_max: 20 }
    record_template: '/rec/\${uuid}.wav'
    caller_id_prefix: "VIP "
    tier_rules_apply: true
    tier_rule_wait_s: 300
    tier_rule_wait_multiply_level: true
    tier_rule_no_agent_no_wait: false
    discard_abandoned_after_s: 14400
    abandoned_resume_allowed: true
    max_wait_s: 600
    max_wait_no_agent_s: 120
    max_wait_no_agent_grace_s: 7
    ring_progressively_delay_s: 4.5
    ring_agents_max: 8
    ring_s: 20
    agent_no_answer_status: logged out
    skip_agents_with_external_calls: false
    new_login_first: true
    max_wrap_up_s: 15
    members_max: 500
    join_when: Available
    leave_when: logged-in
    dissuading: { message: sorry, hang_up: true, on_hold_s: 90, ewt_s: 300, queue_size: 40, counts: system }
    ewt_method: opensips
    ewt_initial_s: 180
    exit_keys: "09"
    callback: { key: "1", offer: press-1, attempts_max: 2, retry_s: 60, ring_s: 25, confirm_key: "", confirm_prompt: hello, expire_s: 3600 }
    message_expire_s: 7200
    overflow:
      - { on: Timeout, to: { queue: SALES, keep_waiting: false } }
      - { on: waited, after_s: 120, to: { extension: 800 } }
      - { on: full, to: dialplan }
    hours: { zone: Europe/Berlin, week: { mon: 09:00-17:00 }, holidays: { 2026-12-25: closed } }
    sticky: { window_s: 86400, wait_s: 30 }
    skills:
      - english
      - { skill: Sales, level: 5, required: false, relax: [{ after_s: 30, level: 2 }, { after_s: 60, level: 0 }] }
    served_by_skill: true
    reserve_rare_skills: true
    chat_policy: full-load
    confirm_key: "5"
    confirm_s: 8
    hang_up_after_talk: false
    language: de
    service_level: { within_s: 30, percent: 90, short_abandon_s: 2.5 }
    tiers: [{ agent: anna, level: 2, position: 3 }]
  - id: sales
    tiers: []
`;

const agents = `
agents:
  - id: anna
    name: Anna
    type: Callback
    contact: PJSIP/1001
    contact_freeswitch: '[leg_timeout=10]user/1001'
    switch: west
    chat_address: sip:anna@chat.example
    chats_max: 6
    ring_s: 15
    wrap_up_s: 10
    no_answer: { delay_s: 5, max: 3, status: on break }
    rejected: { delay_s: 6 }
    busy: { delay_s: 7, max: 2 }
    not_registered: { delay_s: 8 }
    skills: { English: 8, sales: 3 }
    device: PJSIP/1001
    status: available
    pin: "1234"
`;

describe('provisioning of queues', () => {
  let store: MemoryProvisioning;
  let options: ApplyOptions;
  beforeEach(() => {
    store = memoryProvisioning();
    let salt = 0;
    options = {
      store,
      hasher: {
        hash: (pass) => Promise.resolve(`h${String(++salt)}:${pass}`),
        verify: (pass, hash) => Promise.resolve(hash.endsWith(`:${pass}`)),
      },
      nowMs: Date.UTC(2026, 10, 21, 12),
      zone: 'UTC',
      dryRun: false,
      allowDefaultSecrets: false,
      env: { ANNA_PIN: '4711' },
    };
  });
  const apply = (text: string) => applyYaml(parseYaml(text, 'site.yaml'), options);
  const refusal = async (text: string): Promise<string> => {
    try {
      await apply(text);
    } catch (e) {
      assert.deepEqual(store.written, [], 'something was changed');
      return (e as Error).message;
    }
    return assert.fail('was not refused');
  };
  const stored = (table: 'tandem_queues' | 'tandem_agents', i = 0): unknown => JSON.parse(String(store.tables[table]?.[i]?.['definition']));

  it('F24 to F43, O18 to O33: every option of a queue reaches the engine, seconds as ms, words in one spelling', async () => {
    await apply(`queues:${everyQueueKey}${agents}`);
    const config = queueConfigOf('support@default', queueDefinition.parse(stored('tandem_queues')));
    assert.deepEqual(config, {
      id: 'support@default',
      name: 'Customer support',
      strategy: 'round-robin',
      priority: 10,
      dialerTurn: 'first',
      timeBaseScore: 'system',
      baseScoreS: 30,
      music: 'local_stream://moh',
      welcome: 'welcome',
      agentAnnouncements: ['this-is-support'],
      announce: {
        sound: 'please-hold',
        everyMs: 45_000,
        position: true,
        ewt: true,
        firstMs: 20_000,
        positionEveryMs: 60_000,
        positionMax: 20,
      },
      recordTemplate: '/rec/${uuid}.wav',
      callerIdPrefix: 'VIP ',
      tierRulesApply: true,
      tierRuleWaitMs: 300_000,
      tierRuleWaitMultiplyLevel: true,
      tierRuleNoAgentNoWait: false,
      discardAbandonedAfterMs: 14_400_000,
      abandonedResumeAllowed: true,
      maxWaitMs: 600_000,
      maxWaitNoAgentMs: 120_000,
      maxWaitNoAgentGraceMs: 7_000,
      ringProgressivelyDelayMs: 4_500,
      ringAgentsMax: 8,
      ringMs: 20_000,
      agentNoAnswerStatus: 'Logged Out',
      skipAgentsWithExternalCalls: false,
      newLoginFirst: true,
      maxWrapUpMs: 15_000,
      membersMax: 500,
      joinWhen: 'available',
      leaveWhen: 'logged-in',
      dissuading: { message: 'sorry', isFinal: true, onHoldMsMax: 90_000, ewtMsMax: 300_000, queueSizeMin: 40, countsSystem: true },
      ewtMethod: 'opensips',
      ewtInitialMs: 180_000,
      exitKeys: '09',
      callback: {
        key: '1',
        offer: 'press-1',
        attemptsMax: 2,
        retryMs: 60_000,
        ringMs: 25_000,
        confirmKey: '',
        confirmPrompt: 'hello',
        expireMs: 3_600_000,
      },
      messageExpireMs: 7_200_000,
      overflow: [
        { on: 'timeout', thresholdMs: 0, to: { kind: 'queue', queue: 'SALES', keepWaiting: false } },
        { on: 'waited', thresholdMs: 120_000, to: { kind: 'extension', context: 'default', extension: '800' } },
        { on: 'full', thresholdMs: 0, to: { kind: 'dialplan' } },
      ],
      hours: {
        zone: 'Europe/Berlin',
        week: [[], [{ from: 540, to: 1020 }], [], [], [], [], []],
        holidays: { '2026-12-25': [] },
      },
      zone: 'Europe/Berlin',
      sticky: { windowMs: 86_400_000, waitMs: 30_000 },
      skills: [
        { skill: 'english', levelMin: 1, isRequired: true, relax: [] },
        {
          skill: 'sales',
          levelMin: 5,
          isRequired: false,
          relax: [
            { afterMs: 30_000, levelMin: 2 },
            { afterMs: 60_000, levelMin: 0 },
          ],
        },
      ],
      servedBySkill: true,
      serviceLevel: { withinMs: 30_000, percent: 90, shortAbandonMs: 2_500 },
      reserveRareSkills: true,
      chatPolicy: 'full-load',
      confirmKey: '5',
      confirmMs: 8_000,
      hangUpAfterTalk: false,
      language: 'de',
    });
    const untouched = Object.entries(queueDefaults(queueId('support@default'))).filter(([key, value]) => config[key as 'name'] === value);
    assert.deepEqual(
      untouched.map(([key]) => key),
      ['id'],
      'each key of the test differs from its default',
    );
  });

  it('F12 to F23, O34 to O45: every option of an agent reaches the engine', async () => {
    await apply(agents);
    const row = store.tables.tandem_agents?.[0];
    assert.equal(row?.['pin_hash'], 'h1:1234');
    assert.doesNotMatch(String(row['definition']), /1234|pin/);
    const config = agentConfigOf('anna', agentDefinition.parse(stored('tandem_agents')), 'h1:1234');
    assert.deepEqual(config, {
      id: 'anna',
      name: 'Anna',
      type: 'callback',
      contact: 'PJSIP/1001',
      contactFreeswitch: '[leg_timeout=10]user/1001',
      switch: 'west',
      chatAddress: 'sip:anna@chat.example',
      chatsMax: 6,
      ringMs: 15_000,
      wrapUpMs: 10_000,
      noAnswer: { delayMs: 5_000, countMax: 3, status: 'On Break' },
      rejected: { delayMs: 6_000, countMax: 0, status: undefined },
      busy: { delayMs: 7_000, countMax: 2, status: undefined },
      notRegistered: { delayMs: 8_000, countMax: 0, status: undefined },
      skills: new Map([
        ['english', 8],
        ['sales', 3],
      ]),
      device: 'PJSIP/1001',
      initialStatus: 'Available',
      pin: 'h1:1234',
    });
  });

  it('O51: settings of the whole engine are set one by one; the others keep their default', () => {
    assert.deepEqual(settingsOf({}), acdSettingsDefaults);
    const all = {
      wrap_up_s: 30,
      wrap_up_max_s: 60,
      ring_s: 20,
      retry_pause_s: 2,
      priority_step_s: 0,
      attach_grace_s: 10,
      connect_max_s: 5,
      talk_check_s: 30,
      members_max: 10,
      decisions_kept: 5,
      explained_agents_max: 3,
      pause_reasons: 'Required',
      pause_over_limit: 'Available',
      zone: 'Europe/Berlin',
    };
    const settings = settingsOf(queueSettingsSchema.parse(all));
    for (const [key, value] of Object.entries(settings)) assert.notEqual(value, acdSettingsDefaults[key as keyof typeof settings], key);
    assert.equal(settings.wrapUpMs, 30_000);
    assert.equal(settings.wrapUpMsMax, 60_000);
    assert.equal(settings.priorityStepMs, 0);
  });

  it('what is not said are the defaults of the engine, F40: a delay of 0 stays (and acts as 10 s), O30: a ceiling of 0 is none', () => {
    assert.deepEqual(queueConfigOf('q', {}), queueDefaults(queueId('q')));
    assert.deepEqual(agentConfigOf('a', {}, undefined), agentDefaults(agentId('a')));
    const zeros = queueConfigOf('q', queueDefinition.parse({ ring_progressively_delay_s: 0, max_wrap_up_s: 0 }));
    assert.equal(zeros.ringProgressivelyDelayMs, 0);
    assert.equal(zeros.maxWrapUpMs, undefined);
  });

  it('B63: applied again it changes nothing, a PIN that still fits is not hashed anew', async () => {
    const site = `queues:${everyQueueKey}${agents}\ncallers: [{ number: "+49301234", base_score_s: 600, agent: anna }]\nqueue_settings: { wrap_up_s: 5 }`;
    await apply(site);
    const again = await apply(site);
    assert.deepEqual(again.lines, []);
    assert.equal(store.written.length, 1);
    assert.deepEqual(store.tables.tandem_callers, [{ number: '+49301234', blocked: 0, base_score_s: 600, agent_id: 'anna' }]);
    assert.deepEqual(store.tables.tandem_queue_settings, [{ name: 'wrap_up_s', value: '5' }]);
  });

  it('a PIN may be a reference, stays when the file says nothing, and goes with ""', async () => {
    await apply('agents: [{ id: anna, contact: PJSIP/1, pin: "env:ANNA_PIN" }]');
    const pin = () => store.tables.tandem_agents?.[0]?.['pin_hash'];
    assert.equal(pin(), 'h1:4711');
    const changed = await apply('agents: [{ id: anna, contact: PJSIP/2 }]');
    assert.equal(pin(), 'h1:4711');
    assert.doesNotMatch(changed.lines.join('\n'), /4711/);
    await apply('agents: [{ id: anna, contact: PJSIP/2, pin: "" }]');
    assert.equal(pin(), null);
    assert.match(await refusal2(apply, 'agents: [{ id: anna, pin: "env:NOBODY" }]'), /agents\.0\.pin: "env:NOBODY" cannot be resolved/);
    assert.match(await refusal2(apply, 'agents: [{ id: anna, pin: "12" }]'), /3 to 12 digits/);
  });

  describe('tiers', () => {
    const two = `agents: [{ id: anna, contact: PJSIP/1 }, { id: bert, contact: PJSIP/2 }]\n`;
    const pairs = () =>
      (store.tables.tandem_tiers ?? []).map(
        (row) => `${String(row['queue_id'])} ${String(row['agent_id'])} ${String(row['level'])} ${String(row['position'])}`,
      );

    it('F56: level and position are 1 when not said, F57: one agent in several queues', async () => {
      await apply(
        `${two}queues: [{ id: a }, { id: b }]\ntiers: [{ queue: a, agent: anna }, { queue: b, agent: anna, level: 0, position: 7 }]`,
      );
      assert.deepEqual(pairs(), ['a anna 1 1', 'b anna 0 7']);
    });

    it('a queue that lists its tiers has these and no others; one that does not keeps them', async () => {
      await apply(`${two}queues: [{ id: a, tiers: [{ agent: anna }, { agent: bert }] }]`);
      await apply('queues: [{ id: a, strategy: ring-all }]');
      assert.deepEqual(pairs(), ['a anna 1 1', 'a bert 1 1']);
      await apply('queues: [{ id: A, tiers: [{ agent: BERT, level: 3 }] }]');
      assert.deepEqual(pairs(), ['a bert 3 1'], 'names in any letter case are the same row');
      await apply('queues: [{ id: Mixed, tiers: [{ agent: anna }] }]');
      await apply('queues: [{ id: mixed, tiers: [{ agent: bert }] }]');
      assert.deepEqual(pairs(), ['a bert 3 1', 'mixed bert 1 1']);
    });

    it('a removed queue or agent takes its tiers along; a tier goes by itself', async () => {
      await apply(
        `${two}queues: [{ id: a, tiers: [{ agent: anna }, { agent: bert }] }, { id: b, tiers: [{ agent: anna }, { agent: bert }] }]`,
      );
      await apply('remove: { queues: [B], agents: [bert] }');
      assert.deepEqual(pairs(), ['a anna 1 1']);
      assert.deepEqual(
        store.tables.tandem_queues?.map((row) => row['queue_id']),
        ['a'],
      );
      await apply('remove: { tiers: [{ queue: A, agent: Anna }], callers: ["1"], queue_settings: [ring_s] }');
      assert.deepEqual(pairs(), []);
    });

    it('removed settings and callers', async () => {
      await apply('queue_settings: { ring_s: 20, wrap_up_s: 3 }\ncallers: [{ number: 0049301234, blocked: true }, { number: "5551" }]');
      await apply('remove: { queue_settings: [ring_s], callers: ["5551"] }');
      assert.deepEqual(store.tables.tandem_queue_settings, [{ name: 'wrap_up_s', value: '3' }]);
      assert.equal(store.tables.tandem_callers?.length, 1);
    });
  });

  describe('refused before anything changes, with file and line', () => {
    const refused: readonly (readonly [string, string, RegExp])[] = [
      [
        'a tier of an unknown queue',
        'agents: [{ id: anna }]\ntiers: [{ queue: nowhere, agent: anna }]',
        /site\.yaml:2: tiers\.0\.queue: queue "nowhere" is unknown/,
      ],
      [
        'a tier of an unknown agent',
        'queues: [{ id: a, tiers: [{ agent: nobody }] }]',
        /queues\.0\.tiers\.0\.agent: agent "nobody" is unknown/,
      ],
      [
        'a tier twice',
        'agents: [{ id: anna }]\nqueues: [{ id: a, tiers: [{ agent: anna }] }]\ntiers: [{ queue: A, agent: ANNA }]',
        /stands here twice/,
      ],
      ['a queue twice in other letter case', 'queues: [{ id: a }, { id: A }]', /"A" stands here twice/],
      [
        'overflow to an unknown queue',
        'queues: [{ id: a, overflow: [{ on: timeout, to: { queue: b } }] }]',
        /queues\.0\.overflow\.0\.to: queue "b" is unknown/,
      ],
      [
        'overflow to itself',
        'queues: [{ id: a, overflow: [{ on: timeout, to: { queue: A } }] }]',
        /round in a circle: "A" leads back to "a"/,
      ],
      [
        'a circle of three',
        'queues:\n  - { id: a, overflow: [{ on: timeout, to: { queue: b } }] }\n  - { id: b, overflow: [{ on: full, to: { queue: c } }] }\n  - { id: c, overflow: [{ on: closed, to: { queue: a } }] }',
        /round in a circle/,
      ],
      ['an unknown agent of a caller', 'callers: [{ number: "123", agent: nobody }]', /callers\.0\.agent: agent "nobody" is unknown/],
      ['an unknown strategy', 'queues: [{ id: a, strategy: fair }]', /strategy: must be one of: longest-idle-agent, ring-all/],
      ['a status that is none', 'queues: [{ id: a, agent_no_answer_status: Unknown }]', /must be one of: Logged Out, Available/],
      ['a negative time', 'queues: [{ id: a, max_wait_s: -1 }]', /max_wait_s/],
      ['more than a day', 'queues: [{ id: a, max_wait_s: 86401 }]', /max_wait_s/],
      ['a level of skill over 10', 'agents: [{ id: a, skills: { x: 11 } }]', /agents\.0\.skills/],
      ['a skill twice', 'agents: [{ id: a, skills: { x: 1, X: 2 } }]', /stands here twice/],
      ['a name that a switch would read otherwise', `queues: [{ id: "a'b" }]`, /queues\.0\.id: only letters/],
      ['a blank in a name', 'agents: [{ id: "a b" }]', /agents\.0\.id: only letters/],
      ['a variable of the switch in a prompt', 'queues: [{ id: a, welcome: "${x}" }]', /welcome: it has a variable/],
      ['a line feed in a contact', 'agents: [{ id: a, contact: "PJSIP/1\\nX: 1" }]', /contact: has a control character/],
      ['an exit key that is the callback key', 'queues: [{ id: a, exit_keys: "12", callback: { key: "1" } }]', /"1" is an exit key too/],
      ['a key twice', 'queues: [{ id: a, exit_keys: "11" }]', /must be keys/],
      [
        'a relaxation that asks for more',
        'queues: [{ id: a, skills: [{ skill: x, level: 3, relax: [{ after_s: 5, level: 4 }] }] }]',
        /must ask for less than 3/,
      ],
      [
        'relaxations out of order',
        'queues: [{ id: a, skills: [{ skill: x, level: 3, relax: [{ after_s: 5, level: 2 }, { after_s: 5, level: 1 }] }] }]',
        /after the step before/,
      ],
      ['"waited" without a time', 'queues: [{ id: a, overflow: [{ on: waited, to: dialplan }] }]', /"waited" needs after_s/],
      ['a destination that is none', 'queues: [{ id: a, overflow: [{ on: full, to: hell }] }]', /must be \{ queue: NAME \}/],
      ['a zone that is none', 'queues: [{ id: a, hours: { zone: Mars/Base } }]', /hours\.zone: no time zone/],
      ['a wrap-up over its cap', 'queue_settings: { wrap_up_s: 90, wrap_up_max_s: 60 }', /is more than wrap_up_max_s/],
      ['an unknown key', 'queues: [{ id: a, strategie: ring-all }]', /strategie: no such key/],
      ['a number with letters', 'callers: [{ number: "12a" }]', /2 to 20 digits/],
    ];
    for (const [what, text, says] of refused)
      it(what, async () => {
        assert.match(await refusal(text), says);
      });

    it('a queue that another one overflows to cannot be removed', async () => {
      await apply('queues: [{ id: a, overflow: [{ on: timeout, to: { queue: b } }] }, { id: b }]');
      await assert.rejects(apply('remove: { queues: [b] }'), /remove\.queues\.0: queue "a" overflows to it/);
      assert.equal(store.written.length, 1);
    });

    it('a circle that a stored queue closes', async () => {
      await apply('queues: [{ id: a, overflow: [{ on: timeout, to: { queue: b } }] }, { id: b }]');
      await assert.rejects(apply('queues: [{ id: b, overflow: [{ on: full, to: { queue: a } }] }]'), /round in a circle/);
    });
  });

  describe('warnings', () => {
    it('O19, O20: a skill that nobody has, or not at that level', async () => {
      const { warnings } = await apply(
        'agents: [{ id: a, contact: PJSIP/1, skills: [English] }]\nqueues:\n  - { id: q, served_by_skill: true, skills: [english, klingon, { skill: english, level: 4, required: false }] }',
      );
      assert.deepEqual(warnings, [
        'queue "q" wants skill "klingon", which no agent has',
        'queue "q" prefers skill "english" of level 4, which no agent has',
      ]);
    });

    it('B31: a queue without agents, an agent without contact, thresholds without a message', async () => {
      const { warnings } = await apply(
        'agents: [{ id: a }, { id: s, type: uuid-standby }]\nqueues: [{ id: q, dissuading: { queue_size: 3 } }]',
      );
      assert.deepEqual(warnings, [
        'queue "q" has no agents: no tier, and it is not served by skill',
        'agent "a" has neither contact nor chat address: he is called only where he logs in from',
        'queue "q" has a dissuading threshold and no dissuading message, so it does nothing',
      ]);
    });

    it('a file about other things has none; many are cut', async () => {
      await apply('queues: [{ id: q }]');
      assert.deepEqual((await apply('lists: [{ list_id: 1, campaign_id: C }]')).warnings, []);
      const many = Array.from({ length: 80 }, (_, i) => `{ id: q${String(i)} }`).join(', ');
      const { warnings } = await apply(`queues: [${many}]`);
      assert.equal(warnings.length, 51);
      assert.equal(warnings.at(-1), 'and 31 more');
    });
  });

  it('F24: every strategy of the engine can be provisioned, in any letter case', () => {
    for (const strategy of strategies) assert.equal(queueDefinition.parse({ strategy: strategy.toUpperCase() }).strategy, strategy);
  });
});

async function refusal2(apply: (text: string) => Promise<unknown>, text: string): Promise<string> {
  try {
    await apply(text);
  } catch (e) {
    return (e as Error).message;
  }
  return 'was not refused';
}
