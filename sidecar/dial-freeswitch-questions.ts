/** Questions to FreeSWITCH before it dials: gateways, limits, dialplan, sounds (dialer.md A4, A8, A18). */
import type { GatewayState } from '../core/dialer/words.js';
import type { DialSwitch } from '../core/dialer-ports.js';
import { freeswitchSound } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import { callsPerSecondOf, dialplanTakes, gatewayStateOf } from './dial-freeswitch-facts.js';
import type { EslLink } from './esl.js';

export type DialQuestions = Pick<DialSwitch, 'checkGateway' | 'callsPerSecondMax' | 'hasExtension' | 'hasSound'>;

/** Folders of FreeSWITCH's sounds, one for each rate. */
const rates = [8_000, 16_000, 32_000, 48_000];

/** Each rejects like a command of the link. */
export function freeswitchQuestions({ api }: Pick<EslLink, 'api'>): DialQuestions {
  const exists = async (path: string): Promise<boolean> => (await api(`file_exists ${checkName('prompt', path)}`)).trim() === 'true';
  return {
    async checkGateway(gateway): Promise<GatewayState> {
      // a name that no gateway can have
      if (!/^[A-Za-z0-9_.:@-]{1,40}$/.test(gateway)) return 'invalid';
      return gatewayStateOf(await api(`sofia status gateway ${gateway}`));
    },
    async callsPerSecondMax() {
      return callsPerSecondOf(await api('fsctl sps'));
    },
    async hasExtension(context, extension) {
      return dialplanTakes(await api(`xml_locate dialplan context name ${checkName('context', context)}`), extension);
    },
    /** Names without a slash before them are looked for where FreeSWITCH does. */
    async hasSound(file) {
      if (/^[a-z_]+:/.test(freeswitchSound(file))) return true;
      if (file.startsWith('/')) return exists(file);
      const prefix = (await api('global_getvar sound_prefix')).trim();
      if (!prefix.startsWith('/')) return undefined;
      const [name = '', ...folders] = file.split('/').reverse();
      const below = [prefix, ...folders.reverse()].join('/');
      for (const place of [below, ...rates.map((rate) => `${below}/${rate}`)]) if (await exists(`${place}/${name}`)) return true;
      return false;
    },
  };
}
