/** States of an agent over the last hours: a band for eyes, a list for ears. */
import type { JSX } from 'preact';
import { nowMs } from '../lib/board.ts';
import { clockText, timeText } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { Empty } from './basics.tsx';

export interface Stay {
  readonly what: string;
  readonly note: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isTalk: boolean;
}

const kinds: Readonly<Record<string, string>> = {
  Available: 'free',
  'Available (On Demand)': 'free',
  'On Break': 'on-break',
  'Logged Out': 'logged-out',
};

interface TimelineProps {
  readonly stays: readonly Stay[];
  readonly now: { readonly status: string; readonly sinceMs: number };
  readonly hours: number;
}

export function Timeline({ stays, now, hours }: TimelineProps): JSX.Element {
  const endMs = nowMs.value;
  const startMs = endMs - hours * 3_600_000;
  const lastMs = Math.max(startMs, ...stays.filter(({ isTalk }) => !isTalk).map(({ untilMs }) => untilMs));
  const all = [
    ...stays,
    { what: now.status, note: '', fromMs: stays.length > 0 ? lastMs : Math.max(startMs, now.sinceMs), untilMs: endMs, isTalk: false },
  ];
  const inside = all.filter(({ untilMs }) => untilMs > startMs).sort((a, b) => a.fromMs - b.fromMs);
  if (inside.length === 0) return <Empty>{strings.agent.timelineEmpty}</Empty>;
  const share = (ms: number): string => `${String((100 * Math.max(0, ms)) / (endMs - startMs))}%`;
  return (
    <>
      <div class="band" aria-hidden="true">
        {inside.map((stay) => (
          <span
            key={`${String(stay.fromMs)}${stay.what}`}
            class={`piece ${stay.isTalk ? 'talk state-talking' : `state-${kinds[stay.what] ?? 'reserved'}`}`}
            style={{ left: share(stay.fromMs - startMs), width: share(stay.untilMs - Math.max(stay.fromMs, startMs)) }}
            title={`${timeText(stay.fromMs)} ${stay.what} ${stay.note}`}
          />
        ))}
      </div>
      <div class="band-scale" aria-hidden="true">
        <span>{timeText(startMs)}</span>
        <span>{timeText((startMs + endMs) / 2)}</span>
        <span>{timeText(endMs)}</span>
      </div>
      <ol class="stays" reversed>
        {[...inside].reverse().map((stay) => (
          <li key={`${String(stay.fromMs)}${stay.what}`}>
            <span>{timeText(stay.fromMs)}</span>
            <span>
              {stay.what} {stay.note && <span class="muted">{stay.note}</span>}
            </span>
            <span class="clock">{clockText(stay.untilMs - stay.fromMs)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
