/**
 * A caller in call menus: performs the orders of `core/menu/step.ts` on a live call and then follows
 * the route that was chosen (vicidial-ccc 5.1). Whatever happens, the dialplan finds TANDEM_RESULT.
 */
import type { Call, CallApplication } from '../call.js';
import { checkName } from '../dial-string.js';
import { TandemError, hasCode } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { enterMenu, menuMsMax, stepMenu } from '../menu/step.js';
import type { MenuEffect, MenuEvent, MenuExit, MenuOrder, MenuStep } from '../menu/step.js';
import { requireNumber } from '../phone.js';
import type { PhoneRules } from '../phone.js';
import { defaultPhoneRules } from '../phone.js';
import type { Log, Menus, Meter } from '../ports.js';
import type { QueueOutcome, QueueRequest } from './enter-queue.js';
import type { RunScript } from './run-script.js';

export interface MenuSettings {
  /** time in menus altogether, ms */
  readonly menuMsMax: number;
  /** where DIDs are routed (vicidial-ccc 5.2) */
  readonly didContext: string;
  /** where the phones' extensions are */
  readonly phoneContext: string;
  /** which numbers a DID or phone route may name */
  readonly phoneRules: PhoneRules;
}

export const defaultMenuSettings: MenuSettings = {
  menuMsMax,
  didContext: 'trunkinbound',
  phoneContext: 'default',
  phoneRules: defaultPhoneRules,
};

/** The letter when a lookup fails in a way that it should have answered itself (AGI-4). */
const failedLookupLetter = 'B';

export interface RunMenuDeps {
  readonly menus: Menus;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
  /** the cross-cluster lookup on this call; gives the option letter instead of leaving for it */
  readonly runLookup: (call: Call, argument: string) => Promise<string>;
  readonly runScript: RunScript;
  readonly enterQueue: (call: Call, request: QueueRequest) => Promise<QueueOutcome>;
  readonly voicemail: (call: Call, box: { readonly mailbox: string; readonly instructions: boolean }) => Promise<void>;
  readonly settings: MenuSettings;
}

/** The application `menu,<menu id>`; without an argument `?menu=` or the channel variable `tandem_menu` names it. Never rejects. */
export function createMenuApplication(deps: RunMenuDeps): CallApplication {
  return async (call) => {
    await runMenu(deps, call, async () => call.args[0] ?? call.query.get('menu') ?? (await call.getVariable('tandem_menu')) ?? '');
  };
}

/** Lead the caller through menus, and out by the chosen route. */
export async function runMenu(deps: RunMenuDeps, call: Call, menuId: () => Promise<string>): Promise<MenuExit> {
  let exit: MenuExit = { result: 'error', option: '', menuId: '', route: undefined, reason: 'TDM_INTERNAL' };
  let isDecided = false;
  try {
    const first = checkName('menu', await menuId());
    await call.answer();
    exit = await walk(deps, call, first);
    await setResult(call, exit);
    isDecided = true;
    await follow(deps, call, exit.route);
  } catch (e) {
    // A caller who hangs up in the mailbox has chosen it all the same.
    if (!isDecided || !hasCode(e, 'TDM_CALL_GONE')) {
      exit = failed(exit, e);
      await trySetResult(deps, call, exit);
    }
    if (exit.reason !== undefined) deps.log.warn({ call: call.uniqueId, menu: exit.menuId, reason: exit.reason, err: e }, 'menu failed');
  }
  deps.meter.count('tandem_menu_exits_total', { result: exit.result });
  deps.log.info({ call: call.uniqueId, menu: exit.menuId, option: exit.option, result: exit.result, reason: exit.reason }, 'menu left');
  return exit;
}

function failed(exit: MenuExit, e: unknown): MenuExit {
  if (hasCode(e, 'TDM_CALL_GONE')) return { ...exit, result: 'hangup', reason: undefined };
  const reason: ErrorCode = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
  return { ...exit, result: 'error', reason };
}

async function walk(deps: RunMenuDeps, call: Call, menuId: string): Promise<MenuExit> {
  let made: MenuStep = enterMenu(menuId, deps.nowMs(), deps.settings.menuMsMax);
  for (;;) {
    for (const effect of made.effects.slice(0, -1)) note(deps, call, effect);
    const order = made.effects.at(-1) as MenuOrder; // by the contract of a step
    if (order.type === 'leave') return order.exit;
    made = stepMenu(made.state, await eventOf(deps, call, order), deps.nowMs());
  }
}

/** The caller may be gone before or during an order; nothing more is begun then. */
async function eventOf(deps: RunMenuDeps, call: Call, order: Exclude<MenuOrder, { type: 'leave' }>): Promise<MenuEvent> {
  if (call.signal.aborted) return { type: 'caller-left' };
  try {
    return await perform(deps, call, order);
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE')) return { type: 'caller-left' };
    throw e;
  }
}

/** One order, and the event that its end is. */
async function perform(deps: RunMenuDeps, call: Call, order: Exclude<MenuOrder, { type: 'leave' }>): Promise<MenuEvent> {
  switch (order.type) {
    case 'load-menu':
      return { type: 'menu-loaded', menu: await deps.menus.find(order.menuId) };
    case 'play':
      return { type: 'played', key: await play(deps, call, order.file, order.keys) };
    case 'wait':
      return { type: 'waited', key: await call.waitForDigit(order.waitMs) };
    case 'run-lookup':
      return {
        type: 'script-ended',
        letter: await harmless(deps, call, 'lookup', failedLookupLetter, () => deps.runLookup(call, order.argument)),
      };
    case 'run-script':
      return {
        type: 'script-ended',
        letter: await harmless(deps, call, order.script, undefined, () => deps.runScript(call, order.script, order.argument)),
      };
  }
}

function note(deps: RunMenuDeps, call: Call, effect: MenuEffect): void {
  if (effect.type === 'note-key') deps.log.info({ call: call.uniqueId, menu: effect.menuId, key: effect.key }, 'menu key');
  if (effect.type === 'note-problem') deps.log.warn({ call: call.uniqueId, menu: effect.menuId, problem: effect.problem }, 'menu problem');
}

/** A sound that is missing or refused is passed over: never a dead call for a file. */
async function play(deps: RunMenuDeps, call: Call, file: string, keys: string): Promise<string> {
  try {
    const { digit, missing } = await call.play(file, keys);
    if (missing) deps.log.warn({ call: call.uniqueId, file }, 'menu: sound file is missing');
    return digit;
  } catch (e) {
    if (!hasCode(e, 'TDM_SWITCH_REFUSED', 'TDM_BAD_VALUE')) throw e;
    deps.log.warn({ call: call.uniqueId, file, err: e }, 'menu: sound was not played');
    return '';
  }
}

/** A script that fails does not end the menu. */
async function harmless<T>(deps: RunMenuDeps, call: Call, script: string, otherwise: T, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE') || call.signal.aborted) throw e;
    deps.log.warn({ call: call.uniqueId, script, err: e }, 'menu: script failed');
    return otherwise;
  }
}

/** The last variable is the one the dialplan branches on. A caller in a queue has no result yet: the queue sets it. */
async function setResult(call: Call, exit: MenuExit): Promise<void> {
  await call.setVariable('TANDEM_MENU', exit.menuId);
  await call.setVariable('TANDEM_OPTION', exit.option);
  await call.setVariable('TANDEM_REASON', exit.reason ?? '');
  if (exit.route?.kind === 'queue') return;
  await call.setVariable('TANDEM_RESULT', exit.result === 'ok' && exit.route?.kind === 'hangup' ? 'hangup' : exit.result);
}

async function trySetResult(deps: RunMenuDeps, call: Call, exit: MenuExit): Promise<void> {
  try {
    await setResult(call, { ...exit, route: undefined });
  } catch (e) {
    deps.log.debug({ call: call.uniqueId, result: exit.result, err: e }, 'menu result could not be set');
  }
}

/** Do what the option says. */
async function follow(deps: RunMenuDeps, call: Call, route: MenuExit['route']): Promise<void> {
  if (route === undefined) return;
  switch (route.kind) {
    case 'queue':
      await deps.enterQueue(call, {
        queue: route.queue,
        callerIdPrefix: route.callerIdPrefix,
        priority: route.priority,
        maxWaitS: route.maxWaitS,
      });
      return;
    case 'extension':
      return goto(call, route.context, route.extension, route.priority);
    case 'did':
      return goto(call, deps.settings.didContext, requireNumber(route.number, deps.settings.phoneRules));
    case 'phone':
      return goto(call, deps.settings.phoneContext, requireNumber(route.extension, deps.settings.phoneRules));
    case 'voicemail':
      return deps.voicemail(call, { mailbox: checkName('mailbox', route.mailbox), instructions: route.instructions });
    case 'application':
      await deps.runScript(call, route.application, route.argument);
      return;
    case 'hangup':
      for (const file of route.prompts) await play(deps, call, file, '');
      return call.hangup();
  }
}

function goto(call: Call, context: string, extension: string, priority?: number): Promise<void> {
  return call.goto({
    context: checkName('context', context),
    extension: checkName('extension', extension),
    ...(priority !== undefined && { priority }),
  });
}
