/** What only the switches know before a campaign is started: extensions and sound files (dialer.md A18, B4). */
import type { Campaign, DialerSettings } from '../dialer/campaign.js';
import type { FieldProblem } from '../dialer/campaign-schema.js';
import { dialPlaces } from '../dialer/dial-strings.js';
import type { DialSwitch } from '../dialer-ports.js';
import type { After } from './deadline.js';

export interface StartChecksDeps {
  readonly switches: ReadonlyMap<string, Pick<DialSwitch, 'kind' | 'isUp' | 'hasExtension' | 'hasSound'>>;
  readonly settings: () => DialerSettings;
  readonly after: After;
}

/** for one answer of one switch; what is not known in time is no reason to refuse */
const answerMsMax = 3_000;

export function createStartChecks({
  switches,
  settings,
  after,
}: StartChecksDeps): (campaign: Campaign) => Promise<readonly FieldProblem[]> {
  const within = (question: Promise<boolean | undefined>): Promise<boolean | undefined> =>
    new Promise((resolve) => {
      const cancel = after(answerMsMax, () => resolve(undefined));
      void question
        .catch(() => undefined)
        .then((answer) => {
          cancel();
          resolve(answer);
        });
    });

  function switchesOf(campaign: Campaign): readonly string[] {
    const { defaultSwitch } = settings();
    const named = campaign.gateways.map((way) => way.switch || defaultSwitch);
    return [...new Set(named.length > 0 ? named : [defaultSwitch])];
  }

  return async (campaign) => {
    const problems: FieldProblem[] = [];
    const { defaultIvr, domain } = settings();
    const ivr = campaign.mode === 'IVR' ? campaign.ivr || defaultIvr : '';
    const audio = campaign.safeHarbour?.audio ?? '';
    for (const id of switchesOf(campaign)) {
      const port = switches.get(id);
      if (!port) {
        problems.push({ field: 'gateways', message: `there is no switch "${id}"` });
        continue;
      }
      if (!port.isUp()) continue; // it starts, and dials when the switch is there
      const context = port.kind === 'asterisk' ? dialPlaces.contexts.ivr : domain || dialPlaces.context;
      if (ivr !== '' && (await within(port.hasExtension(context, ivr))) === false)
        problems.push({ field: 'ivr', message: `switch "${id}" has no extension ${ivr} in the context ${context}` });
      if (audio !== '' && (await within(port.hasSound(audio))) === false)
        problems.push({ field: 'safe_harbour.audio', message: `switch "${id}" has no sound "${audio}"` });
    }
    return problems;
  };
}
