/**
 * A call menu as a story in a text file (H15): menus in YAML, what the caller and the lookup do, and all
 * that must follow. The same story is told to the pure step function and to both doors.
 *
 *   menus in YAML (a list)
 *   ----
 *   call main at 2026-11-23T10:00:00Z     first line; then answers, in the order in which they are asked for:
 *   sound welcome key 1                   a key during this sound; or `hangup`, `takes 700` (seconds)
 *   wait key 3                            or `none`, `hangup`; without a line nobody presses anything
 *   lookup A                              or `fails`, `hangup`; without a line it says D
 *   script check.agi hangup               without a line it just ends
 *   ----
 *   0 play welcome                        seconds since the call, and what was done
 *   1 leave ok 1 main: queue support
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Call } from '../../core/call.js';
import { TandemError } from '../../core/errors.js';
import type { MenuDefinition } from '../../core/menu/definition.js';
import { menuSchema } from '../../core/menu/schema.js';
import { enterMenu, stepMenu } from '../../core/menu/step.js';
import type { MenuEvent, MenuExit, MenuOrder } from '../../core/menu/step.js';
import { routeText } from '../../core/menu/tree.js';

export interface Story {
  readonly menus: ReadonlyMap<string, MenuDefinition>;
  readonly menuId: string;
  readonly startMs: number;
  readonly answers: readonly string[];
  readonly expected: readonly string[];
}

export function readStory(file: string): Story {
  const text = readFileSync(file, 'utf8').replace(/^#.*\n/gm, '');
  const [yaml = '', told = '', expected = ''] = text.split(/^----\n/m);
  const menus = z.array(menuSchema).parse(parse(yaml));
  const [first = '', ...answers] = linesOf(told);
  const [, menuId = '', at = ''] = /^call (\S+) at (\S+)$/.exec(first) ?? assert.fail(`${file}: no line "call MENU at TIME"`);
  return { menus: new Map(menus.map((m) => [m.id, m])), menuId, startMs: Date.parse(at), answers, expected: linesOf(expected) };
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Time, and the answers that are still to be given. */
export class Teller {
  nowMs: number;
  readonly lines: string[] = [];
  private readonly startMs: number;
  private readonly left: string[];

  constructor(story: Story) {
    this.nowMs = story.startMs;
    this.startMs = story.startMs;
    this.left = [...story.answers];
  }

  say(line: string): void {
    this.lines.push(`${Math.round((this.nowMs - this.startMs) / 1000)} ${line}`);
  }

  /** The word told for this, if it is the next one; time goes on by `ms`, or as told. */
  ask(what: string, ms: number): string {
    const next = this.left[0];
    const told = next?.startsWith(`${what} `) ? next.slice(what.length + 1) : '';
    if (told !== '') this.left.shift();
    const [, seconds] = /^takes (\d+)$/.exec(told) ?? [];
    this.nowMs += seconds === undefined ? ms : Number(seconds) * 1000;
    return seconds === undefined ? told : '';
  }

  sound(file: string, keys: string): string {
    this.say(`play ${file}${keys === '' ? ' to its end' : ''}`);
    return keyOf(this.ask(`sound ${file}`, 1_000));
  }

  wait(ms: number): string {
    this.say(`wait ${ms / 1000}`);
    const told = this.ask('wait', 0);
    this.nowMs += told === '' || told === 'none' ? ms : 1_000;
    return keyOf(told);
  }

  lookup(argument: string): string {
    this.say(`lookup ${argument}`);
    const told = this.ask('lookup', 1_000);
    if (told === 'fails') throw new TandemError('TDM_INTERNAL');
    return told === '' ? 'D' : keyOf(told);
  }

  script(name: string, argument: string): void {
    this.say(`script ${name}(${argument})`);
    keyOf(this.ask(`script ${name}`, 1_000));
  }

  /** Everything that was told has happened. */
  done(): void {
    assert.deepEqual(this.left, [], 'these lines of the story never happened');
  }
}

function keyOf(told: string): string {
  if (told === 'hangup') throw new TandemError('TDM_CALL_GONE', ['story']);
  return told === 'none' ? '' : told.replace(/^key /, '');
}

/** The story told to the step function alone. */
export function tellSteps(story: Story): readonly string[] {
  const teller = new Teller(story);
  let made = enterMenu(story.menuId, teller.nowMs);
  for (let steps = 0; ; steps++) {
    assert.ok(steps < 5_000, 'the story has no end');
    for (const effect of made.effects.slice(0, -1)) {
      if (effect.type === 'note-key') teller.say(`key ${effect.key} noted`);
      if (effect.type === 'note-problem') teller.say(`problem: ${effect.problem}`);
    }
    const order = made.effects.at(-1) as MenuOrder;
    if (order.type === 'leave') {
      teller.say(exitText(order.exit));
      teller.done();
      return teller.lines;
    }
    made = stepMenu(made.state, eventOf(story, teller, order), teller.nowMs);
  }
}

function eventOf(story: Story, teller: Teller, order: Exclude<MenuOrder, { type: 'leave' }>): MenuEvent {
  try {
    return happened(story, teller, order);
  } catch (e) {
    if (e instanceof TandemError && e.code === 'TDM_CALL_GONE') return { type: 'caller-left' };
    return { type: 'script-ended', letter: 'B' };
  }
}

function happened(story: Story, teller: Teller, order: Exclude<MenuOrder, { type: 'leave' }>): MenuEvent {
  switch (order.type) {
    case 'load-menu':
      return { type: 'menu-loaded', menu: story.menus.get(order.menuId) };
    case 'play':
      return { type: 'played', key: teller.sound(order.file, order.keys) };
    case 'wait':
      return { type: 'waited', key: teller.wait(order.waitMs) };
    case 'run-lookup':
      return { type: 'script-ended', letter: teller.lookup(order.argument) };
    case 'run-script':
      teller.script(order.script, order.argument);
      return { type: 'script-ended', letter: undefined };
  }
}

export function exitText(exit: MenuExit): string {
  const words = ['leave', exit.result, exit.option, exit.menuId].filter((word) => word !== '').join(' ');
  if (exit.reason !== undefined) return `${words}: ${exit.reason}`;
  return exit.route ? `${words}: ${routeText(exit.route)}` : words;
}

/** A live call that behaves as told, and says what is done to it. Variables are kept. */
export function storyCall(
  story: Story,
  teller: Teller,
  switchKind: Call['switchKind'],
): { readonly call: Call; readonly variables: Map<string, string>; readonly done: string[] } {
  const variables = new Map<string, string>();
  const done: string[] = [];
  const nothing = () => Promise.resolve();
  const call: Call = {
    switchKind,
    uniqueId: 'story',
    channel: switchKind === 'asterisk' ? 'IAX2/alpha-1' : 'sofia/internal/1000@alpha',
    callerIdName: 'V1211903090000012345',
    callerIdNumber: '9998887112',
    context: 'trunkinbound',
    extension: '8001',
    args: [story.menuId],
    query: new Map(),
    signal: new AbortController().signal,
    answer: nothing,
    play: (file, keys) => Promise.resolve().then(() => ({ digit: teller.sound(file, keys), missing: false })),
    waitForDigit: (ms) => Promise.resolve().then(() => teller.wait(ms)),
    getVariable: (name) => Promise.resolve(variables.get(name)),
    setVariable: (name, value) => Promise.resolve(void variables.set(name, value)),
    setCallerId: nothing,
    execute: (application, argument) => {
      done.push(`${application} ${argument}`.trim());
      if (application === 'callcenter') variables.set('cc_cause', 'answered');
      return Promise.resolve();
    },
    goto: (place) => Promise.resolve(void done.push(`goto ${place.context},${place.extension},${place.priority ?? 1}`)),
    hangup: () => Promise.resolve(void done.push('hangup')),
  };
  return { call, variables, done };
}
