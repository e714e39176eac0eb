/** What a CRM orders of Asterisk (crm-vtiger 3.1, 3.4): clicks and transfers. Every value passes the AMI client's one check. */
import type { CrmAnswer, CrmSwitch } from '../../core/crm-ports.js';
import type { Timers } from '../timers.js';
import type { AmiFields } from '../ami-action.js';
import type { AmiLink } from '../ami.js';
import type { AmiPacket } from '../ami-packet.js';
import { asteriskQuestions } from '../dial-asterisk-questions.js';
import { refusal } from './refusal.js';

export interface CrmAsteriskDeps {
  readonly link: AmiLink;
  readonly timers: Timers;
}

const ok: CrmAnswer = { ok: true };

export function createCrmAsterisk(name: string, { link, timers }: CrmAsteriskDeps): CrmSwitch {
  const questions = asteriskQuestions(link);

  async function act(fields: AmiFields): Promise<CrmAnswer> {
    try {
      await link.action(fields, { timeoutMs: actionMsMax });
      return ok;
    } catch (error) {
      return refusal(error);
    }
  }

  return {
    name,
    kind: 'asterisk',
    isUp: () => link.status().state === 'up',
    async clickToCall({ callId, channel, extension, number, context, binding, settleMs, ringMs }) {
      // Asterisk queues an originate to a telephone that is not there, and says so a moment later
      const wasUp = link.status().state === 'up';
      const heard: AmiPacket[] = [];
      const stop = link.on('OriginateResponse', (event) => void heard.push(event));
      try {
        const { response } = await link.action(
          {
            Action: 'Originate',
            Async: true,
            Channel: channel,
            Context: context,
            Exten: number,
            Priority: 1,
            Timeout: ringMs,
            CallerID: `"${extension}" <${extension}>`,
            ChannelId: callId,
            OtherChannelId: `${callId}-2`,
            Variable: { __TANDEM_CALL: callId, __TANDEM_ORIGIN: 'crm', __TANDEM_CRM: binding },
          },
          { timeoutMs: actionMsMax },
        );
        await new Promise<void>((resolve) => void timers.after(settleMs, resolve));
        const failed = heard.some((event) => event.actionId === response.actionId && event.get('Response') === 'Failure');
        return failed ? { ok: false, code: 'telephone-unreachable', status: 502 } : ok;
      } catch (error) {
        return refusal(error, wasUp);
      } finally {
        stop();
      }
    },
    hasExtension: (context, extension) => questions.hasExtension(context, extension),
    blindTransfer: ({ name: Channel }, { context, extension }) =>
      act({ Action: 'BlindTransfer', Channel, Context: context, Exten: extension }),
    redirect: ({ name: Channel }, { context, extension }) =>
      act({ Action: 'Redirect', Channel, Context: context, Exten: extension, Priority: 1 }),
    attendedTransfer: ({ name: Channel }, { context, extension }) => act({ Action: 'Atxfer', Channel, Context: context, Exten: extension }),
    cancelAttended: ({ name: Channel }) => act({ Action: 'CancelAtxfer', Channel }),
    muteRecording: ({ name: Channel }, _file, isMuted) =>
      act({ Action: 'MixMonitorMute', Channel, Direction: 'both', State: isMuted ? 1 : 0 }),
  };
}

/** The CRM's page waits 2 s altogether. */
const actionMsMax = 1_500;
