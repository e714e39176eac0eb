/**
 * What a CRM orders of FreeSWITCH (crm-vtiger 3.1, 3.4): clicks, transfers and pauses of recordings, over the event socket.
 * Every value is a checked name or stands in the escaped list of `originate`; nothing of a request is expanded by the switch.
 */
import { randomUUID } from 'node:crypto';
import type { CrmAnswer, CrmSwitch } from '../../core/crm-ports.js';
import { checkName } from '../../core/dial-string.js';
import { freeswitchContact, originateVariables, wholeSeconds } from '../../core/dial-string-freeswitch.js';
import type { Log } from '../../core/ports.js';
import { refusalOf } from '../../esl-outbound/connection.js';
import { freeswitchQuestions } from '../dial-freeswitch-questions.js';
import { isOutcomeUnknown } from '../esl.js';
import type { EslLink } from '../esl.js';
import type { Timers } from '../timers.js';
import { refusal } from './refusal.js';

export interface CrmFreeswitchDeps {
  readonly link: Pick<EslLink, 'api' | 'bgapi' | 'status'>;
  /** domain of telephones that the extension map names without one */
  readonly domain: string;
  readonly timers: Timers;
  readonly log: Log;
}

/** On each telephone of who clicked: one name for all of them. */
export const clickVariable = 'tandem_call';

const ok: CrmAnswer = { ok: true };
/** Beyond its ringing time `originate` is given this long to answer. */
const jobGraceMs = 60_000;
/** Attended transfers that could still be taken back; the oldest are forgotten. */
const consultsMax = 10_000;

type Order = Parameters<CrmSwitch['clickToCall']>[0];

export function createCrmFreeswitch(name: string, { link, domain, timers, log }: CrmFreeswitchDeps): CrmSwitch {
  const questions = freeswitchQuestions({ api: (command) => link.api(command) });
  /** channel of the agent to that of the colleague whom he asks */
  const consults = new Map<string, string>();

  /** `words` are checked by who calls. */
  async function act(words: () => string): Promise<CrmAnswer> {
    try {
      const refused = refusalOf(await link.api(words()));
      return refused === undefined ? ok : { ok: false, code: 'refused', status: 409 };
    } catch (error) {
      return refusal(error);
    }
  }

  function remember(agent: string, colleague: string): void {
    consults.delete(agent);
    consults.set(agent, colleague);
    for (const oldest of consults.keys()) {
      if (consults.size <= consultsMax) break;
      consults.delete(oldest);
    }
  }

  const place = (to: { readonly context: string; readonly extension: string }): string =>
    `${checkName('extension', to.extension)} XML ${checkName('context', to.context)}`;

  return {
    name,
    kind: 'freeswitch',
    isUp: () => link.status().state === 'up',
    async clickToCall(order) {
      try {
        const command = clickCommand(order, domain);
        const job = link.bgapi(command, order.ringMs + jobGraceMs);
        // the telephone rings for as long as it may: only what fails at once is told to the CRM's page
        return await soonest(job, order.settleMs, timers, (error) => {
          if (!isOutcomeUnknown(error)) order.onUnreached?.();
          log.info({ switch: name, call: order.callId, err: error }, 'click-to-call: the order came to nothing');
        });
      } catch (error) {
        return refusal(error);
      }
    },
    hasExtension: (context, extension) => questions.hasExtension(context, extension),
    blindTransfer: ({ uniqueId }, to) => act(() => `uuid_transfer ${checkName('uuid', uniqueId)} -bleg ${place(to)}`),
    redirect: ({ uniqueId }, to) => act(() => `uuid_transfer ${checkName('uuid', uniqueId)} ${place(to)}`),
    async attendedTransfer({ uniqueId }, { context, extension }) {
      const colleague = `tandem-consult-${randomUUID()}`;
      const answer = await act(() => {
        const target = `loopback/${checkName('extension', extension)}/${checkName('context', context)}`;
        return `uuid_broadcast ${checkName('uuid', uniqueId)} att_xfer::{origination_uuid=${colleague}}${target} aleg`;
      });
      if (answer.ok) remember(uniqueId, colleague);
      return answer;
    },
    async cancelAttended({ uniqueId }) {
      const colleague = consults.get(uniqueId);
      if (colleague === undefined) return { ok: false, code: 'no-transfer', status: 409 };
      consults.delete(uniqueId);
      return act(() => `uuid_kill ${colleague}`);
    },
    muteRecording: ({ uniqueId }, file, isMuted) =>
      act(() => `uuid_record ${checkName('uuid', uniqueId)} ${isMuted ? 'mask' : 'unmask'} ${checkName('prompt', file)}`),
  };
}

/** The user's telephone, and once he has answered the number, dialled in the context of the binding. */
function clickCommand(order: Order, domain: string): string {
  const { callId, extension, binding, ringMs } = order;
  const contact = freeswitchContact(order.channel, domain);
  const [user] = contact.users;
  const variables = {
    ...contact.options,
    // an account may have several telephones, each with an id of the switch's: `tandem_call` makes them one call
    ...(contact.isOneChannel && { origination_uuid: checkName('uuid', callId) }),
    [clickVariable]: checkName('uuid', callId),
    tandem_origin: 'crm',
    tandem_crm: binding,
    origination_caller_id_number: extension,
    origination_caller_id_name: extension,
    originate_timeout: wholeSeconds(Math.min(ringMs, contact.ringMsMax ?? Infinity)),
    // music from the telephone's side is no answer: the customer is not called before the user is there
    ignore_early_media: 'true',
    hangup_after_bridge: 'true',
    ...(user && { domain_name: user.domain }),
  };
  const to = `${checkName('extension', order.number)} XML ${checkName('context', order.context)}`;
  return `originate ${originateVariables(variables)}${contact.dial} ${to}`;
}

/** The answer of the job within `settleMs`, else that the order is given. */
async function soonest(job: Promise<string>, settleMs: number, timers: Timers, onLate: (error: unknown) => void): Promise<CrmAnswer> {
  let cancel = (): void => undefined;
  let isLate = false;
  const settled = new Promise<CrmAnswer>((resolve) => {
    cancel = timers.after(settleMs, () => {
      isLate = true;
      resolve(ok);
    });
  });
  const answered = job.then(
    (output): CrmAnswer => {
      const refused = refusalOf(output);
      if (isLate && refused !== undefined) onLate(refused);
      return refused === undefined ? ok : { ok: false, code: 'telephone-unreachable', status: 502 };
    },
    (error: unknown): CrmAnswer => {
      if (isLate) onLate(error);
      return refusal(error);
    },
  );
  try {
    return await Promise.race([answered, settled]);
  } finally {
    cancel();
  }
}
