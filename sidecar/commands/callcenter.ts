/** `tandem callcenter_config ...` and its sisters: mod_callcenter's commands, asked of the running Tandem (freeswitch-callcenter 9). */
import type { Command } from 'commander';
import { joinWords } from '../../core/callcenter/split-words.js';
import { askText } from '../api-client.js';
import { addressOf, reaching, type Where } from './address.js';

const commands = {
  callcenter_config: 'queues, agents, tiers and members in the words of mod_callcenter; without words it says what there is',
  callcenter_break: 'agent CHANNEL-UUID: the agent is free at once, the talk goes on',
  callcenter_track: 'AGENT CHANNEL-UUID: a call outside the queues until that channel is gone',
} as const;

export function addCallcenter(program: Command): void {
  // words behind the first one belong to the command, also when they look like options
  program.enablePositionalOptions();
  for (const [name, description] of Object.entries(commands))
    reaching(program.command(name).description(description).argument('[words...]', "as on FreeSWITCH's command line"))
      .passThroughOptions()
      .action((words: readonly string[], where: Where) => run(name, words, where));
}

/** Exit code 1 for `-ERR` and for a word that is unknown; callcenter_break answers nothing when it worked. */
async function run(name: string, words: readonly string[], where: Where): Promise<void> {
  // one text is as it would stand on FreeSWITCH's command line; the shell has taken several apart already
  const args = words.length === 1 ? (words[0] ?? '') : joinWords(words);
  const answer = await askText(addressOf(where), `/api/${name}`, args);
  const isDone = answer !== '' || name === 'callcenter_break';
  process.stdout.write(isDone ? (answer.endsWith('\n') || answer === '' ? answer : `${answer}\n`) : '-ERR no reply\n');
  if (!isDone || answer.startsWith('-ERR')) process.exitCode = 1;
}
