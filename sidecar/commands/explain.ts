/** `tandem explain call|agent|decisions|campaign|contact`: why was nobody called, asked of the running Tandem (B31). */
import type { Command } from 'commander';
import { agentText, callText, decisionsText } from '../../core/acd/explain-text.js';
import type { Decision } from '../../core/acd/records.js';
import { askApi } from '../api-client.js';
import { addressOf, reaching, type Where as Reached } from './address.js';
import { print } from './context.js';

interface Where extends Reached {
  readonly json: boolean;
}

export function addExplain(program: Command): void {
  const explain = program.command('explain').description('why was nobody called? asks the running Tandem');

  asking(
    explain
      .command('call')
      .description('a waiting caller: why each agent is not offered')
      .argument('<caller>', 'member, unique id of the call, or number'),
  ).action((caller: string, where: Where) => tell(where, `/explain/call/${encodeURIComponent(caller)}`, callText));
  asking(explain.command('agent').description('an agent: which callers could come, and why none does').argument('<agent>')).action(
    (agent: string, where: Where) => tell(where, `/explain/agent/${encodeURIComponent(agent)}`, agentText),
  );
  asking(
    explain.command('campaign').description('a campaign: what binds its pace, and what holds its contacts back').argument('<campaign>'),
  ).action((campaign: string, where: Where) => tell(where, `/dialer/campaigns/${encodeURIComponent(campaign)}/why`, textOf));
  asking(explain.command('contact').description('a contact: each gate before its call').argument('<contact>')).action(
    (contact: string, where: Where) => tell(where, `/dialer/contacts/${encodeURIComponent(contact)}/why`, textOf),
  );
  asking(
    explain
      .command('decisions')
      .description('the last decisions, newest first')
      .option('--queue <queue>', 'of this queue')
      .option('--agent <agent>', 'about this agent')
      .option('--limit <count>', 'how many', '20'),
  ).action((where: Where & { queue?: string; agent?: string; limit: string }) => {
    const { queue, agent, limit } = where;
    const query = new URLSearchParams({ ...(queue !== undefined && { queue }), ...(agent !== undefined && { agent }), limit });
    return tell(where, `/explain/decisions?${query.toString()}`, ({ decisions }: { readonly decisions: readonly Decision[] }) =>
      decisionsText(decisions),
    );
  });
}

/** The dialer puts it into words itself, with the numbers masked for who may not see them. */
const textOf = ({ text }: { readonly text: readonly string[] }): readonly string[] => text;

const asking = (command: Command): Command => reaching(command).option('--json', 'the answer as it came', false);

/** The running Tandem is believed to answer what its own release says it does. */
async function tell(where: Where, path: string, lines: (answer: never) => readonly string[]): Promise<void> {
  const answer = await askApi(addressOf(where), path);
  if (where.json) print(JSON.stringify(answer, undefined, 2));
  else lines(answer as never).forEach(print);
}
