/** Asterisk's events for the call journal, and a list of its channels after each time that nobody listened (crm-vtiger 8.5). */
import { amiFact, amiJournalEvents, amiTimeMs } from '../../core/journal/ami-facts.js';
import type { FactOf, JournalEvent } from '../../core/journal/events.js';
import type { Log } from '../../core/ports.js';
import type { AmiLink } from '../ami.js';
import type { AmiPacket } from '../ami-packet.js';
import type { Timers } from '../timers.js';
import { createSwitchClock, Heard } from './switch-clock.js';

export interface FeedDeps {
  readonly link: Pick<AmiLink, 'on' | 'onState' | 'action' | 'status'>;
  readonly timers: Timers;
  readonly log: Log;
}

/** Between two tries to get the list. */
const listRetryMs = 2_000;
/** Also while all is well: what was missed without a lost link is found within this time. */
const listEveryMs = 300_000;

/** Tells `tell` until the result is called. */
export function feedFromAsterisk(name: string, { link, timers, log }: FeedDeps, tell: (event: JournalEvent) => void): () => void {
  let isStopped = false;
  let cancel = (): void => undefined;
  const clock = createSwitchClock(name, { timers, log });
  const heard = new Heard();
  const stops = [
    link.on(amiJournalEvents, (packet) => {
      const fact = amiFact(packet);
      if (!fact) return;
      heard.note(fact, timers.nowMs());
      tell({ switch: name, atMs: clock(amiTimeMs(packet)), ...fact });
    }),
    // older versions tell the file by VarSet alone; this event spares all other variables
    link.on('MixMonitorStart', (packet) => void recordingOf(packet)),
    link.onState(({ state }) => {
      if (state === 'up') look();
    }),
  ];

  function later(ms: number): void {
    cancel();
    if (!isStopped) cancel = timers.after(ms, look);
  }

  function look(): void {
    if (isStopped || link.status().state !== 'up') return;
    list().then(
      () => later(listEveryMs),
      (error: unknown) => {
        log.debug({ switch: name, error }, 'channels for the call journal could not be listed');
        later(listRetryMs);
      },
    );
  }

  async function recordingOf(packet: AmiPacket): Promise<void> {
    const [uniqueId, channel] = [packet.known('Uniqueid'), packet.known('Channel')];
    if (uniqueId === undefined || channel === undefined) return;
    const atMs = clock(amiTimeMs(packet));
    try {
      const { response } = await link.action({ Action: 'Getvar', Channel: channel, Variable: 'MIXMONITOR_FILENAME' });
      const file = response.known('Value');
      if (file === undefined) return;
      const facts = { uniqueId, name: channel, linkedId: packet.known('Linkedid') ?? uniqueId };
      const unsaid = { callerNumber: undefined, callerName: undefined, extension: undefined };
      tell({ switch: name, atMs, type: 'recording-started', channel: { ...facts, ...unsaid }, file });
    } catch (error) {
      log.debug({ switch: name, channel, error }, 'the file of a recording could not be asked for');
    }
  }

  async function list(): Promise<void> {
    const askedAtMs = timers.nowMs();
    const { events } = await link.action({ Action: 'CoreShowChannels' }, { list: true });
    tell({
      switch: name,
      atMs: timers.nowMs(),
      type: 'channels-listed',
      askedAtMs,
      channels: events.flatMap((packet) => listed(packet, askedAtMs)),
      heard: heard.since(askedAtMs),
    });
    heard.forgetBefore(askedAtMs);
  }

  look();
  return () => {
    isStopped = true;
    cancel();
    for (const stop of stops) stop();
  };
}

function listed(packet: AmiPacket, nowMs: number): FactOf<'channels-listed'>['channels'] {
  const uniqueId = packet.known('Uniqueid');
  const name = packet.known('Channel');
  if (uniqueId === undefined || name === undefined) return [];
  const [hours = 0, minutes = 0, seconds = 0] = (packet.get('Duration') ?? '').split(':').map(Number);
  const ageMs = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  return [
    {
      uniqueId,
      name,
      linkedId: packet.known('Linkedid') ?? uniqueId,
      callerNumber: packet.known('CallerIDNum'),
      callerName: packet.known('CallerIDName'),
      extension: packet.known('Exten'),
      bridge: packet.known('BridgeId'),
      createdAtMs: nowMs - (Number.isFinite(ageMs) ? ageMs : 0),
    },
  ];
}
