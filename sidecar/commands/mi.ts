/** `tandem mi COMMAND [PARAMETER...]`: OpenSIPS's management commands, asked of the running Tandem. */
import type { Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { askMi } from '../api-client.js';
import { addressOf, reaching, type Where } from './address.js';
import { print } from './context.js';

export function addMi(program: Command): void {
  reaching(
    program
      .command('mi')
      .description("OpenSIPS's management commands: list_agents, agent_login, get_statistics, ...; `tandem mi which` lists them")
      .argument('<command>', 'with or without its group: cc_list_agents, call_center:list_agents, list_agents')
      .argument('[parameters...]', 'by place, or all of them as name=value'),
  ).action(async (command: string, parameters: readonly string[], where: Where) => {
    print(JSON.stringify(await askMi(addressOf(where), command, paramsOf(parameters)), undefined, 4));
  });
}

/** `agent_id=a1 state=1` or `a1 1`; a list is `statistics=a,b`. */
function paramsOf(words: readonly string[]): readonly string[] | Readonly<Record<string, string | readonly string[]>> {
  const pairs = words.map((word) => /^([a-z_]+)=(.*)$/s.exec(word));
  if (!pairs.some((pair) => pair !== null)) return words;
  if (pairs.some((pair) => pair === null)) throw new TandemError('TDM_BAD_REQUEST', ['parameters are either all by name or all by place']);
  return Object.fromEntries(
    pairs.map((pair): [string, string | readonly string[]] => {
      const [, name = '', value = ''] = pair ?? [];
      return [name, name === 'statistics' ? value.split(',') : value];
    }),
  );
}
