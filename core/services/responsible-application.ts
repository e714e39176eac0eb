/**
 * The application `responsible`: `responsible,<binding>,<number>`, or `?crm=<binding>&number=<number>`. The dialplan always
 * gets all variables and goes on; crm-vtiger 6 names them. Without a binding the only one is meant, without a number the caller's.
 */
import type { Call, CallApplication } from '../call.js';
import type { Log } from '../ports.js';
import type { ResponsibleFinder } from './responsible.js';
import { setVariables } from './set-variables.js';

export interface ResponsibleApplicationDeps {
  readonly finders: ReadonlyMap<string, ResponsibleFinder>;
  /** channel to dial for an extension; undefined: not in the binding's map */
  readonly channelOf: (binding: string, extension: string) => string | undefined;
  readonly log: Log;
}

export function createResponsibleApplication({ finders, channelOf, log }: ResponsibleApplicationDeps): CallApplication {
  return async (call: Call) => {
    const asked = call.query.get('crm') ?? call.args[0] ?? '';
    const binding = asked === '' ? ([...finders.keys()][0] ?? '') : asked;
    const number = (call.query.get('number') ?? call.args[1] ?? '') || call.callerIdNumber;
    const finder = finders.get(binding);
    if (!finder) log.warn({ binding, call: call.uniqueId }, 'responsible: there is no such CRM binding that can be asked');
    const answer = finder ? await finder.find(number) : { status: 'ERROR', extension: '', name: '', record: '', isStale: false };
    const channel = answer.extension === '' ? undefined : channelOf(binding, answer.extension);
    // an extension of which we know no telephone leads nowhere
    const isUsable = answer.status !== 'FOUND' || channel !== undefined;
    await setVariables(call, {
      TANDEM_RESP_STATUS: isUsable ? answer.status : 'NOUSER',
      TANDEM_RESP_EXT: isUsable ? answer.extension : '',
      TANDEM_RESP_CHANNEL: channel ?? '',
      TANDEM_RESP_NAME: answer.name,
      TANDEM_RESP_RECORD: answer.record,
      TANDEM_RESP_STALE: answer.isStale ? '1' : '',
      TANDEM_RESULT: 'ok',
    });
  };
}
