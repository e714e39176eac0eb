/** The examples of docs/callcenter-commands.md, run as they stand there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { answers } from '../core/callcenter/answers.js';
import { usage } from '../core/callcenter/usage.js';
import { openCallcenterDesk, recordedSite } from './support/callcenter-desk.js';

const text = readFileSync(new URL('../docs/callcenter-commands.md', import.meta.url), 'utf8');

/** `> command` with the lines of its answer, from every block of the page. */
function examples(): { readonly command: string; readonly answer: string }[] {
  const blocks = [...text.matchAll(/^```text\n(> [\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block.split(/^> /m).flatMap((part) => {
      const [command = '', ...lines] = part.trimEnd().split('\n');
      return command === '' ? [] : [{ command, answer: lines.join('\n') }];
    }),
  );
}

describe('docs/callcenter-commands.md', () => {
  it('F90 to F115: its examples answer what it says', async () => {
    const w = await openCallcenterDesk(recordedSite);
    const found = examples();
    for (const { command, answer } of found) assert.equal((await w.config(command)).trimEnd(), answer, command);
    await w.close();

    assert.ok(found.length >= 15);
  });

  it('F97: it names every answer and every command', () => {
    for (const answer of Object.values(answers))
      if (answer.startsWith('-ERR') && !answer.includes('Usage')) assert.ok(text.includes(answer.trim()), answer);
    for (const [, section = '', action = ''] of usage.matchAll(/callcenter_config (\w+) (\w+)/g))
      assert.match(text, new RegExp(`\`${section} [\\w\`, ]*${action}|\`, \`${action}|${section} ${action}`), `${section} ${action}`);
  });
});
