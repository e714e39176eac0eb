/** Which channels of a FreeSWITCH are legs of ours, also those whose id the switch chose (accounts with several telephones). */
import { legId, legPrefix } from '../core/acd/ids.js';
import type { LegId } from '../core/acd/ids.js';
import { checkName } from '../core/dial-string.js';
import type { LiveChannels } from '../core/switch.js';
import type { EslLink } from './esl.js';
import type { FreeswitchCommands } from './switch-freeswitch-commands.js';
import type { LegBook } from './switch-freeswitch-legs.js';
import { bridgedIds, channelRows, mayBeLeg } from './switch-freeswitch-list.js';
import type { FoundLeg } from './switch-freeswitch-news.js';
import { legVariable, memberVariable, offerVariable } from './switch-freeswitch-ring.js';

export interface ChannelNames {
  /** Channels and their legs. Rejects when the switch cannot be asked. */
  list(askedAtMs: number): Promise<LiveChannels>;
  /** Ids of the channels of a leg that nobody here ordered. Never rejects. */
  channelsOf(leg: LegId): Promise<readonly string[]>;
}

export function createChannelNames(deps: {
  readonly link: EslLink;
  readonly commands: FreeswitchCommands;
  readonly book: LegBook;
  /** a leg that nobody here ordered */
  readonly onFound: (leg: FoundLeg) => void;
}): ChannelNames {
  const { link, commands, book, onFound } = deps;
  /** channel to leg, '' for one that is none of ours; only of channels that live */
  let known = new Map<string, string>();

  /** Each channel is asked for its leg once. */
  async function look(): Promise<readonly string[]> {
    const rows = channelRows(await link.bgapi('show channels as json'));
    const named = new Map<string, string>();
    await Promise.all(
      rows.filter(mayBeLeg).map(async ({ uuid }) => {
        named.set(uuid, known.get(uuid) ?? (await commands.ask(`uuid_getvar ${checkName('uuid', uuid)} ${legVariable}`)) ?? '');
      }),
    );
    known = named;
    return rows.map(({ uuid }) => uuid);
  }

  /** Their end is told by events only when they are known. */
  async function adopt(uuid: string, leg: LegId, isBridged: boolean): Promise<void> {
    const [offer, member, caller] = await Promise.all(
      [offerVariable, memberVariable, 'cc_member_session_uuid'].map((name) => commands.ask(`uuid_getvar ${uuid} ${name}`)),
    );
    if (offer === undefined && member === undefined) return;
    if (book.get(leg) === undefined) onFound({ leg, uuid, offer, member, caller: caller ?? '', isBridged });
  }

  const legOf = (uuid: string): string => book.ofChannel(uuid)?.start.leg ?? known.get(uuid) ?? '';
  const withLegs = (ids: Iterable<string>): Set<string> => new Set([...ids].flatMap((id) => [id, legOf(id)]).filter((id) => id !== ''));

  return {
    async list(askedAtMs) {
      const [ids, calls] = await Promise.all([look(), link.bgapi('show calls as json')]);
      const bridged = bridgedIds(calls);
      const strange = ids.filter((id) => (id.startsWith(legPrefix) || legOf(id) !== '') && book.ofChannel(id) === undefined);
      await Promise.all(strange.map((id) => adopt(checkName('uuid', id), legId(legOf(id) === '' ? id : legOf(id)), bridged.has(id))));
      const uniqueIds = withLegs(ids);
      book.listed(uniqueIds);
      return { askedAtMs, uniqueIds, bridged: withLegs(bridged) };
    },
    async channelsOf(leg) {
      try {
        await look();
      } catch {
        return []; // the link is down: the list of channels at its return tells
      }
      return [...known].filter(([, name]) => name === leg).map(([uuid]) => uuid);
    },
  };
}
