import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { MenuDefinition } from '../core/menu/definition.js';
import { isDate, isOpen, parseSpans, spansText } from '../core/menu/hours.js';
import { isLookup, lookupFirst, parsePrompt, promptPartsMax } from '../core/menu/prompt.js';
import { menuSchema } from '../core/menu/schema.js';
import { enterMenu, stepMenu } from '../core/menu/step.js';
import type { MenuEvent, MenuOrder } from '../core/menu/step.js';
import { menuTree, treeLinesMax } from '../core/menu/tree.js';

const utc = (text: string): number => Date.parse(text);
const menuOf = (value: object): MenuDefinition => menuSchema.parse({ id: 'main', prompt: '', options: {}, ...value });

describe('menu prompt language', () => {
  it('V10 V11: a sound, then a script with its arguments, `---` kept', () => {
    assert.deepEqual(parsePrompt('wait-moment|cm_sc_ccc_lookup_insert.agi,ccc_test---8199'), {
      parts: [
        { kind: 'play', file: 'wait-moment', interruptible: true },
        { kind: 'lookup', argument: 'ccc_test---8199' },
      ],
      problems: [],
    });
  });

  it('V10: NOINT, NOPLAY, other scripts with commas, and an empty field', () => {
    assert.deepEqual(parsePrompt('NOINTnotice|NOPLAYold|NOPLAYoff.agi,x|agi-x.agi,a,b-----c').parts, [
      { kind: 'play', file: 'notice', interruptible: false },
      { kind: 'script', script: 'agi-x.agi', argument: 'a,b-----c' },
    ]);
    assert.deepEqual(parsePrompt('  '), { parts: [], problems: [] });
  });

  it('AGI-1: the lookup under both names, also behind an address; nothing else', () => {
    for (const name of ['cm_sc_ccc_lookup_insert.agi', 'ccc_lookup_insert.agi', 'agi://10.0.0.1:4573/cm_sc_ccc_lookup_insert.agi'])
      assert.ok(isLookup(name));
    for (const name of ['ccc_lookup_insert.agi.agi', 'xccc_lookup_insert.agi', 'ccc_lookup_insert']) assert.ok(!isLookup(name));
  });

  for (const bad of [
    'a||b',
    'a|',
    'two words',
    '../etc/passwd',
    'a/../b',
    'x.agi y',
    'NOINTx.agi',
    'a&b',
    '${EVIL}',
    'a\nb.agi,c',
    '$(id).agi',
    ' .agi,x',
    'x.agi,${SHELL(id)}',
  ]) {
    it(`names the bad part of ${JSON.stringify(bad)} and keeps the others`, () => {
      const { parts, problems } = parsePrompt(`first|${bad}|last`);
      assert.ok(problems.length >= 1, 'no problem');
      assert.match(problems[0] ?? '', /^part \d+ "/);
      assert.deepEqual(parts.filter((part) => part.kind === 'play' && ['first', 'last'].includes(part.file)).length, 2);
      assert.ok(parts.every((part) => part.kind === 'play'));
    });
  }

  it('has a largest number of parts', () => {
    const { parts, problems } = parsePrompt(Array.from({ length: promptPartsMax + 5 }, () => 'x').join('|'));
    assert.equal(parts.length, promptPartsMax);
    assert.equal(problems.length, 1);
  });

  it('no text makes it throw, and every part it gives is clean', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const part of parsePrompt(text).parts) {
          const words = part.kind === 'play' ? part.file : part.kind === 'script' ? part.script + part.argument : part.argument;
          // eslint-disable-next-line no-control-regex -- that is what must not be there
          assert.doesNotMatch(words, /[\u0000-\u001f]|\$\{/);
        }
      }),
    );
  });

  it('lookup-first keeps all parts and the order of the others', () => {
    const part = fc.constantFrom('a', 'b', 'x.agi', 'ccc_lookup_insert.agi,1', 'cm_sc_ccc_lookup_insert.agi,2');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (texts) => {
        const { parts } = parsePrompt(texts.join('|'));
        const ordered = lookupFirst(parts);
        const others = (list: typeof parts) => list.filter((p) => p.kind !== 'lookup');
        assert.deepEqual(others(ordered), others(parts));
        assert.equal(ordered.length, parts.length);
        const firstScript = ordered.findIndex((p) => p.kind === 'script');
        const lastLookup = ordered.findLastIndex((p) => p.kind === 'lookup');
        assert.ok(firstScript < 0 || lastLookup < firstScript);
      }),
    );
  });
});

describe('menu opening hours', () => {
  const hours = (week: object, holidays: object = {}, zone = 'Europe/Berlin') =>
    menuOf({ hours: { zone, week, holidays } }).hours ?? assert.fail();

  it('a span begins at its first minute and ends before its last', () => {
    const h = hours({ mon: '09:00-17:00' });
    for (const [at, open] of [
      ['2026-11-23T07:59:59Z', false],
      ['2026-11-23T08:00:00Z', true],
      ['2026-11-23T15:59:59Z', true],
      ['2026-11-23T16:00:00Z', false],
    ] as const)
      assert.equal(isOpen(h, utc(at)), open, at);
  });

  it('24:00 is the end of the day, and the next day begins a new one', () => {
    const h = hours({ mon: '22:00-24:00', tue: '00:00-02:00' });
    for (const [at, open] of [
      ['2026-11-23T22:59:59Z', true],
      ['2026-11-23T23:30:00Z', true],
      ['2026-11-24T00:59:59Z', true],
      ['2026-11-24T01:00:00Z', false],
    ] as const)
      assert.equal(isOpen(h, utc(at)), open, at);
  });

  it('summer time begins: the hour that does not exist is skipped', () => {
    const h = hours({ sun: '01:30-02:30' });
    assert.ok(isOpen(h, utc('2026-03-29T00:59:00Z')));
    assert.ok(!isOpen(h, utc('2026-03-29T01:00:00Z'))); // 03:00 local
  });

  it('summer time ends: the hour that comes twice is open twice', () => {
    const h = hours({ sun: '02:00-03:00' });
    assert.ok(isOpen(h, utc('2026-10-25T00:30:00Z')));
    assert.ok(isOpen(h, utc('2026-10-25T01:30:00Z')));
    assert.ok(!isOpen(h, utc('2026-10-25T02:00:00Z')));
  });

  it('a zone with half hours, and one where the date is another', () => {
    assert.ok(isOpen(hours({ mon: '05:30-05:31' }, {}, 'Asia/Kolkata'), utc('2026-11-23T00:00:00Z')));
    assert.ok(isOpen(hours({}, { '2026-11-22': '23:00-24:00' }, 'America/Los_Angeles'), utc('2026-11-23T07:30:00Z')));
  });

  it('a holiday replaces its day, open or closed; `open` is all day', () => {
    const h = hours({ fri: '09:00-17:00', sat: 'open' }, { '2026-12-25': 'closed', '2026-12-26': '10:00-12:00' });
    assert.ok(!isOpen(h, utc('2026-12-25T11:00:00Z')));
    assert.ok(isOpen(h, utc('2026-12-26T10:00:00Z')));
    assert.ok(!isOpen(h, utc('2026-12-26T12:00:00Z')));
    assert.ok(isOpen(h, utc('2027-01-02T12:00:00Z')));
  });

  for (const bad of [
    '9-17',
    '09:00-25:00',
    '09:60-10:00',
    '17:00-09:00',
    '09:00-09:00',
    '09:00-12:00,11:00-13:00',
    'nine to five',
    '09:00-17:00;',
    Array.from({ length: 13 }, (_, i) => `${i}:00-${i}:30`).join(','),
  ]) {
    it(`refuses ${bad.slice(0, 40)} with a reason`, () => assert.equal(typeof parseSpans(bad), 'string'));
  }

  it('the text of spans is read back the same', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, (a, b) => {
        const spans = [{ from: Math.min(a, b), to: Math.max(a, b) + 1 }];
        assert.deepEqual(parseSpans(spansText(spans)), spans);
      }),
    );
    assert.deepEqual(parseSpans(spansText([])), []);
  });

  it('dates exist or not', () => {
    for (const good of ['2024-02-29', '2026-12-31']) assert.ok(isDate(good));
    for (const bad of ['2026-02-29', '2026-13-01', '2026-1-1', '0000-00-00', 'x', '2026-12-31 ']) assert.ok(!isDate(bad), bad);
  });
});

describe('menu schema', () => {
  it('reports all problems at once, each with its place', () => {
    const result = menuSchema.safeParse({
      id: 'ma in',
      prompt: 'a||b',
      timeout_s: -1,
      extra: 1,
      timeout_prompt: 'x.agi',
      hours: { zone: 'Mars/One', week: { mon: '19:00-17:00', xyz: 'closed' }, holidays: { '2026-02-30': 'closed' } },
      options: {
        1: { queue: 'su"pport', prefix: 'V"', priority: -3, max_wait_s: 1e9 },
        2: { extension: '9001', menu: 'x' },
        3: { did: '12 34' },
        4: { hangup: ['a b'] },
        5: {},
        6: 'queue',
        7: { voicemail: '1010', foo: 1 },
        abc: { queue: 'x' },
        __proto__x: { queue: 'x' },
      },
    });
    assert.ok(!result.success);
    const paths = new Set(result.error.issues.map((issue) => issue.path.join('.')));
    assert.deepEqual(
      [
        'id',
        'prompt',
        'timeout_s',
        'timeout_prompt',
        'hours.zone',
        'hours.week.mon',
        'hours.week.xyz',
        'hours.holidays.2026-02-30',
        'options.1.queue',
        'options.1.prefix',
        'options.1.priority',
        'options.1.max_wait_s',
        'options.2',
        'options.3.did',
        'options.4.hangup.0',
        'options.5',
        'options.6',
        'options.7',
        'options.abc',
        'options.__proto__x',
        '',
      ].filter((path) => !paths.has(path)),
      [],
    );
  });

  it('fills in the defaults, and takes an unquoted number as a text', () => {
    const menu = menuOf({ options: { 1: { extension: 9001 }, 2: { hangup: null }, 3: { hangup: 'bye' } } });
    assert.equal(menu.name, 'main');
    assert.deepEqual([menu.timeoutS, menu.repeats, menu.logKeys, menu.hours], [10, 1, false, undefined]);
    assert.deepEqual(
      Object.values(menu.options).map((option) => option.route),
      [
        { kind: 'extension', context: 'default', extension: '9001' },
        { kind: 'hangup', prompts: [] },
        { kind: 'hangup', prompts: ['bye'] },
      ],
    );
  });

  it('an object or a list is no name', () => {
    for (const id of [null, {}, [], true]) assert.ok(!menuSchema.safeParse({ id, prompt: '', options: {} }).success);
  });
});

describe('menu step', () => {
  it('a part that cannot be used is noted and passed over', () => {
    const menu = { ...menuOf({}), prompt: 'a b|welcome' };
    const { state } = enterMenu('main', 0);
    const made = stepMenu(state, { type: 'menu-loaded', menu }, 0);
    assert.deepEqual(
      made.effects.map((effect) => effect.type),
      ['note-problem', 'play'],
    );
  });

  it("takes no option from an object's own ancestors", () => {
    const menu = menuOf({ options: { 1: { queue: 'x' } }, prompt: 'ccc_lookup_insert.agi,c' });
    const loaded = stepMenu(enterMenu('main', 0).state, { type: 'menu-loaded', menu }, 0);
    const made = stepMenu(loaded.state, { type: 'script-ended', letter: 'constructor' }, 0);
    assert.deepEqual(
      made.effects.map((effect) => effect.type),
      ['note-problem', 'wait'],
    );
  });

  it('an event that does not fit is a broken promise', () => {
    assert.throws(() => stepMenu(enterMenu('main', 0).state, { type: 'played', key: '' }, 0));
  });

  it('whatever happens, the caller leaves the menus within the deadline and a bounded number of steps', () => {
    const key = fc.constantFrom('', '', '1', '2', '3', '*', '9');
    const letter = fc.constantFrom(undefined, 'A', 'B', 'Z', '');
    const route = fc.constantFrom({ menu: 'a' }, { menu: 'b' }, { menu: 'nosuch' }, { queue: 'q' }, { hangup: null });
    const part = fc.constantFrom('sound', 'NOINTsound', 'x.agi,1', 'ccc_lookup_insert.agi,c', 'NOPLAYx');
    const menu = (id: string) =>
      fc
        .record({
          prompt: fc.array(part, { maxLength: 4 }).map((parts) => parts.join('|')),
          timeout_s: fc.constantFrom(0, 0, 5),
          repeats: fc.integer({ min: 0, max: 3 }),
          options: fc.dictionary(fc.constantFrom('1', '2', '*', 'A', 'TIMEOUT', 'INVALID'), route),
        })
        .map((m) => menuOf({ id, ...m }));
    fc.assert(
      fc.property(menu('a'), menu('b'), fc.infiniteStream(key), fc.infiniteStream(letter), (a, b, keys, letters) => {
        const menus: Record<string, MenuDefinition> = { a, b };
        const take = <T>(stream: IterableIterator<T>): T => (stream.next() as IteratorYieldResult<T>).value;
        let nowMs = 0;
        let made = enterMenu('a', 0);
        let mustLookUp = false;
        for (let steps = 0; ; steps++) {
          assert.ok(steps < 3_000, 'no end');
          const order = made.effects.at(-1) as MenuOrder;
          if (order.type === 'leave') {
            assert.ok(!mustLookUp || order.exit.route === undefined, 'out before the lookup');
            break;
          }
          // 5.1, caution: nothing that leads outside before the lookup of this menu
          if (order.type === 'run-script') assert.ok(!mustLookUp, 'a script before the lookup');
          assert.ok(nowMs <= 600_000 + 1_000);
          let event: MenuEvent;
          if (order.type === 'load-menu') event = { type: 'menu-loaded', menu: menus[order.menuId] };
          else if (order.type === 'play') event = { type: 'played', key: order.keys === '' ? '' : take(keys) };
          else if (order.type === 'wait') event = { type: 'waited', key: take(keys) };
          else event = { type: 'script-ended', letter: take(letters) };
          if (order.type === 'load-menu') mustLookUp = menus[order.menuId]?.prompt.includes('ccc_lookup') === true;
          if (order.type === 'run-lookup') mustLookUp = false;
          nowMs += order.type === 'wait' ? order.waitMs : order.type === 'load-menu' ? 0 : 1_000;
          made = stepMenu(made.state, event, nowMs);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('menu tree', () => {
  const menus: Record<string, MenuDefinition> = {
    main: menuOf({
      name: 'Main menu',
      prompt: 'welcome|main-choices',
      timeout_prompt: 'bye',
      hours: { zone: 'Europe/Berlin', week: { mon: '09:00-17:00' }, holidays: { '2026-12-25': 'closed' } },
      options: {
        TIMEOUT: { queue: 'operator', prefix: 'OP ', priority: 2, max_wait_s: 60 },
        A: { voicemail: '1010@default', instructions: false },
        0: { extension: '100', context: 'sales', priority: 2 },
        1: { menu: 'sales', description: 'sales and orders' },
        2: { menu: 'sales' },
        3: { menu: 'gone' },
      },
    }),
    sales: menuOf({
      id: 'sales',
      repeats: 0,
      prompt: 'sales-choices',
      options: { '*': { menu: 'main' }, 1: { application: 'agent', argument: 'login' } },
    }),
  };

  it('shows sub-menus once, marks loops, what is shown above and what is missing', () => {
    assert.equal(
      menuTree((id) => menus[id], 'main'),
      `main "Main menu"
│  prompt: welcome|main-choices (waits 10 s, 1 repeat)
│  timeout prompt: bye
│  hours: sun closed; mon 09:00-17:00; tue closed; wed closed; thu closed; fri closed; sat closed; 1 holiday (Europe/Berlin)
├─ 1: menu sales  # sales and orders
│  │  prompt: sales-choices (waits 10 s, no repeat)
│  ├─ 1: application agent(login)
│  └─ *: menu main (loop)
├─ 2: menu sales (shown above)
├─ 3: menu gone (UNKNOWN MENU)
├─ 0: extension 100 in sales, priority 2
├─ A: voicemail 1010@default, no instructions
└─ TIMEOUT: queue operator (prefix "OP ", priority 2, at most 60 s)
`,
    );
  });

  it('an unknown menu, and a tree that is too long', () => {
    assert.equal(
      menuTree(() => undefined, 'x'),
      'x (UNKNOWN MENU)\n',
    );
    const wide = (id: string) => {
      const at = Number(id.slice(1)); // a full binary tree, 20 menus deep
      return menuOf({ id, options: { 1: { menu: `m${at * 2 + 1}` }, 2: { menu: `m${at * 2 + 2}` } } });
    };
    const lines = menuTree(wide, 'm0').split('\n');
    assert.ok(lines.length <= treeLinesMax + 3, String(lines.length));
    assert.match(lines.at(-2) ?? '', /cut after/);
  });
});

describe('docs/menus.md', () => {
  const page = readFileSync(new URL('../docs/menus.md', import.meta.url), 'utf8');
  const block = (language: string): string => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(page)?.[1] ?? '';

  it('its example is a valid file, and its tree is the one that is printed', () => {
    const { menus } = parse(block('yaml')) as { menus: unknown[] };
    const parsed = new Map(menus.map((value) => menuSchema.parse(value)).map((menu) => [menu.id, menu]));
    assert.equal(
      menuTree((id) => parsed.get(id), 'main'),
      block('text'),
    );
  });
});
