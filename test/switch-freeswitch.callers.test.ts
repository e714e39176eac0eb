/** Orders to a caller's own channel on FreeSWITCH (B5; docs/decisions, "When Tandem dies"). */
import assert from 'node:assert/strict';
import { switchId, type CallKey } from '../core/acd/ids.js';
import { leadCallerOn } from '../sidecar/switch-freeswitch-callers.js';
import type { FreeswitchCommands } from '../sidecar/switch-freeswitch-commands.js';

const call: CallKey = { switch: switchId('fs'), uniqueId: 'c0ffee00-0000-4000-8000-000000000001', channel: '' };

function commandsOn(application: string | undefined) {
  const [asked, tried]: [string[], string[]] = [[], []];
  const commands: Pick<FreeswitchCommands, 'ask' | 'tryApi'> = {
    ask: (command) => {
      asked.push(command);
      return Promise.resolve(application);
    },
    tryApi: (command) => void tried.push(command),
  };
  return { commands: commands as FreeswitchCommands, asked, tried };
}

describe('callers on FreeSWITCH', () => {
  it('B5: the music that a dead session left behind is ended', async () => {
    const { commands, asked, tried } = commandsOn('playback');
    await leadCallerOn(commands, call);
    assert.deepEqual(asked, [`uuid_getvar ${call.uniqueId} current_application`]);
    assert.deepEqual(tried, [`uuid_break ${call.uniqueId} all`]);
  });

  for (const application of ['voicemail', 'socket', 'bridge', undefined])
    it(`B5: who is in ${application ?? 'nothing that can be named'} is left alone`, async () => {
      const { commands, tried } = commandsOn(application);
      await leadCallerOn(commands, call);
      assert.deepEqual(tried, []);
    });

  it('an id that is none is put into no command', async () => {
    const { commands, asked } = commandsOn('playback');
    await assert.rejects(leadCallerOn(commands, { ...call, uniqueId: 'a b\nc' }));
    assert.deepEqual(asked, []);
  });
});
