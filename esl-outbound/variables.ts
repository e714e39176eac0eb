/**
 * Channel variables: what we know of them without asking, and how a value goes to FreeSWITCH unchanged.
 *
 * `set` would expand `${...}` in the value twice (once for the application's argument, once by itself), which
 * runs API commands that a caller's name may contain. `api uuid_setvar` expands nothing, takes effect at once
 * (an execute waits about 20 ms in the park loop) and only needs the quoting below.
 */
import { TandemError } from '../core/errors.js';
import type { SwitchEvent } from './event.js';

const variableName = /^[A-Za-z_][\w.:-]{0,127}$/;

/** Throws TDM_BAD_VALUE for a name that FreeSWITCH would read as something else. */
export function checkedName(name: string): string {
  if (!variableName.test(name)) throw new TandemError('TDM_BAD_VALUE', ['variable name', JSON.stringify(name.slice(0, 60))]);
  return name;
}

/**
 * Throws TDM_BAD_VALUE for a value that must not be stored: FreeSWITCH expands `${...}` inside a variable again
 * whenever the dialplan uses it, whoever wrote it.
 */
export function checkedValue(what: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TandemError('TDM_BAD_VALUE', [what, 'a line break or NUL may not be sent']);
  if (value.includes('${')) throw new TandemError('TDM_BAD_VALUE', [what, '"${" would be expanded by FreeSWITCH']);
  return value;
}

/** A value as the last argument of an API command: backslash, quote and outer blanks escaped. */
export function quotedValue(value: string): string {
  return value
    .replace(/[\\']/g, (c) => `\\${c}`)
    .replace(/^ +/, (blanks) => '\\s'.repeat(blanks.length))
    .replace(/ +$/, (blanks) => '\\s'.repeat(blanks.length));
}

/**
 * The newest known values. Events show the variables as they were when the event was made, which may be
 * before a write of ours whose answer came first; so our own writes win until an application that was
 * started after them has completed.
 */
export class KnownVariables {
  #newest: SwitchEvent | undefined;
  readonly #written = new Map<string, string>();

  /** Take the variables of an event. */
  seen(event: SwitchEvent): void {
    if (event.hasVariables) this.#newest = event;
  }

  wrote(name: string, value: string): void {
    this.#written.set(name, value);
  }

  /** An execute of ours completed: its event is newer than all writes before the execute. */
  completed(event: SwitchEvent, writtenBefore: ReadonlyMap<string, string>): void {
    this.seen(event);
    for (const [name, value] of writtenBefore) if (this.#written.get(name) === value) this.#written.delete(name);
  }

  /** Our writes that no event has confirmed yet. */
  unconfirmed(): ReadonlyMap<string, string> {
    return new Map(this.#written);
  }

  /** A non-empty value, '' for one that we emptied, undefined when it must be asked for. */
  get(name: string): string | undefined {
    return this.#written.get(name) ?? this.#newest?.variable(name);
  }
}
