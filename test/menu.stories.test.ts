/*
 * Goal: the menu decides what its stories say, and the same on both switches.
 * Method: each file of test/scenarios/menu is told to the pure step function, whose whole trace is
 * compared, and to each door with a call that behaves as told: same sounds, waits, lookups and result.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createAsteriskMenu } from '../agi/menu.js';
import type { CallApplication } from '../core/call.js';
import { createFreeswitchMenu } from '../esl-outbound/menu.js';
import { Teller, readStory, storyCall, tellSteps } from './support/menu-story.js';
import type { Story } from './support/menu-story.js';
import { recordingMeter, silentLog } from './support/observers.js';

const folder = join(import.meta.dirname, 'scenarios/menu');
const doors = { asterisk: createAsteriskMenu, freeswitch: createFreeswitchMenu } as const;

async function tellDoor(story: Story, switchKind: keyof typeof doors) {
  const teller = new Teller(story);
  const { call, variables, done } = storyCall(story, teller, switchKind);
  const scripts = [...story.menus.values()].flatMap((menu) => [...menu.prompt.matchAll(/[\w-]+\.agi/g)].map(([name]) => name));
  const ours =
    (name: string): CallApplication =>
    (inner) =>
      Promise.resolve().then(() => teller.script(name, inner.args.join(',')));
  const menu = doors[switchKind]({
    menus: { find: (id) => Promise.resolve(story.menus.get(id)), all: () => Promise.resolve([...story.menus.values()]) },
    log: silentLog,
    meter: recordingMeter(),
    nowMs: () => teller.nowMs,
    runLookup: (_, argument) => Promise.resolve().then(() => teller.lookup(argument)),
    applications: {
      ...Object.fromEntries(scripts.map((name) => [name, ours(name)])),
      agent: (inner) => Promise.resolve(void done.push(`agent ${inner.args.join('/')}`)),
    },
  });
  let decided: readonly string[] | undefined;
  await menu({
    ...call,
    setVariable: (name, value) => {
      if (name === 'TANDEM_RESULT') decided ??= [...teller.lines];
      return call.setVariable(name, value);
    },
  });
  return {
    decided: decided ?? [],
    option: variables.get('TANDEM_OPTION'),
    result: variables.get('TANDEM_RESULT'),
    reason: variables.get('TANDEM_REASON'),
    done,
  };
}

describe('menu stories', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

  it('there are stories', () => assert.ok(files.length >= 30));

  for (const file of files) {
    it(file.replace(/\.txt$/, ''), async () => {
      const story = readStory(join(folder, file));

      assert.deepEqual(tellSteps(story), story.expected);

      const orders = story.expected.filter((line) => !/^\d+ (?:leave|problem:|key .* noted)/.test(line));
      const [, result = '', rest = ''] = /^\d+ leave (\S+)(.*)$/.exec(story.expected.at(-1) ?? '') ?? [];
      const onAsterisk = await tellDoor(story, 'asterisk');
      const onFreeswitch = await tellDoor(story, 'freeswitch');
      for (const told of [onAsterisk, onFreeswitch]) {
        assert.deepEqual(told.decided, orders);
        if (rest.includes(': queue')) assert.equal(told.result, 'answered');
        else assert.equal(told.result, result === 'ok' && rest.includes(': hang up') ? 'hangup' : result);
      }
      assert.equal(onAsterisk.option, onFreeswitch.option);
      assert.equal(onAsterisk.reason, onFreeswitch.reason);
    });
  }
});
