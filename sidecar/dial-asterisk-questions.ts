/** Questions to Asterisk before it dials and about what lives there (dialer.md A8, A15, A18). */
import { callIdOfChannel } from '../core/dialer/dial-strings.js';
import type { DialSwitch } from '../core/dialer-ports.js';
import { checkName } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import type { AmiLink } from './ami.js';
import { endpointState } from './dial-asterisk-facts.js';

export interface AsteriskQuestions extends Pick<DialSwitch, 'checkGateway' | 'hasExtension'> {
  /** Every channel by its unique id, calls of ours by theirs. */
  live(): Promise<ReadonlyMap<string, { readonly isAnswered: boolean }>>;
}

const stateUp = '6';

/** Each rejects like an action of the link. */
export function asteriskQuestions({ action }: Pick<AmiLink, 'action'>): AsteriskQuestions {
  return {
    async checkGateway(gateway) {
      // a name that no endpoint can have
      if (!/^[A-Za-z0-9_.-]{1,40}$/.test(gateway)) return 'invalid';
      try {
        const { events } = await action({ Action: 'PJSIPShowEndpoint', Endpoint: gateway }, { list: true });
        return endpointState(events);
      } catch (error) {
        if (hasCode(error, 'TDM_SWITCH_REFUSED') && /unable to retrieve endpoint/i.test(error.message)) return 'invalid';
        throw error;
      }
    },
    async live() {
      const { events } = await action({ Action: 'CoreShowChannels' }, { list: true });
      const calls = new Map<string, { readonly isAnswered: boolean }>();
      for (const event of events) {
        const id = event.known('uniqueid');
        if (id !== undefined) calls.set(callIdOfChannel(id), { isAnswered: event.get('channelstate') === stateUp });
      }
      return calls;
    },
    async hasExtension(context, extension) {
      const place = { Context: checkName('context', context), Extension: checkName('extension', extension) };
      try {
        const { events } = await action({ Action: 'ShowDialPlan', ...place }, { list: true });
        return events.some((event) => event.known('extension') !== undefined);
      } catch (error) {
        if (hasCode(error, 'TDM_SWITCH_REFUSED') && /did not find/i.test(error.message)) return false;
        throw error;
      }
    },
  };
}
