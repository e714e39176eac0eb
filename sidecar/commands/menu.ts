/** `tandem menu list|show ID`: call menus as trees. */
import type { Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { menuTree } from '../../core/menu/tree.js';
import { print, withStore } from './context.js';

export function addMenu(program: Command): void {
  const menu = program.command('menu').description('call menus: list, show as a tree');

  menu.command('list').action(() =>
    withStore(async (store) => {
      for (const { id, name } of await store.menus.all()) print(`${id}\t${name}`);
    }, 'look'),
  );

  menu
    .command('show')
    .description('the menu with its sub-menus, prompts, keys and routes')
    .argument('<id>')
    .action((id: string) =>
      withStore(async (store) => {
        const menus = new Map((await store.menus.all()).map((m) => [m.id, m]));
        if (!menus.has(id)) throw new TandemError('TDM_NOT_FOUND', ['Menu', id]);
        print(menuTree((menuId) => menus.get(menuId), id));
      }, 'look'),
    );
}
