/** Names that the file uses must exist, in the file or in the store already. */
import type { MenuDefinition } from '../menu/definition.js';
import { canonical } from './plan.js';
import type { CurrentRows, ProvisionedTable } from './plan.js';
import { checkQueueReferences } from './queue-references.js';
import { wantedTiers } from './queue-rows.js';
import type { Provisioning, SchemaProblem } from './schema.js';
import { userProblems } from './user-references.js';

export function checkReferences(wanted: Provisioning, current: CurrentRows): readonly SchemaProblem[] {
  const groups = known(current, 'vicidial_user_groups', 'user_group', [...wanted.user_groups.map((g) => g.id), 'ADMIN']);
  const menus = known(
    current,
    'tandem_menus',
    'menu_id',
    wanted.menus.map((m) => m.id),
  );
  const users = known(
    current,
    'vicidial_users',
    'user',
    wanted.users.map((u) => u.user),
  );
  const containers = known(
    current,
    'vicidial_settings_containers',
    'container_id',
    [...wanted.containers, ...wanted.peers].map((c) => c.id),
  );
  for (const row of current.tandem_peers ?? []) containers.add(canonical(row['peer_id']));
  return [
    ...twice(wanted),
    ...wanted.users.flatMap((u, i) =>
      groups.has(canonical(u.user_group)) ? [] : [{ path: ['users', i, 'user_group'], message: `user group "${u.user_group}" is unknown` }],
    ),
    ...wanted.peers.flatMap((p, i) =>
      p.account && !users.has(canonical(p.account.user))
        ? [{ path: ['peers', i, 'account', 'user'], message: `user "${p.account.user}" is unknown` }]
        : [],
    ),
    ...wanted.menus.flatMap((menu, i) => menuProblems(menu, i, menus, containers)),
    ...userProblems(wanted, current),
    ...checkQueueReferences(wanted, current),
  ];
}

function known(current: CurrentRows, table: ProvisionedTable, column: string, more: readonly string[]): Set<string> {
  return new Set([...(current[table] ?? []).map((row) => row[column]), ...more].map(canonical));
}

function menuProblems(menu: MenuDefinition, i: number, menus: ReadonlySet<string>, containers: ReadonlySet<string>): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  for (const [key, option] of Object.entries(menu.options))
    if (option.route.kind === 'menu' && !menus.has(canonical(option.route.menuId)))
      problems.push({ path: ['menus', i, 'options', key], message: `menu "${option.route.menuId}" is unknown` });
  for (const [, containerId = ''] of menu.prompt.matchAll(/(?:cm_sc_)?ccc_lookup_insert(?:\.agi)?,([A-Za-z0-9_.-]+)/g)) {
    const id = containerId.split('---')[0] ?? '';
    if (!containers.has(canonical(id))) problems.push({ path: ['menus', i, 'prompt'], message: `settings container "${id}" is unknown` });
  }
  return problems;
}

/** The same key twice in one section would make the result depend on the order. */
function twice(wanted: Provisioning): SchemaProblem[] {
  const sections: readonly (readonly [string, readonly (string | number)[]])[] = [
    ['users', wanted.users.map((x) => x.user)],
    ['user_groups', wanted.user_groups.map((x) => x.id)],
    ['containers', wanted.containers.map((x) => x.id)],
    ['peers', wanted.peers.map((x) => x.id)],
    ['lists', wanted.lists.map((x) => x.list_id)],
    ['leads', wanted.leads.map((x) => x.lead_id)],
    ['menus', wanted.menus.map((x) => x.id)],
    ['calls', wanted.calls.map((x) => x.code)],
    ['ip_lists', wanted.ip_lists.map((x) => x.id)],
    ['servers', wanted.servers.map((x) => x.server_ip)],
    ['queues', wanted.queues.map((x) => x.id)],
    ['agents', wanted.agents.map((x) => x.id)],
    ['tiers', wantedTiers(wanted).map((x) => `${x.queue} ${x.agent}`)],
    ['callers', wanted.callers.map((x) => x.number)],
  ];
  return sections.flatMap(([section, ids]) => {
    const seen = new Set<string>();
    return ids.flatMap((id, i) => {
      const again = seen.has(canonical(id));
      seen.add(canonical(id));
      return again ? [{ path: [section, i], message: `"${String(id)}" stands here twice` }] : [];
    });
  });
}
