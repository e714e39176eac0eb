/** Byte for byte: the dialogue recorded on a real mod_callcenter, replayed against ours. */
import assert from 'node:assert/strict';
import { everybody, openCallcenterDesk, recordedSite } from './support/callcenter-desk.js';
import { readDialogue, withoutTimes } from './support/callcenter-dialogue.js';

const file = 'test/fixtures/callcenter/commands.txt';

describe('recorded callcenter commands', () => {
  it('F90 to F122: every answer is the real one, or the difference is written down', async () => {
    const { commands, close } = await openCallcenterDesk(recordedSite);
    const answer = (command: string, args: string): Promise<string> => {
      if (command === 'json') return commands.json(args, everybody);
      return command === 'callcenter_break' ? commands.break(args, everybody) : commands.config(args.trimStart(), everybody);
    };

    const differences: unknown[] = [];
    for (const { line, command, args, wanted } of readDialogue(file)) {
      const given = withoutTimes((await answer(command, args)) || '-ERR no reply\n');
      if (given !== wanted) differences.push({ place: `${file}:${String(line)}`, given, wanted });
    }
    await close();

    assert.deepEqual(differences, []);
  });

  it('F97: no more than a quarter of the answers differ from the real one', () => {
    const exchanges = readDialogue(file);

    assert.ok(exchanges.length > 230);
    assert.ok(exchanges.filter(({ recorded, wanted }) => recorded !== wanted).length <= exchanges.length / 4);
  });
});
