/** Which channels of a FreeSWITCH are legs of ours, also those whose id the switch chose (accounts with several telephones). */
import { legId, legPrefix } from '../core/acd/ids.js';
import type { LegId } from '../core/acd/ids.js';
import { nameProblem } from '../core/dial-string.js';
import type { LiveChannels } from '../core/switch.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { EslLink } from './esl.js';
import { inTurns } from './in-turns.js';
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
  const known = new Map<string, string>();
  let running = Promise.resolve();
  let next: Promise<void> | undefined;

  /**
   * Each channel is asked for its leg once, a few at a time: thousands at once would keep the link from all else. A question
   * without an answer fails the list, since a leg that was taken for a stranger would be taken for gone.
   */
  async function look(): Promise<readonly string[]> {
    const rows = channelRows(await link.bgapi('show channels as json'));
    const candidates = rows.filter(mayBeLeg);
    const live = new Set(candidates.map(({ uuid }) => uuid));
    for (const uuid of known.keys()) if (!live.has(uuid)) known.delete(uuid);
    const failures: unknown[] = [];
    await inTurns(
      candidates.filter(({ uuid }) => !known.has(uuid)),
      ({ uuid }) =>
        legNamed(uuid)
          .then((leg) => void known.set(uuid, leg))
          .catch((error: unknown) => void failures.push(error)),
    );
    if (failures.length > 0) throw failures[0];
    return rows.map(({ uuid }) => uuid);
  }

  /**
   * One list for all who ask before it is begun: after a takeover hundreds of legs are taken back at once, and the whole
   * list for each would hold everything up. Never rejects: when the link is down, the list at its return tells.
   */
  function lookSoon(): Promise<void> {
    next ??= running.then(() => {
      next = undefined;
      running = look().then(
        () => undefined,
        () => undefined,
      );
      return running;
    });
    return next;
  }

  /** Rejects when the switch cannot be asked; '' for no leg, and for a channel that went meanwhile. */
  async function legNamed(uuid: string): Promise<string> {
    const output = (await link.api(`uuid_getvar ${uuid} ${legVariable}`)).trim();
    return output === '_undef_' || refusalOf(output) !== undefined ? '' : output;
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
      const strange = ids.filter(
        (id) => isNameable(id) && (id.startsWith(legPrefix) || legOf(id) !== '') && book.ofChannel(id) === undefined,
      );
      await Promise.all(strange.map((id) => adopt(id, legId(legOf(id) === '' ? id : legOf(id)), bridged.has(id))));
      const uniqueIds = withLegs(ids);
      book.listed(uniqueIds);
      return { askedAtMs, uniqueIds, bridged: withLegs(bridged) };
    },
    async channelsOf(leg) {
      await lookSoon();
      return [...known].filter(([, name]) => name === leg).map(([uuid]) => uuid);
    },
  };
}

/** It may stand in a command. */
const isNameable = (uuid: string): boolean => nameProblem('uuid', uuid) === undefined;
