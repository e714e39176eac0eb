/** Recorded manager sessions played into the call journal; its news as lines that read like a story. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { amiFact } from '../../core/journal/ami-facts.js';
import { talkMsOf, talkMsOfCall } from '../../core/journal/call.js';
import type { JournalEvent } from '../../core/journal/events.js';
import { createJournal } from '../../core/journal/journal.js';
import type { Journal, JournalOptions } from '../../core/journal/journal.js';
import type { JournalNotice } from '../../core/journal/notices.js';
import { createRoles } from '../../core/journal/roles.js';
import { parsePacket } from '../../sidecar/ami-packet.js';

export const startMs = Date.UTC(2026, 10, 21, 12);

/** Every fact of a transcript with its time. */
export function recordedFacts(name: string): JournalEvent[] {
  const text = readFileSync(new URL(`../fixtures/ami/${name}.txt`, import.meta.url), 'utf8');
  const found: JournalEvent[] = [];
  for (const block of text.split(/^S>/m).slice(1)) {
    const [head = '', ...lines] = block.split('\n');
    const body = lines.slice(0, lines.findIndex((line) => line === '' || line.startsWith('C>') || line.startsWith('#')) >>> 0);
    const fact = amiFact(parsePacket(body.join('\r\n')));
    if (fact) found.push({ switch: 'alpha', atMs: startMs + Math.round(Number(head.trim()) * 1000), ...fact });
  }
  return found;
}

/** The lab's customer dials in from 1010; 1011 and 1012 are agents. */
export const labRoles = createRoles({ '1011': 'PJSIP/1011', '1012': 'PJSIP/1012' });

export function openJournal(options: Partial<JournalOptions> = {}): Journal {
  return createJournal({ roles: labRoles, systemOf: (name) => name, ...options });
}

/** Plays events, then lets time pass until nothing waits. */
export function play(events: readonly JournalEvent[], journal: Journal = openJournal()): readonly string[] {
  const lines: string[] = [];
  let last = startMs;
  const step = (event: JournalEvent): void => {
    for (const due = journal.nextDueMs(); due !== undefined && due < event.atMs && event.type !== 'time-passed';) {
      lines.push(...tell(journal, { switch: 'alpha', type: 'time-passed', atMs: due }));
      break;
    }
    lines.push(...tell(journal, event));
    last = Math.max(last, event.atMs);
  };
  for (const event of events) step(event);
  step({ switch: 'alpha', type: 'time-passed', atMs: last + 1_000 });
  return lines;
}

/** News of one event. */
export const tell = (journal: Journal, event: JournalEvent): readonly string[] =>
  journal.step(event).notices.map((notice) => line(notice, event.atMs));

export const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);

function line(notice: JournalNotice, nowMs: number): string {
  const { call } = notice;
  switch (notice.type) {
    case 'call-started':
      return `start ${call.direction} ${call.customer.number}${call.origin === '' ? '' : ` by ${call.origin}`}`;
    case 'leg-ringing':
      return `ring ${notice.leg.extension}${notice.leg.kind === 'proxy' ? ` at ${notice.leg.number}` : ''}`;
    case 'leg-answered':
      return `talk ${notice.leg.extension}`;
    case 'leg-ended':
      return `leg ${notice.leg.extension} ${notice.leg.outcome ?? '?'} ${seconds(talkMsOf(notice.leg, nowMs))} s`;
    case 'call-transferred':
      return `transfer ${notice.transfer.kind} ${notice.transfer.from} to ${notice.transfer.to}`;
    case 'call-ended':
      return `end ${call.direction} ${call.outcome ?? '?'} talk ${seconds(talkMsOfCall(call, nowMs))} s`;
    case 'recording-ready':
      return `recording ${notice.extension} ${notice.file}`;
    case 'agent-no-answer':
      return `agent-no-answer ${String(notice.reason)}`;
  }
}

/**
 * Property: of any recorded story any events may be lost; a list without a living channel ends every call once, and nothing
 * stays open. `facts` of a story of which those were heard that `isKept` says.
 */
export function assertEndsWhateverIsLost(
  names: readonly string[],
  facts: (name: string, isKept: (place: number) => boolean) => readonly JournalEvent[],
  { at, open, eventsMax }: { readonly at: string; readonly open: () => Journal; readonly eventsMax: number },
): void {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(fc.boolean(), { minLength: eventsMax, maxLength: eventsMax }), (name, lost) => {
      const events = facts(name, (place) => lost[place] !== true);
      const atMs = (events.at(-1)?.atMs ?? startMs) + 5_000;
      const resync: JournalEvent = { switch: at, atMs, type: 'channels-listed', askedAtMs: atMs, channels: [] };
      const journal = open();
      const lines = play([...events, resync], journal);
      assert.deepEqual(journal.open(), []);
      const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
      assert.equal(count('start '), count('end '), lines.join('\n'));
    }),
    { numRuns: 400 },
  );
}
