/** The pages of queue entry and agents name everything that the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { agentStates, agentStatuses, exitReasons } from '../core/acd/words.js';
import { agentActions } from '../core/services/agent-request.js';
import { deviceStateOfLamp } from '../core/services/lamp-word.js';
import { requestNames } from '../core/services/queue-request.js';
import { blankVariables, joinVariables, reasonOf, resultOf } from '../core/services/queue-result.js';

const page = (name: string): string => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), 'utf8');
const says = (text: string, word: string): void => assert.ok(new RegExp(`\`[^\`\n]*\\b${word.replace(/[()]/g, '\\$&')}`).test(text), word);

describe('docs/queue-entry.md', () => {
  const text = page('queue-entry');
  it('names every value that may be asked, with its variable', () => {
    for (const name of requestNames) says(text, name === 'tandem_name' || name === 'name' ? 'name' : name);
  });
  it('names every result and every reason that tells results apart', () => {
    for (const reason of exitReasons) {
      says(text, resultOf(reason));
      says(text, reasonOf(reason) ?? resultOf(reason));
    }
  });
  it('names every variable that is set', () => {
    for (const name of Object.keys({ ...blankVariables, ...joinVariables('m', 'q', 0) })) says(text, name);
  });
});

describe('docs/agents.md', () => {
  const text = page('agents');
  it('names every status, state, action and lamp', () => {
    for (const word of [...agentStatuses, ...agentStates, ...agentActions, ...Object.values(deviceStateOfLamp)]) says(text, word);
  });
});
