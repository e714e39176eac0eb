/*
 * Goal: the queue engine does what the references and our own rules say, case by case.
 * Method: each file below test/scenarios/acd is told to the engine, and the whole of what it orders, says and
 * refuses is compared. Time is told, nothing waits. REWRITE=1 writes what came into the files, to be reviewed as a
 * difference before it is committed.
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAcdStory, storyText, tellAcdStory } from './support/acd-story.js';

const folder = join(import.meta.dirname, 'scenarios/acd');
const rewrites = process.env['REWRITE'] === '1';

for (const group of ['mod-callcenter', 'opensips', 'needs']) {
  describe(`acd stories: ${group}`, () => {
    const files = readdirSync(join(folder, group)).filter((name) => name.endsWith('.txt'));

    for (const name of files.sort()) {
      const file = join(folder, group, name);
      const story = readAcdStory(file);

      it(`${name.replace(/\.txt$/, '')}: ${story.rows}`, () => {
        const lines = tellAcdStory(story);

        if (rewrites) writeFileSync(file, storyText(story, lines));
        else assert.deepEqual(lines, story.expected);
      });
    }
  });
}
