/** A menu with its sub-menus as a text tree, for `tandem menu show`. */
import type { MenuDefinition, MenuRoute, OpeningHours } from './definition.js';
import { spansText, weekdayNames } from './hours.js';

/** A tree with more lines than this is cut, with a line that says so. */
export const treeLinesMax = 5_000;
/** Menus within menus that are still drawn. */
export const treeDepthMax = 20;

/** Find a menu by id. */
export type FindMenu = (menuId: string) => MenuDefinition | undefined;

/**
 * The tree, one line per menu option. Each menu is shown once; where it occurs again the line says
 * `shown above`, or `loop` when it leads back to a menu it hangs from.
 */
export function menuTree(find: FindMenu, rootId: string): string {
  const lines: string[] = [];
  const shown = new Set<string>();
  const menu = find(rootId);
  lines.push(menu ? title(menu) : `${rootId} (UNKNOWN MENU)`);
  if (menu) addOptions(menu, '', [rootId], { find, shown, lines });
  if (lines.length < treeLinesMax) return lines.join('\n') + '\n';
  return `${lines.slice(0, treeLinesMax).join('\n')}\n... cut after ${treeLinesMax} lines\n`;
}

interface Drawing {
  readonly find: FindMenu;
  readonly shown: Set<string>;
  readonly lines: string[];
}

function addOptions(menu: MenuDefinition, indent: string, path: readonly string[], drawing: Drawing): void {
  drawing.shown.add(menu.id);
  const details = detailsOf(menu);
  const options = Object.entries(menu.options).sort(([a], [b]) => optionRank(a) - optionRank(b) || (a < b ? -1 : 1));
  for (const detail of details) drawing.lines.push(`${indent}${options.length > 0 ? '│' : ' '}  ${detail}`);
  options.forEach(([key, option], index) => {
    if (drawing.lines.length >= treeLinesMax) return;
    const last = index === options.length - 1;
    const description = option.description === '' ? '' : `  # ${option.description}`;
    const head = `${indent}${last ? '└─' : '├─'} ${key}: `;
    if (option.route.kind !== 'menu') drawing.lines.push(`${head}${routeText(option.route)}${description}`);
    else addMenu(option.route.menuId, { head, description, indent: indent + (last ? '   ' : '│  ') }, path, drawing);
  });
}

function addMenu(
  menuId: string,
  line: { head: string; description: string; indent: string },
  path: readonly string[],
  drawing: Drawing,
): void {
  const menu = drawing.find(menuId);
  const again = path.includes(menuId)
    ? ' (loop)'
    : drawing.shown.has(menuId)
      ? ' (shown above)'
      : path.length >= treeDepthMax
        ? ' (too deep)'
        : '';
  const text = menu ? (again === '' ? title(menu) : menuId) : `${menuId} (UNKNOWN MENU)`;
  drawing.lines.push(`${line.head}menu ${text}${again}${line.description}`);
  if (menu && again === '') addOptions(menu, line.indent, [...path, menuId], drawing);
}

const title = (menu: MenuDefinition): string => (menu.name === menu.id || menu.name === '' ? menu.id : `${menu.id} "${menu.name}"`);

function detailsOf(menu: MenuDefinition): readonly string[] {
  const repeats = menu.repeats === 0 ? 'no repeat' : `${menu.repeats} ${menu.repeats === 1 ? 'repeat' : 'repeats'}`;
  return [
    `prompt: ${menu.prompt === '' ? 'none' : menu.prompt} (waits ${menu.timeoutS} s, ${repeats})`,
    ...(menu.timeoutPrompt === '' ? [] : [`timeout prompt: ${menu.timeoutPrompt}`]),
    ...(menu.invalidPrompt === '' ? [] : [`invalid prompt: ${menu.invalidPrompt}`]),
    ...(menu.hours ? [`hours: ${hoursText(menu.hours)}`] : []),
  ];
}

/** Keys in the order of a phone, then letters, then the words. */
function optionRank(key: string): number {
  const place = '1234567890*#'.indexOf(key);
  if (key.length === 1) return place >= 0 ? place : 20;
  return 30 + ['TIMEOUT', 'INVALID', 'CLOSED'].indexOf(key);
}

/** What a route does, in a few words. */
export function routeText(route: MenuRoute): string {
  switch (route.kind) {
    case 'menu':
      return `menu ${route.menuId}`;
    case 'queue':
      return `queue ${route.queue}${queueDetails(route)}`;
    case 'extension':
      return `extension ${route.extension} in ${route.context}${route.priority === undefined ? '' : `, priority ${route.priority}`}`;
    case 'did':
      return `did ${route.number}`;
    case 'phone':
      return `phone ${route.extension}`;
    case 'voicemail':
      return `voicemail ${route.mailbox}${route.instructions ? '' : ', no instructions'}`;
    case 'application':
      return `application ${route.application}${route.argument === '' ? '' : `(${route.argument})`}`;
    case 'hangup':
      return route.prompts.length === 0 ? 'hang up' : `hang up after ${route.prompts.join(', ')}`;
  }
}

function queueDetails(route: Extract<MenuRoute, { kind: 'queue' }>): string {
  const details = [
    ...(route.callerIdPrefix === undefined ? [] : [`prefix "${route.callerIdPrefix}"`]),
    ...(route.priority === undefined ? [] : [`priority ${route.priority}`]),
    ...(route.maxWaitS === undefined ? [] : [`at most ${route.maxWaitS} s`]),
  ];
  return details.length === 0 ? '' : ` (${details.join(', ')})`;
}

function hoursText(hours: OpeningHours): string {
  const days = weekdayNames.map((day, i) => `${day} ${spansText(hours.week[i] ?? [])}`);
  const holidays = Object.keys(hours.holidays).length;
  return `${days.join('; ')}${holidays === 0 ? '' : `; ${holidays} ${holidays === 1 ? 'holiday' : 'holidays'}`} (${hours.zone})`;
}
