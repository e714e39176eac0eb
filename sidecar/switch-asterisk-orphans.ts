/**
 * Legs that an earlier process started: the engine has their offers from the store, and the name of a leg says which
 * (`legPrefix` and the offer's id). What happens to them is fed by that; offers that nobody has are ignored there.
 */
import { legPrefix, offerId } from '../core/acd/ids.js';
import type { OfferId } from '../core/acd/ids.js';
import type { Log } from '../core/ports.js';
import type { Feed } from '../core/switch.js';
import type { AmiLink } from './ami.js';
import type { AmiPacket } from './ami-packet.js';
import { failureOf, failureOfDevice } from './switch-asterisk-outcome.js';

export interface OrphanDeps {
  readonly link: Pick<AmiLink, 'on' | 'onState' | 'action'>;
  readonly log: Log;
  readonly feed: Feed;
  /** a leg that this process knows better */
  readonly knows: (leg: string) => boolean;
}

/** The result ends it. */
export function watchOrphans({ link, feed, log, knows }: OrphanDeps): () => void {
  const offerIn = (event: AmiPacket, ...fields: readonly string[]): OfferId | undefined => {
    for (const field of fields) {
      const id = event.get(field) ?? '';
      if (id.startsWith(legPrefix) && !knows(id)) return offerId(id.slice(legPrefix.length));
    }
    return undefined;
  };

  function transferred(event: AmiPacket): void {
    const offer = offerIn(event, 'transfereruniqueid', 'origtransfereruniqueid', 'secondtransfereruniqueid');
    if (offer !== undefined && event.get('result') === 'Success') feed({ type: 'call-ended', offer, by: 'transfer', cause: event.event });
  }

  function hungUp(event: AmiPacket): void {
    const offer = offerIn(event, 'uniqueid');
    if (offer === undefined) return;
    const cause = Number(event.get('cause') ?? 0);
    const isUp = event.get('channelstate') === '6';
    const facts = { cause, techCause: event.known('techcause'), dialStatus: undefined, reason: undefined };
    if (isUp) feed({ type: 'call-ended', offer, by: 'unknown', cause: `hang-up, cause ${cause}` });
    else feed({ type: 'offer-failed', offer, ...(failureOf(facts) ?? failureOfDevice(undefined)) });
  }

  function bridged(event: AmiPacket): void {
    const offer = offerIn(event, 'uniqueid');
    if (offer !== undefined) feed({ type: 'connected', offer });
  }

  /** Legs that connected themselves while nobody listened. */
  async function findBridged(): Promise<void> {
    try {
      const { events } = await link.action({ Action: 'CoreShowChannels' }, { list: true });
      for (const event of events) if (event.known('bridgeid') !== undefined) bridged(event);
    } catch (error) {
      log.warn({ err: error }, 'asterisk: legs of before could not be looked for');
    }
  }

  const stops = [
    link.on('BridgeEnter', bridged),
    link.onState(({ state }) => {
      if (state === 'up') void findBridged();
    }),
    link.on('HangupRequest', (event) => {
      const offer = offerIn(event, 'uniqueid');
      if (offer !== undefined && event.get('channelstate') === '6') feed({ type: 'call-ended', offer, by: 'agent', cause: 'hang-up' });
    }),
    link.on(['Hold', 'Unhold'], (event) => {
      const offer = offerIn(event, 'uniqueid');
      if (offer !== undefined) feed({ type: event.event === 'Hold' ? 'held' : 'resumed', offer, by: 'agent' });
    }),
    link.on(['BlindTransfer', 'AttendedTransfer'], transferred),
    link.on('Hangup', hungUp),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
