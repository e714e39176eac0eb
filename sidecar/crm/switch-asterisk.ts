/** What a CRM orders of Asterisk (crm-vtiger 3.1, 3.4): clicks and transfers. Every value passes the AMI client's one check. */
import { TandemError } from '../../core/errors.js';
import type { CrmAnswer, CrmSwitch } from '../../core/crm-ports.js';
import type { Timers } from '../timers.js';
import type { AmiFields } from '../ami-action.js';
import type { AmiLink } from '../ami.js';
import type { AmiPacket } from '../ami-packet.js';
import { asteriskQuestions } from '../dial-asterisk-questions.js';

export interface CrmAsteriskDeps {
  readonly link: AmiLink;
  readonly timers: Timers;
}

const ok: CrmAnswer = { ok: true };

/** Words of X-Tandem-Error. */
const codes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  TDM_SWITCH_DOWN: ['switch-down', 503],
  TDM_SWITCH_SLOW: ['switch-slow', 504],
  TDM_SWITCH_REFUSED: ['refused', 409],
  TDM_BAD_VALUE: ['bad-value', 400],
  TDM_BUSY: ['switch-busy', 503],
};

function refusal(error: unknown): CrmAnswer {
  const [code, status] = (error instanceof TandemError ? codes[error.code] : undefined) ?? ['internal', 500];
  return { ok: false, code, status };
}

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
        return refusal(error);
      } finally {
        stop();
      }
    },
    hasExtension: (context, extension) => questions.hasExtension(context, extension),
    blindTransfer: (Channel, { context, extension }) => act({ Action: 'BlindTransfer', Channel, Context: context, Exten: extension }),
    redirect: (Channel, { context, extension }) => act({ Action: 'Redirect', Channel, Context: context, Exten: extension, Priority: 1 }),
    attendedTransfer: (Channel, { context, extension }) => act({ Action: 'Atxfer', Channel, Context: context, Exten: extension }),
    cancelAttended: (Channel) => act({ Action: 'CancelAtxfer', Channel }),
    muteRecording: (Channel, isMuted) => act({ Action: 'MixMonitorMute', Channel, Direction: 'both', State: isMuted ? 1 : 0 }),
  };
}

/** The CRM's page waits 2 s altogether. */
const actionMsMax = 1_500;
