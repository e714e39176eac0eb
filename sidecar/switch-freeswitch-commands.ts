/** Small orders to a FreeSWITCH whose failure only the log wants to know: the channel has gone, or the link. */
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { CommandHeaders } from '../esl-outbound/command.js';
import { refusalOf } from '../esl-outbound/connection.js';
import { quotedValue } from '../esl-outbound/variables.js';
import type { EslLink } from './esl.js';

export interface FreeswitchCommands {
  tryApi(command: string): void;
  tryCommand(command: string, headers: CommandHeaders): void;
  /** Hang up; a channel that is not there is no error. */
  kill(uuids: Iterable<string>, cause: string): void;
  /** Variables on a channel, with any characters in their values. */
  set(uuid: string, variables: Readonly<Record<string, string>>): void;
  /** Output of a question; undefined when there is no such channel, no value, or no link. */
  ask(command: string): Promise<string | undefined>;
}

export function createFreeswitchCommands({ link, log }: { readonly link: EslLink; readonly log: Log }): FreeswitchCommands {
  const failed = (command: string, error: unknown) =>
    // while the link is down everything fails, which it has said itself
    log[hasCode(error, 'TDM_SWITCH_DOWN') ? 'debug' : 'warn'](
      { err: error, command: command.split(' ', 1)[0] },
      'queue: order to FreeSWITCH failed',
    );

  function tryApi(command: string): void {
    link.api(command).then(
      (output) => {
        const refusal = refusalOf(output);
        if (refusal !== undefined) log.debug({ command: command.split(' ', 1)[0], refusal }, 'queue: order to FreeSWITCH refused');
      },
      (error: unknown) => failed(command, error),
    );
  }

  return {
    tryApi,
    tryCommand(command, headers) {
      link.command(command, headers).catch((error: unknown) => failed(command, error));
    },
    kill(uuids, cause) {
      for (const uuid of uuids) tryApi(`uuid_kill ${uuid} ${cause}`);
    },
    set(uuid, variables) {
      for (const [name, value] of Object.entries(variables)) {
        const quoted = quotedValue(value);
        tryApi(`uuid_setvar ${uuid} ${name}${quoted === '' ? '' : ` ${quoted}`}`);
      }
    },
    async ask(command) {
      try {
        const output = (await link.api(command)).trim();
        return output === '' || output === '_undef_' || refusalOf(output) !== undefined ? undefined : output;
      } catch (error) {
        failed(command, error);
        return undefined;
      }
    },
  };
}
