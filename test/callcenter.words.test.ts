/** How mod_callcenter's commands are taken apart: seen on the real one, see test/fixtures/callcenter/commands.txt. */
import assert from 'node:assert/strict';
import { parseCommand } from '../core/callcenter/command.js';
import { argumentsLengthMax, joinWords, splitWords, wordsMax } from '../core/callcenter/split-words.js';

describe('words of callcenter commands', () => {
  for (const [text, words] of [
    ['', []],
    ['   ', []],
    ['agent list', ['agent', 'list']],
    ['  agent   list  ', ['agent', 'list']],
    ["agent set status a1 'On Break'", ['agent', 'set', 'status', 'a1', 'On Break']],
    ["pre'mid dle'post", ['premid dlepost']],
    ["'a''b'", ['ab']],
    ["''", ['']],
    ["' '", [' ']],
    ["x 'open end", ['x', "'open end"]],
    ["[a=\\'x\\']user/c3", ["[a='x']user/c3"]],
    ['a\\ b', ['a\\ b']],
    ['a\\sb\\nc', ['a b\nc']],
    ['with \\back \\\\ \\"', ['with', '\\back', '\\', '"']],
    ['"user/c 3"', ['"user/c', '3"']],
    ['a\tb', ['a\tb']],
    ['1 2 3 4 5 6 7 8 9 10', ['1', '2', '3', '4', '5', '6', '7', '8 9 10']],
  ] as const)
    it(`F97: ${JSON.stringify(text)}`, () => assert.deepEqual(splitWords(text), words));

  it('F97: words that a shell has taken apart become one text again', () => {
    const words = ['agent', 'set', 'contact', 'a1', "{x='a b'}user/1\\|\n", ''];

    assert.deepEqual(splitWords(joinWords(words)), words);
  });

  it('F97: section and action may be in any letter case, and have no more words than they may', () => {
    const named = (text: string) => {
      const command = parseCommand(text);
      return typeof command === 'string' ? command : command.name;
    };

    assert.deepEqual(
      ['', 'agent', 'AGENT LiSt', 'agent list a b', 'zebra list', 'agent lists', 'tier add q', 'constructor x', 'agent __proto__'].map(
        named,
      ),
      ['usage', 'invalid', 'agent list', 'invalid', 'unknown', 'unknown', 'invalid', 'unknown', 'unknown'],
    );
    assert.equal(named(`agent list ${'x'.repeat(argumentsLengthMax)}`), 'invalid');
    assert.equal(wordsMax, 8);
  });

  it('B39: reading needs view, status and state control, what is provisioned admin', () => {
    const need = (text: string) => {
      const command = parseCommand(text);
      return typeof command === 'string' ? command : command.need;
    };

    assert.deepEqual(['agent list', 'queue count', 'agent get uuid a', 'tier list'].map(need), ['view', 'view', 'view', 'view']);
    assert.deepEqual(
      ['status', 'STATE', 'state_if_waiting', 'uuid', 'ready_time'].map((key) => need(`agent set ${key} a 1`)),
      Array(5).fill('control'),
    );
    assert.deepEqual(
      ['agent set contact a x', 'agent add a callback', 'agent del a', 'tier del q a', 'queue reload q', 'tier set state q a Ready'].map(
        need,
      ),
      Array(6).fill('admin'),
    );
  });
});
