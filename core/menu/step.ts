/**
 * A call menu as a pure function: event in, state and effects out (vicidial-ccc 5.1). Same state, event
 * and time give the same step. The last effect of a step is the one order whose end is the next event;
 * the ones before it are only to be noted.
 */
import type { ErrorCode } from '../errors.js';
import type { MenuDefinition, MenuRoute } from './definition.js';
import { isOpen } from './hours.js';
import { lookupFirst, parsePrompt } from './prompt.js';
import type { PromptPart } from './prompt.js';

/** A caller may walk from menu to menu so often; more is a loop. */
export const menuJumpsMax = 50;
/** Wrong keys in one visit of a menu without an INVALID option. */
export const invalidKeysMax = 3;
/** Time in menus altogether, before a route is taken. */
export const menuMsMax = 600_000;

const allKeys = '0123456789*#';

export type MenuResult = 'ok' | 'timeout' | 'invalid' | 'closed' | 'hangup' | 'error';

/** How a call leaves its menus. */
export interface MenuExit {
  readonly result: MenuResult;
  /** key, letter, TIMEOUT, INVALID or CLOSED; '' when none was taken */
  readonly option: string;
  readonly menuId: string;
  /** what to do now; undefined = the dialplan goes on */
  readonly route: Exclude<MenuRoute, { kind: 'menu' }> | undefined;
  /** of an error */
  readonly reason: ErrorCode | undefined;
}

export type MenuEvent =
  | { readonly type: 'menu-loaded'; readonly menu: MenuDefinition | undefined }
  /** a sound ended, or `key` stopped it */
  | { readonly type: 'played'; readonly key: string }
  /** the wait for a key ended; '' = none came */
  | { readonly type: 'waited'; readonly key: string }
  /** a lookup or script ended; it may name an option */
  | { readonly type: 'script-ended'; readonly letter: string | undefined }
  | { readonly type: 'caller-left' };

export type MenuEffect =
  | { readonly type: 'note-key'; readonly menuId: string; readonly key: string }
  | { readonly type: 'note-problem'; readonly menuId: string; readonly problem: string }
  | MenuOrder;

export type MenuOrder =
  | { readonly type: 'load-menu'; readonly menuId: string }
  | { readonly type: 'play'; readonly file: string; readonly keys: string }
  | { readonly type: 'wait'; readonly waitMs: number }
  | { readonly type: 'run-lookup'; readonly argument: string }
  | { readonly type: 'run-script'; readonly script: string; readonly argument: string }
  | { readonly type: 'leave'; readonly exit: MenuExit };

/** One stay in one menu. */
interface Visit {
  readonly menu: MenuDefinition;
  readonly parts: readonly PromptPart[];
  readonly round: number;
  readonly invalidKeys: number;
  /** lookups before this part have run; they run once per visit */
  readonly lookupsDone: number;
}

type Phase =
  | { readonly kind: 'loading'; readonly menuId: string }
  /** performing part `index`; `heldKey` was pressed before a lookup that must come first */
  | { readonly kind: 'prompting'; readonly visit: Visit; readonly index: number; readonly heldKey: string }
  | { readonly kind: 'waiting'; readonly visit: Visit }
  /** saying why: sounds from `index` on, then the decision */
  | {
      readonly kind: 'telling';
      readonly visit: Visit;
      readonly files: readonly string[];
      readonly index: number;
      readonly why: 'timeout' | 'invalid';
    }
  /** closed, but the route leads outside: the lookup first */
  | { readonly kind: 'closing'; readonly visit: Visit }
  | { readonly kind: 'left' };

export interface MenuState {
  readonly phase: Phase;
  readonly jumps: number;
  readonly deadlineMs: number;
}

export interface MenuStep {
  readonly state: MenuState;
  readonly effects: readonly MenuEffect[];
}

type Notes = readonly MenuEffect[];

/** The first step of a call: ask for its menu. */
export function enterMenu(menuId: string, nowMs: number, msMax: number = menuMsMax): MenuStep {
  return { state: { phase: { kind: 'loading', menuId }, jumps: 0, deadlineMs: nowMs + msMax }, effects: [{ type: 'load-menu', menuId }] };
}

export function stepMenu(state: MenuState, event: MenuEvent, nowMs: number): MenuStep {
  if (event.type === 'caller-left')
    return leave(state, { result: 'hangup', option: '', menuId: menuIdOf(state), route: undefined, reason: undefined });
  return inTime(state, advance(state, event, nowMs), nowMs);
}

function advance(state: MenuState, event: Exclude<MenuEvent, { type: 'caller-left' }>, nowMs: number): MenuStep {
  const { phase } = state;
  if (phase.kind === 'loading' && event.type === 'menu-loaded') return open(state, phase.menuId, event.menu, nowMs);
  if (phase.kind === 'prompting' && event.type === 'played')
    return goOn(state, phase.visit, phase.index + 1, event.key || phase.heldKey, nowMs);
  if (phase.kind === 'prompting' && event.type === 'script-ended') return scriptEnded(state, phase, event.letter, nowMs);
  if (phase.kind === 'waiting' && event.type === 'waited') {
    return event.key === '' ? noKey(state, phase.visit, nowMs) : choose(state, phase.visit, event.key, nowMs);
  }
  if (phase.kind === 'telling' && event.type === 'played') return tell(state, phase.visit, phase.why, phase.files, phase.index + 1, nowMs);
  // Opening hours have decided already; the letter only made the lead known.
  if (phase.kind === 'closing' && event.type === 'script-ended') return take(state, phase.visit, 'CLOSED', 'closed');
  throw new Error(`menu: event ${event.type} in phase ${phase.kind}`);
}

/** A menu begins: closed, or its first part. */
function open(state: MenuState, menuId: string, menu: MenuDefinition | undefined, nowMs: number): MenuStep {
  if (!menu) return leave(state, { result: 'error', option: '', menuId, route: undefined, reason: 'TDM_NOT_FOUND' });
  const prompt = parsePrompt(menu.prompt);
  const visit: Visit = { menu, parts: lookupFirst(prompt.parts), round: 0, invalidKeys: 0, lookupsDone: 0 };
  const notes = prompt.problems.map((problem): MenuEffect => ({ type: 'note-problem', menuId, problem }));
  return noted(notes, menu.hours && !isOpen(menu.hours, nowMs) ? closed(state, visit) : goOn(state, visit, 0, '', nowMs));
}

function closed(state: MenuState, visit: Visit): MenuStep {
  const route = optionOf(visit.menu, 'CLOSED');
  const lookup = visit.parts.find((part) => part.kind === 'lookup');
  // Queues and scripts read the caller code, and must not find a foreign one (vicidial-ccc 5.1, W-14).
  if (lookup && (route?.kind === 'queue' || route?.kind === 'application')) {
    return order({ ...state, phase: { kind: 'closing', visit } }, { type: 'run-lookup', argument: lookup.argument });
  }
  return take(state, visit, 'CLOSED', 'closed');
}

/** Perform the parts from `index` on. A held key skips everything but a lookup that has not run yet. */
function goOn(state: MenuState, visit: Visit, index: number, heldKey: string, nowMs: number): MenuStep {
  const next = visit.parts.findIndex((part, i) => i >= index && isDue(part, i, visit, heldKey));
  const part = visit.parts[next];
  if (part === undefined) return heldKey === '' ? awaitKey(state, visit, nowMs) : choose(state, visit, heldKey, nowMs);
  return order({ ...state, phase: { kind: 'prompting', visit, index: next, heldKey } }, orderOf(part, visit.menu));
}

function isDue(part: PromptPart, index: number, visit: Visit, heldKey: string): boolean {
  return part.kind === 'lookup' ? index >= visit.lookupsDone : heldKey === '';
}

function orderOf(part: PromptPart, menu: MenuDefinition): MenuOrder {
  switch (part.kind) {
    case 'play':
      return { type: 'play', file: part.file, keys: part.interruptible && hasKeys(menu) ? allKeys : '' };
    case 'lookup':
      return { type: 'run-lookup', argument: part.argument };
    case 'script':
      return { type: 'run-script', script: part.script, argument: part.argument };
  }
}

/** A lookup's letter, or the option a script asked for, is followed at once when the menu has it (V24 to V28). */
function scriptEnded(state: MenuState, phase: Extract<Phase, { kind: 'prompting' }>, letter: string | undefined, nowMs: number): MenuStep {
  const { index, heldKey } = phase;
  const visit = { ...phase.visit, lookupsDone: Math.max(phase.visit.lookupsDone, index + 1) };
  if (letter === undefined || letter === '') return goOn(state, visit, index + 1, heldKey, nowMs);
  if (optionOf(visit.menu, letter)) return take(state, visit, letter, 'ok');
  const note: MenuEffect = { type: 'note-problem', menuId: visit.menu.id, problem: `no option for result ${letter.slice(0, 10)}` };
  return noted([note], goOn(state, visit, index + 1, heldKey, nowMs));
}

function awaitKey(state: MenuState, visit: Visit, nowMs: number): MenuStep {
  const waitMs = Math.min(visit.menu.timeoutS * 1000, state.deadlineMs - nowMs);
  return waitMs <= 0 ? noKey(state, visit, nowMs) : order({ ...state, phase: { kind: 'waiting', visit } }, { type: 'wait', waitMs });
}

function noKey(state: MenuState, visit: Visit, nowMs: number): MenuStep {
  if (visit.round < visit.menu.repeats && nowMs < state.deadlineMs) return goOn(state, { ...visit, round: visit.round + 1 }, 0, '', nowMs);
  return tell(state, visit, 'timeout', soundsOf(visit.menu.timeoutPrompt), 0, nowMs);
}

function choose(state: MenuState, visit: Visit, key: string, nowMs: number): MenuStep {
  const notes: Notes = visit.menu.logKeys ? [{ type: 'note-key', menuId: visit.menu.id, key }] : [];
  if (optionOf(visit.menu, key)) return noted(notes, take(state, visit, key, 'ok'));
  const again = { ...visit, invalidKeys: visit.invalidKeys + 1 };
  return noted(notes, tell(state, again, 'invalid', soundsOf(visit.menu.invalidPrompt), 0, nowMs));
}

/** Say why, then follow TIMEOUT or INVALID; without such an option a wrong key begins the prompts again. */
function tell(
  state: MenuState,
  visit: Visit,
  why: 'timeout' | 'invalid',
  files: readonly string[],
  index: number,
  nowMs: number,
): MenuStep {
  const file = files[index];
  if (file !== undefined)
    return order({ ...state, phase: { kind: 'telling', visit, files, index, why } }, { type: 'play', file, keys: '' });
  const option = why === 'timeout' ? 'TIMEOUT' : 'INVALID';
  if (why === 'timeout' || optionOf(visit.menu, option) || visit.invalidKeys >= invalidKeysMax) return take(state, visit, option, why);
  return goOn(state, visit, 0, '', nowMs);
}

/** Follow an option, if the menu has it: to another menu, or out. */
function take(state: MenuState, visit: Visit, option: string, result: MenuResult): MenuStep {
  const route = optionOf(visit.menu, option);
  const exit = { result, option: route ? option : '', menuId: visit.menu.id, reason: undefined };
  if (route?.kind !== 'menu') return leave(state, { ...exit, route });
  if (state.jumps >= menuJumpsMax) return leave(state, { ...exit, result: 'error', route: undefined, reason: 'TDM_BUSY' });
  return order(
    { ...state, jumps: state.jumps + 1, phase: { kind: 'loading', menuId: route.menuId } },
    { type: 'load-menu', menuId: route.menuId },
  );
}

/** Nothing new begins after the deadline, except a lookup, which has its own; a decision that was made still counts. */
function inTime(before: MenuState, made: MenuStep, nowMs: number): MenuStep {
  const last = made.effects.at(-1);
  if (nowMs < made.state.deadlineMs || last?.type === 'leave' || last?.type === 'run-lookup') return made;
  const notes = made.effects.slice(0, -1);
  const menu = 'visit' in before.phase ? before.phase.visit.menu : undefined;
  const route = menu && optionOf(menu, 'TIMEOUT');
  const out = route && route.kind !== 'menu' ? route : undefined;
  return noted(
    notes,
    leave(before, { result: 'timeout', option: out ? 'TIMEOUT' : '', menuId: menuIdOf(before), route: out, reason: undefined }),
  );
}

function leave(state: MenuState, exit: MenuExit): MenuStep {
  return order({ ...state, phase: { kind: 'left' } }, { type: 'leave', exit });
}

const order = (state: MenuState, effect: MenuOrder): MenuStep => ({ state, effects: [effect] });

const noted = (notes: Notes, made: MenuStep): MenuStep =>
  notes.length === 0 ? made : { state: made.state, effects: [...notes, ...made.effects] };

function optionOf(menu: MenuDefinition, option: string): MenuRoute | undefined {
  return Object.hasOwn(menu.options, option) ? menu.options[option]?.route : undefined;
}

const hasKeys = (menu: MenuDefinition): boolean => Object.keys(menu.options).some((key) => /^[0-9*#]$/.test(key));

/** Sounds of a timeout or invalid prompt. */
function soundsOf(prompt: string): readonly string[] {
  return parsePrompt(prompt).parts.flatMap((part) => (part.kind === 'play' ? [part.file] : []));
}

function menuIdOf(state: MenuState): string {
  const { phase } = state;
  if (phase.kind === 'loading') return phase.menuId;
  return 'visit' in phase ? phase.visit.menu.id : '';
}
