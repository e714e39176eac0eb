/*
 * The dialplan samples, read as text: the patterns that keep a caller safe when Tandem is not there
 * (asterisk-behaviour 2, esl-outbound 3) stand around every door. That they work was tried on real
 * switches; this test keeps them from being edited away.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { elements, readXml, type XmlElement } from './support/xml-check.js';

const read = (folder: string) => {
  const base = new URL(`../dialplan/${folder}/`, import.meta.url);
  return readdirSync(base).map((name) => ({ name, text: readFileSync(new URL(name, base), 'utf8') }));
};
const asterisk = read('asterisk');
const freeswitch = read('freeswitch').map((file) => ({ ...file, root: readXml(file.text) }));

// ------------------------------------------------------------------ Asterisk

interface Step {
  readonly label: string;
  readonly text: string;
}

/** context -> extension -> steps in order */
type Dialplan = Map<string, Map<string, Step[]>>;

function readDialplan(text: string): Dialplan {
  const plan: Dialplan = new Map();
  let extensions = new Map<string, Step[]>();
  let steps: Step[] = [];
  for (const line of text.split('\n').map((raw) => raw.replace(/(^|\s);.*/, '').trim())) {
    const context = /^\[([^\]]+)\](?:\(\+\))?$/.exec(line);
    const first = /^exten\s*=>\s*([^,]+),1,(.*)$/.exec(line);
    const next = /^same\s*=>\s*n(?:\(([^)]+)\))?,(.*)$/.exec(line);
    if (context) plan.set(context[1] ?? '', (extensions = new Map<string, Step[]>()));
    else if (first) extensions.set(first[1] ?? '', (steps = [{ label: '', text: first[2] ?? '' }]));
    else if (/^exten\s*=>\s*[^,]+,hint,Custom:tandem-/.test(line)) continue;
    else if (next) steps.push({ label: next[1] ?? '', text: next[2] ?? '' });
    else assert.ok(line === '' || /^[A-Z_0-9]+ = \S/.test(line), `cannot read "${line}"`);
  }
  return plan;
}

const plans = asterisk.filter(({ name }) => !/iax|pjsip/.test(name)).map(({ name, text }) => ({ name, text, plan: readDialplan(text) }));
const all: Dialplan = new Map(plans.flatMap(({ plan }) => [...plan]));

/** Every AGI line with the steps before and behind it, and its context. */
const doors = [...all].flatMap(([context, extensions]) =>
  [...extensions].flatMap(([extension, steps]) =>
    steps.flatMap((step, at) =>
      step.text.startsWith('AGI(')
        ? [{ where: `${context},${extension}`, context, at: step, before: steps.slice(0, at), after: steps.slice(at + 1) }]
        : [],
    ),
  ),
);
const has = (steps: readonly Step[], pattern: RegExp) => steps.some((step) => pattern.test(step.text));

describe('dialplan samples: Asterisk', () => {
  it('TRK-1: every file begins with a comment that says how to try it', () => {
    assert.ok(asterisk.length >= 6);
    for (const { name, text } of asterisk) {
      const head = /^(?:;.*\n|\n)+/.exec(text)?.[0] ?? '';
      assert.match(head, /Try it:/, name);
    }
  });

  it('design 4: every door has a guard, a cleared result, and branches on that result alone', () => {
    assert.ok(doors.length >= 2);
    for (const { where, before, after } of doors) {
      assert.ok(has(before, /^Set\(AGIEXITONHANGUP=yes\)$/), `${where}: AGIEXITONHANGUP`);
      assert.ok(has(before, /^Set\(TANDEM_RESULT=\)$/), `${where}: cleared before`);
      assert.ok(has(before, /^Set\(TIMEOUT\(absolute\)=\$\{/), `${where}: guard`);
      assert.match(after[0]?.text ?? '', /^Set\(TIMEOUT\(absolute\)=0\)$/, `${where}: guard off behind it`);
      assert.match(after[1]?.text ?? '', /^GotoIf\(\$\["\$\{TANDEM_RESULT\}"/, `${where}: branch behind it`);
    }
  });

  it('design 4: the result is cleared again on each try, and the second Tandem is asked', () => {
    for (const { where, at, before, after } of doors) {
      assert.match(at.text, /^AGI\(agi:\/\/\$\{TANDEM_AGI_\$\{TANDEM_TRY\}\}\//, where);
      const again = before.findIndex((step) => step.label === 'again');
      assert.ok(again >= 0 && has(before.slice(again), /^Set\(TANDEM_RESULT=\)$/), `${where}: cleared between tries`);
      assert.ok(has(after, /^GotoIf\(\$\[\$\{TANDEM_TRY\} < 2\]\?again\)$/), `${where}: second try`);
    }
  });

  it('design 4: every door has the branch for "Tandem unreachable", which needs no Tandem', () => {
    for (const { where, after } of doors)
      assert.ok(
        after.some((step) => step.label === 'unreachable'),
        where,
      );
    for (const [context, extensions] of all) {
      for (const [extension, steps] of extensions) {
        const call = steps.findIndex((step) => step.text.startsWith('Gosub(tandem-door,'));
        if (call < 0) continue;
        assert.match(steps[call + 1]?.text ?? '', /^GotoIf\(\$\["\$\{TANDEM_RESULT\}" = ""\]\?.*unreachable/, `${context},${extension}`);
      }
    }
    const fallback = all.get('tandem-unreachable')?.get('s') ?? [];
    assert.ok(has(fallback, /^Queue\(/));
    assert.ok(!has(fallback, /AGI\(|Gosub/));
  });

  it('asterisk-behaviour 2: every context with a door has an extension T that switches the limit off', () => {
    for (const { where, context } of doors) {
      assert.match(all.get(context)?.get('T')?.[0]?.text ?? '', /^Set\(TIMEOUT\(absolute\)=0\)$/, where);
    }
  });

  it('V24 V26 V27 V28: the menu has the options A, B, C, D, t and i; its exits switch the guard off', () => {
    const menu = all.get('ccc_menu');
    for (const option of ['A', 'B', 'C', 'D', 't', 'i']) assert.ok(menu?.has(option), option);
    for (const exit of ['A', 'B', 'C', 'D']) assert.match(menu?.get(exit)?.[0]?.text ?? '', /^Set\(TIMEOUT\(absolute\)=0\)$/);
  });

  it('AGI-1 Q-2: both names of the lookup, menu, queue_entry and caller_code are there', () => {
    const text = plans.map((file) => file.text).join('');
    for (const name of [
      '/cm_sc_ccc_lookup_insert.agi,',
      'TANDEM_APP=ccc_lookup_insert',
      'TANDEM_APP=menu)',
      'TANDEM_APP=queue_entry)',
      'TANDEM_APP=queue_message)',
      'TANDEM_APP=caller_code)',
      'TANDEM_APP=agent)',
    ]) {
      assert.ok(text.includes(name), name);
    }
  });

  it('asterisk-behaviour 2: AGISTATUS decides nothing', () => {
    for (const steps of [...all.values()].flatMap((extensions) => [...extensions.values()])) assert.ok(!has(steps, /AGISTATUS/));
  });

  it('B44: an answered call of a campaign is never left in silence: nobody there, or dead in the message, and the dialplan plays its own', () => {
    const door = all.get('tandem-dialer-door')?.get('s') ?? [];
    const at = (pattern: RegExp) => door.findIndex(({ text }) => pattern.test(text));
    assert.ok(has(door, /^Set\(TIMEOUT\(absolute\)=\$\{TANDEM_DIALER_GUARD_S\}\)$/));
    assert.ok(has(door, /^GotoIf\(\$\["\$\{TANDEM_RESULT\}" = "playing"\]\?unreachable\)$/));
    const message = at(/^Playback\(\$\{TANDEM_SAFE_HARBOUR\}\)$/);
    assert.ok(message > at(/^AGI\(/) && door[message + 1]?.text === 'Hangup()');
    // the limit of a message that we play is its end, not a reason to play it again
    assert.match(all.get('tandem-dialer-door')?.get('T')?.[1]?.text ?? '', /"playing"\]\?s,over\)$/);
    for (const context of ['tandem-dialer-queue', 'tandem-dialer-door'])
      for (const steps of all.get(context)?.values() ?? [])
        assert.ok(!has(steps, /^(?:Answer|Wait|MusicOnHold|StartMusicOnHold)\(/), context);
  });

  it('E61: what the agent’s desktop reads goes to the agent’s leg alone', () => {
    assert.ok(has(all.get('tandem-dialer-agent-leg')?.get('s') ?? [], /PJSIP_HEADER\(add,X-Call-Id\)/));
    for (const context of ['tandem-dialer-queue', 'tandem-dialer-ivr', 'tandem-dialer-agent'])
      for (const steps of all.get(context)?.values() ?? []) assert.ok(!has(steps, /PJSIP_HEADER/), context);
  });

  it('every Goto and Gosub leads to a context, extension and label that exist', () => {
    for (const [context, extensions] of all) {
      for (const [extension, steps] of extensions) {
        for (const { text } of steps) {
          for (const place of placesOf(text)) assert.ok(exists(place, context, extension), `${context},${extension}: ${text}`);
        }
      }
    }
  });

  it('every global that is used is set in tandem-globals.conf', () => {
    const globals = plans.find(({ name }) => name === 'tandem-globals.conf')?.text ?? '';
    const set = new Set([...globals.matchAll(/^([A-Z_0-9]+) = /gm)].map((found) => found[1]));
    const written = new Set(plans.flatMap(({ text }) => [...text.matchAll(/Set\(([A-Z_0-9]+)=/g)].map((found) => found[1])));
    // by the dialplan that calls, on a leg that Tandem starts, and by Read
    const byTandem = [
      'LEAD',
      'OFFER',
      'CALLER',
      'CALLER_CHANNEL',
      'AGENT',
      'MEMBER',
      'CONFIRM_KEY',
      'CONFIRM_PROMPT',
      'KEY',
      'MESSAGE',
      'MESSAGE_NUMBER',
      'CALL_ID',
      'RECORDING',
      'AMD',
    ].map((name) => `TANDEM_${name}`);
    for (const { name, text } of plans) {
      for (const [, used = ''] of text.matchAll(/\$\{(TANDEM_[A-Z_0-9]+)\}/g)) {
        assert.ok(set.has(used) || written.has(used) || byTandem.includes(used), `${name}: ${used}`);
      }
    }
    for (const address of ['TANDEM_AGI_1', 'TANDEM_AGI_2']) assert.ok(set.has(address));
  });

  for (const kind of ['iax', 'pjsip']) {
    it(`TRK-1: the ${kind} trunk leaves the caller's name alone and lands in trunkinbound`, () => {
      const file = asterisk.find(({ name }) => name === `tandem-${kind}.conf`)?.text ?? assert.fail('file is missing');
      assert.doesNotMatch(file, /callerid\s*=|fromuser\s*=|from_user\s*=/i);
      assert.match(file, /^context = trunkinbound$/m);
      assert.doesNotMatch(file, /^secret|^password/m);
    });
  }

  it('TRK-3: the code travels in X-CCC-Code and in an IAX variable, and is read again as TANDEM_CCC_CODE', () => {
    const text = plans.find(({ name }) => name === 'tandem-trunks.conf')?.text ?? '';
    assert.match(text, /Set\(PJSIP_HEADER\(add,X-CCC-Code\)=\$\{ARG1\}\)/);
    assert.match(text, /Set\(TANDEM_CCC_CODE=\$\{FILTER\(A-Z0-9,\$\{PJSIP_HEADER\(read,X-CCC-Code\)\}\)\}\)/);
    assert.match(text, /Set\(IAXVAR\(ccc_code\)=/);
    assert.match(text, /Set\(TANDEM_CCC_CODE=\$\{FILTER\(A-Z0-9,\$\{IAXVAR\(ccc_code\)\}\)\}\)/);
  });

  it('B4: nobody dials out from the trunk’s contexts', () => {
    for (const context of ['trunkinbound', 'tandem-did']) {
      for (const steps of all.get(context)?.values() ?? []) assert.ok(!has(steps, /^Dial\(|tandem-to-cluster/), context);
    }
  });
});

/** Places named by a step: the two of a GotoIf, the one of a Goto or Gosub. Those with variables are left out. */
function placesOf(text: string): string[] {
  const branch = /^GotoIf\(.*\]\?(.*)\)$/.exec(text);
  const plain = /^(?:Goto|Gosub)\((.*)\)$/.exec(text);
  const places = branch ? (branch[1] ?? '').split(':') : plain ? [plain[1] ?? ''] : [];
  return places.filter((place) => place !== '' && !place.includes('$'));
}

function exists(place: string, context: string, extension: string): boolean {
  const parts = place.split(',');
  const priority = parts.at(-1) ?? '';
  const steps = all.get(parts.at(-3) ?? context)?.get(parts.at(-2) ?? extension);
  return steps !== undefined && (priority === '1' || steps.some((step) => step.label === priority));
}

// ------------------------------------------------------------------ FreeSWITCH

interface Action {
  readonly application: string;
  readonly data: string;
}

const actionsOf = (extension: XmlElement): Action[] =>
  elements(extension, 'action').map(({ attributes }) => ({ application: attributes['application'] ?? '', data: attributes['data'] ?? '' }));

const sockets = freeswitch.flatMap(({ name, root }) =>
  elements(root, 'extension').flatMap((extension) => {
    const actions = actionsOf(extension);
    const at = actions.findIndex((action) => action.application === 'socket');
    const where = `${name}: ${extension.attributes['name'] ?? ''}`;
    return at < 0 ? [] : [{ where, before: actions.slice(0, at), socket: actions[at], after: actions.slice(at + 1) }];
  }),
);
const includes = (actions: readonly Action[], application: string, data: RegExp) =>
  actions.some((action) => action.application === application && data.test(action.data));

describe('dialplan samples: FreeSWITCH', () => {
  it('TRK-1: every file is well-formed XML and begins with a comment that says how to try it', () => {
    assert.ok(freeswitch.length >= 5);
    for (const { name, text, root } of freeswitch) {
      assert.equal(root.name, 'include', name);
      assert.match(/^<!--([\s\S]*?)-->/.exec(text)?.[1] ?? '', /Try it:/, name);
    }
  });

  it('esl-outbound 3: every socket has a sched_transfer before it, and sched_cancel and another way after it', () => {
    assert.ok(sockets.length >= 5);
    for (const { where, before, after } of sockets) {
      assert.ok(includes(before, 'sched_transfer', /^\+\$\$\{tandem_(?:dialer_)?guard_s\} \S+ XML tandem\w*$/), `${where}: guard`);
      // A refused socket returns at once: the guard, still armed, would pull the caller out of the fallback.
      assert.equal(after[0]?.application, 'sched_cancel', where);
      assert.equal(after[1]?.application, 'transfer', where);
    }
  });

  it('esl-outbound 12: async full with the hosts of one setting, which names two', () => {
    for (const { where, socket } of sockets) assert.match(socket?.data ?? '', /^\$\$\{tandem_esl(?:_other)?\} async full$/, where);
    const vars = freeswitch.find(({ name }) => name === 'tandem_vars.xml')?.text ?? '';
    const [, first, second] = /tandem_esl=([\w.]+:\d+)\|([\w.]+:\d+)"/.exec(vars) ?? assert.fail('two hosts');
    assert.ok(vars.includes(`tandem_esl_other=${second ?? ''}|${first ?? ''}"`));
  });

  it('esl-outbound 12: result cleared, continue_on_fail and hangup_after_bridge set deliberately, application named', () => {
    for (const { where, before } of sockets) {
      for (const data of [/^TANDEM_RESULT=$/, /^continue_on_fail=true$/, /^hangup_after_bridge=/, /^tandem_app=\w+$/, /^tandem_args=./]) {
        assert.ok(includes(before, 'set', data), `${where}: ${String(data)}`);
      }
    }
  });

  it('esl-outbound 3: nothing uses park_timeout', () => {
    for (const { name, text } of freeswitch) assert.ok(!text.includes('park_timeout'), name);
  });

  it('AGI-1 AGI-11: both names of the lookup, menu, queue_entry and caller_code; the menu has A to D', () => {
    const apps = sockets.flatMap(({ before }) => before.flatMap((action) => /^tandem_app=(.*)$/.exec(action.data)?.[1] ?? []));
    assert.deepEqual([...new Set(apps)].sort(), [
      'agent',
      'caller_code',
      'ccc_lookup_insert',
      'cm_sc_ccc_lookup_insert',
      'dialer_call',
      'menu',
      'queue_entry',
      'queue_message',
      'responsible',
    ]);
    const menus = freeswitch.find(({ name }) => name === 'tandem_menus.xml')?.root ?? assert.fail('file is missing');
    const expressions = elements(menus, 'condition').map(({ attributes }) => attributes['expression']);
    for (const exit of ['^s$', '^A$', '^B$', '^C$', '^D$']) assert.ok(expressions.includes(exit), exit);
  });

  it('every transfer leads to an extension that exists', () => {
    for (const { name, root } of freeswitch) {
      for (const { application, data } of elements(root, 'extension').flatMap(actionsOf)) {
        const isAfter = application === 'set' && data.startsWith('tandem_after=');
        const place = /^(?:\+\S+ |tandem_after=)?(\S+) XML (\S+)$/.exec(data);
        if (!isAfter && (!['transfer', 'sched_transfer'].includes(application) || data === '${tandem_after}')) continue;
        assert.ok(place && reaches(place[1] ?? '', place[2] ?? ''), `${name}: ${data}`);
      }
    }
  });

  it('B5: who is not taken into a queue now is asked for at the other host and comes back after a while with music, a bounded number of times', () => {
    const tandem = freeswitch.find(({ name }) => name === 'tandem.xml')?.root ?? assert.fail('file is missing');
    const named = (wanted: string) =>
      elements(tandem, 'extension').find(({ attributes }) => attributes['name'] === wanted) ?? assert.fail(wanted);
    assert.ok(includes(actionsOf(named('tandem enter')), 'sched_transfer', / enter-other XML tandem$/));
    assert.ok(includes(actionsOf(named('tandem entered, nothing done')), 'transfer', /^enter-other XML tandem$/));
    const again = named('tandem entered, once more');
    const rounds = elements(again, 'condition').find(({ attributes }) => attributes['field'] === '${tandem_round}');
    assert.equal(rounds?.attributes['expression'], '^x{0,$${tandem_rounds}}$');
    assert.ok(includes(actionsOf(again), 'set', /^tandem_round=\$\{tandem_round\}x$/));
    assert.ok(includes(actionsOf(again), 'transfer', /^enter XML tandem$/));
  });

  it('F70: a standby agent’s channel comes back after a talk, whose called side it was', () => {
    const codes = freeswitch.find(({ name }) => name === 'tandem_feature_codes.xml')?.root ?? assert.fail('file is missing');
    assert.ok(includes(elements(codes, 'extension').flatMap(actionsOf), 'set', /^transfer_after_bridge=standby:XML:tandem_agents$/));
  });

  it('B5: messages and agents’ wishes, too, are told to the other host when the first is not the owner of the queues', () => {
    for (const [file, from, to] of [
      ['tandem_messages.xml', 'tandem message asked, nothing done', 'left-other'],
      ['tandem_feature_codes.xml', 'tandem agent asked, nothing done', 'wish-other'],
      ['tandem_feature_codes.xml', 'tandem agent after standby, other', 'standby-other'],
    ] as const) {
      const found = elements(freeswitch.find(({ name }) => name === file)?.root ?? assert.fail(file), 'extension');
      const asked = found.find(({ attributes }) => attributes['name'] === from) ?? assert.fail(from);
      assert.match(elements(asked, 'condition').at(-1)?.attributes['expression'] ?? '', /TDM_STANDBY\|TDM_STOPPING/, from);
      assert.ok(includes(actionsOf(asked), 'transfer', new RegExp(`^${to} XML tandem_`)), from);
      const other = found.find((extension) => elements(extension, 'condition')[0]?.attributes['expression'] === `^${to}$`);
      assert.ok(other && includes(actionsOf(other), 'socket', /tandem_esl_other/), to);
    }
  });

  it('B51: a message whose caller hangs up is told all the same, by a command in which nothing of the caller’s stands but digits', () => {
    const messages = freeswitch.find(({ name }) => name === 'tandem_messages.xml')?.root ?? assert.fail('file is missing');
    const leave = elements(messages, 'extension').find(({ attributes }) => attributes['name'] === 'tandem leave message');
    const actions = leave ? actionsOf(leave) : [];
    const hook = actions.findIndex(({ data }) => data.startsWith('api_hangup_hook='));
    assert.equal(actions[hook + 2]?.application, 'record');
    const used = [...(actions[hook]?.data ?? '').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name).sort();
    assert.deepEqual(used, ['record_ms', 'tandem_left', 'tandem_left_name', 'tandem_left_number']);
    assert.ok(includes(actions, 'set', /^tandem_left=\$\$\{tandem_message_dir\}\/\$\{create_uuid\(\)\}\.wav$/));
    const digits = elements(leave ?? assert.fail('leave'), 'condition').find(({ attributes }) => attributes['break'] === 'never');
    assert.equal(digits?.attributes['expression'], '^(\\+?[0-9]{1,24})$');
    assert.ok(includes(actions, 'set', /^tandem_left_number=\$1$/));
  });

  it('B4: a caller chooses the number that is called back: only what the pattern allows is dialled, on both switches', () => {
    const messages = freeswitch.find(({ name }) => name === 'tandem_messages.xml')?.root ?? assert.fail('file is missing');
    const back = elements(messages, 'extension').find(({ attributes }) => attributes['name'] === 'tandem message call back');
    const conditions = elements(back ?? assert.fail('call back'), 'condition');
    const bridge = conditions.findIndex((condition) => includes(actionsOf(condition), 'bridge', /tandem_carrier/));
    const allowed = conditions.findIndex(({ attributes }) => attributes['expression'] === '$${tandem_dial_allowed}');
    assert.ok(allowed >= 0 && allowed < bridge);
    assert.equal(conditions[allowed]?.attributes['field'], '${tandem_message_number}');
    const [only, ...others] = all.get('tandem-dial-out') ?? [];
    assert.deepEqual(others, []);
    const steps = only?.[1] ?? [];
    assert.match(steps[0]?.text ?? '', /^GotoIf\(\$\[\$\{REGEX\("\$\{TANDEM_DIAL_ALLOWED\}" \$\{EXTEN\}\)\} = 1\]\?call\)$/);
    assert.match(steps.slice(0, -2).at(-1)?.text ?? '', /^Hangup\(21\)$/, 'what is not allowed ends before the dialling');
    assert.deepEqual([steps.at(-2)?.label, steps.at(-2)?.text.startsWith('Dial(')], ['call', true]);
    const [, onAsterisk = ''] = /^TANDEM_DIAL_ALLOWED = (.*)$/m.exec(asterisk.map(({ text }) => text).join('')) ?? [];
    const [, onFreeswitch = ''] = /data="tandem_dial_allowed=([^"]*)"/.exec(freeswitch.map(({ text }) => text).join('')) ?? [];
    assert.equal(onAsterisk, onFreeswitch);
    assert.doesNotMatch(onAsterisk, /[\\";]/, 'REGEX() of Asterisk takes backslashes and quotation marks away');
    const pattern = new RegExp(onAsterisk);
    for (const number of ['030123456', '2125550100', '0906123456', '089123456789']) assert.match(number, pattern);
    for (const number of ['110', '0049301234567', '+88213123456', '0900123456', '9001234567', '0301234;rm', '123456789012345'])
      assert.doesNotMatch(number, pattern);
  });

  it('P13 B28: the responsible person is rung, by what can only be a telephone, and whoever does not answer leads to the queue', () => {
    const file = freeswitch.find(({ name }) => name === 'tandem_crm.xml')?.root ?? assert.fail('file is missing');
    const named = (wanted: string) =>
      elements(file, 'extension').find(({ attributes }) => attributes['name'] === wanted) ?? assert.fail(wanted);
    assert.ok(includes(actionsOf(named('tandem responsible')), 'set', /^TANDEM_RESP_CHANNEL=$/), 'cleared before');
    const found = named('tandem responsible, found');
    const pattern = new RegExp(elements(found, 'condition')[1]?.attributes['expression'] ?? 'none');
    for (const channel of [
      'user/101@pbx.example',
      'sofia/internal/101@192.0.2.7:5060',
      'sofia/internal/101%pbx.example',
      'verto.rtc/101@pbx.example',
    ])
      assert.match(channel, pattern);
    for (const channel of [
      '',
      'PJSIP/101',
      'user/101',
      'sofia/gateway/carrier/0900123456',
      '{a=b}user/101@x',
      'user/101@x,user/102@x',
      'user/${x}@y',
      'user/101@x&park()',
    ])
      assert.doesNotMatch(channel, pattern);
    for (const [extension, place] of [
      ['tandem responsible, found', 'nobody XML tandem_crm'],
      ['tandem responsible, nobody', 'queue XML tandem'],
      ['tandem transfer to an extension', 'queue XML tandem'],
    ] as const)
      assert.deepEqual(actionsOf(named(extension)).at(-1), { application: 'transfer', data: place }, extension);
    const contexts = elements(file, 'context').map(({ attributes }) => attributes['name']);
    assert.ok(contexts.includes('tandem-transfer'), 'the default of transfer_context');
  });

  it('V7: an agent’s telephone sends his caller to a number of the call centre, not to one of the context in which he waited', () => {
    const tandem = freeswitch.find(({ name }) => name === 'tandem.xml')?.root ?? assert.fail('file is missing');
    for (const door of ['tandem menu', 'tandem to queue']) {
      const found = elements(tandem, 'extension').find(({ attributes }) => attributes['name'] === door) ?? assert.fail(door);
      assert.ok(includes(actionsOf(found), 'set', /^force_transfer_context=\$\$\{tandem_transfer_context\}$/), door);
    }
  });

  it('B44: an answered call of a campaign is asked for at the other host, and never left in silence', () => {
    const dialer = freeswitch.find(({ name }) => name === 'tandem_dialer.xml')?.root ?? assert.fail('file is missing');
    const named = (wanted: string) =>
      actionsOf(elements(dialer, 'extension').find(({ attributes }) => attributes['name'] === wanted) ?? assert.fail(wanted));
    assert.ok(includes(named('tandem dialer served, nothing done'), 'transfer', /^arrived-other XML tandem_dialer$/));
    assert.ok(includes(named('tandem dialer arrived other'), 'socket', /tandem_esl_other/));
    assert.ok(includes(named('tandem dialer arrived other'), 'sched_transfer', / alone XML tandem_dialer$/));
    const alone = named('tandem dialer alone');
    assert.deepEqual(
      alone.slice(1).map(({ application, data }) => [application, data]),
      [
        ['playback', '${tandem_safe_harbour}'],
        ['hangup', 'NORMAL_CLEARING'],
      ],
    );
    const served = elements(dialer, 'extension').find(({ attributes }) => attributes['name'] === 'tandem dialer served');
    const expression = elements(served ?? assert.fail('served'), 'condition')[1]?.attributes['expression'] ?? '';
    for (const result of ['answered', 'message', 'opted-out', 'machine', 'hang-up', 'left']) assert.match(result, new RegExp(expression));
    for (const result of ['', 'error', 'playing']) assert.doesNotMatch(result, new RegExp(expression));
  });

  it('TRK-3: the code leaves in sip_h_X-CCC-Code and goes no further than the lookup', () => {
    const text = freeswitch.map((file) => file.text).join('');
    assert.match(text, /<action application="set" data="sip_h_X-CCC-Code=\$1"\/>/);
    assert.match(text, /<action application="unset" data="sip_h_X-CCC-Code"\/>/);
    assert.match(text, /name="caller-id-in-from" value="true"/);
  });

  it('the unreachable branch needs no Tandem', () => {
    const tandem = freeswitch.find(({ name }) => name === 'tandem.xml')?.root ?? assert.fail('file is missing');
    const branch = elements(tandem, 'extension').filter(({ attributes }) => attributes['name']?.startsWith('tandem unreachable'));
    assert.equal(branch.length, 2);
    const actions = branch.flatMap(actionsOf);
    assert.ok(includes(actions, 'callcenter', /tandem_fallback_queue/));
    assert.ok(!actions.some(({ application }) => application === 'socket'));
  });

  it('no comment holds a pre-processor line: FreeSWITCH obeys it, and tandem_vars.xml then includes itself for ever', () => {
    for (const { name, text } of freeswitch) {
      for (const [comment] of text.matchAll(/<!--[\s\S]*?-->/g)) assert.doesNotMatch(comment, /x-pre-process|<!--#|<\/?include>/i, name);
    }
  });

  it('a pre-processor line stands alone: FreeSWITCH drops what follows it', () => {
    for (const { name, text } of freeswitch) {
      for (const line of text.split('\n').filter((part) => part.includes('X-PRE-PROCESS')))
        assert.match(line, /^ *<X-PRE-PROCESS cmd="set" data="[^"]+"\/>$/, name);
    }
  });

  it('no setting has the name of a variable of Tandem: FreeSWITCH ignores case and falls back to global variables', () => {
    const vars = freeswitch.find(({ name }) => name === 'tandem_vars.xml')?.text ?? '';
    assert.doesNotMatch(
      vars,
      /data="tandem_(?:app|args|menu|queue|prefix|max_wait|priority|base_score|skills|exit_keys|language|moh|personal_agent|agent|callback|param|export|number|name|switch|member|wish|result|reason|option|lead_id|caller_code)=/,
    );
  });

  it('every setting that is used is in tandem_vars.xml', () => {
    const vars = freeswitch.find(({ name }) => name === 'tandem_vars.xml')?.root ?? assert.fail('file is missing');
    const set = elements(vars, 'X-PRE-PROCESS').map(({ attributes }) => attributes['data']?.split('=')[0]);
    for (const { name, text } of freeswitch) {
      for (const [, used] of text.matchAll(/\$\$\{(\w+)\}/g)) assert.ok(set.includes(used), `${name}: ${used ?? ''}`);
    }
  });
});

/** True when an extension of the context takes this number; a variable in it stands for a dialled 9 and digits. */
function reaches(number: string, context: string): boolean {
  const dialled = number.replace('${destination_number}', '98199');
  return freeswitch.some(({ root }) =>
    elements(root, 'context')
      .filter(({ attributes }) => attributes['name'] === context)
      .flatMap((found) => elements(found, 'condition'))
      .some(({ attributes }) => attributes['field'] === 'destination_number' && new RegExp(attributes['expression'] ?? '^$').test(dialled)),
  );
}

describe('dialplan samples: the reader of this test', () => {
  for (const [what, text] of Object.entries({
    'crossed tags': '<a><b></a></b>',
    'an open tag': '<a><b/>',
    'two roots': '<a/><b/>',
    'a bare &': '<a x="1 & 2"/>',
    'an attribute without quotes': '<a x=1/>',
    '-- in a comment': '<a><!-- x -- y --></a>',
  })) {
    it(`refuses ${what}`, () => assert.throws(() => readXml(text)));
  }
});
