/** Queues and agents named by users of a file: they must exist, in the file or in the store already. */
import { canonical } from './names.js';
import type { CurrentRows } from './plan.js';
import { queuesAfter } from './queues-after.js';
import type { Provisioning, SchemaProblem } from './schema.js';

/** May everything on the own API, which no list of queues narrows. */
const adminFunction = 'tandem_admin';

export function userProblems(wanted: Provisioning, current: CurrentRows): readonly SchemaProblem[] {
  if (!wanted.users.some(({ queues, agent }) => queues !== undefined || agent !== undefined)) return [];
  const after = queuesAfter(wanted, current);
  return wanted.users.flatMap(({ queues = 'all', agent = '', functions }, i) => {
    const problems = (queues === 'all' ? [] : queues).flatMap((name, n): SchemaProblem[] =>
      after.queues.has(canonical(name)) ? [] : [{ path: ['users', i, 'queues', n], message: `queue "${name}" is unknown` }],
    );
    if (agent !== '' && !after.agents.has(canonical(agent)))
      problems.push({ path: ['users', i, 'agent'], message: `agent "${agent}" is unknown` });
    if (queues !== 'all' && functions.includes(adminFunction))
      problems.push({ path: ['users', i, 'queues'], message: `${adminFunction} is for all queues` });
    return problems;
  });
}
