/**
 * What a menu's scripts and application routes run: an application of ours in this process, on the
 * same call, or else a script of the switch, which the door knows how to start.
 */
import type { Call, CallApplication } from '../call.js';
import { TandemError } from '../errors.js';

/** Applications that call applications: deeper is a loop (a menu that runs the application `menu`). */
export const nestedApplicationsMax = 5;

/** Run a script or application; the name of a menu option that it asks for, if any. */
export type RunScript = (call: Call, script: string, argument: string) => Promise<string | undefined>;

export interface ScriptRunnerDeps {
  /** our applications by name, the same table as the door's */
  readonly applications: Readonly<Record<string, CallApplication>>;
  /** a script of the switch; rejects TDM_NOT_FOUND when this switch has no such scripts */
  readonly runOutside: RunScript;
}

export function createScriptRunner(deps: ScriptRunnerDeps): RunScript {
  const depths = new WeakMap<Call, number>();
  return async (call, script, argument) => {
    const run = applicationOf(deps.applications, script);
    if (!run) return deps.runOutside(call, script, argument);
    const depth = (depths.get(call) ?? 0) + 1;
    if (depth > nestedApplicationsMax) throw new TandemError('TDM_BUSY', [`${nestedApplicationsMax} applications within each other`]);
    const inner = withArguments(call, argument === '' ? [] : argument.split(','));
    depths.set(inner, depth);
    await run(inner);
    return undefined;
  };
}

/** By its own name, and with or without `.agi`. A script at another address is never ours. */
function applicationOf(applications: Readonly<Record<string, CallApplication>>, script: string): CallApplication | undefined {
  const bare = script.replace(/\.agi$/, '');
  for (const name of [script, bare, `${bare}.agi`]) if (Object.hasOwn(applications, name)) return applications[name];
  return undefined;
}

/**
 * The lookup as a menu needs it: run the application on this call, but take its exit letter instead of
 * leaving for it (the menu has the options). '' when it set none. The result is the menu's to tell: a letter there
 * would look like a menu that ended, should this process die while the caller is still in it.
 */
export function lookupLetter(lookup: CallApplication): (call: Call, argument: string) => Promise<string> {
  return async (call, argument) => {
    let letter = '';
    const inner = withArguments(call, [argument], new Map([['goto', 'no']]));
    await lookup({
      ...inner,
      setVariable: async (name, value) => {
        if (name === 'ccc_result') letter = value;
        if (name !== 'TANDEM_RESULT') await call.setVariable(name, value);
      },
    });
    return letter;
  };
}

/** The same live call with other arguments and other parameters of the address. */
export function withArguments(call: Call, args: readonly string[], query: ReadonlyMap<string, string> = new Map()): Call {
  return {
    switchKind: call.switchKind,
    uniqueId: call.uniqueId,
    channel: call.channel,
    callerIdName: call.callerIdName,
    callerIdNumber: call.callerIdNumber,
    context: call.context,
    extension: call.extension,
    args,
    query,
    signal: call.signal,
    answer: () => call.answer(),
    play: (file, keys) => call.play(file, keys),
    waitForDigit: (timeoutMs) => call.waitForDigit(timeoutMs),
    getVariable: (name) => call.getVariable(name),
    setVariable: (name, value) => call.setVariable(name, value),
    setCallerId: (name, number) => call.setCallerId(name, number),
    execute: (application, argument) => call.execute(application, argument),
    goto: (place) => call.goto(place),
    hangup: () => call.hangup(),
  };
}
