/** Calls of a campaign over the day: placed and answered as lines, connected and abandoned as bars; below as a table. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { busyPart, quartersOf, type DialedQuarter } from '../lib/campaigns.ts';
import { campaignPath } from '../lib/dialer.ts';
import type { Counters } from '../lib/dialer-wire.ts';
import { timeText } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { Empty, Loading } from './basics.tsx';
import { TimeChart, type ChartSeries } from './chart.tsx';

const words = strings.dialer.campaign;
const lines = words.chartLines;
const againMs = 30_000;

const seriesOf = (day: readonly DialedQuarter[]): readonly ChartSeries[] => [
  { label: lines.placed, colour: '--muted', kind: 'line', values: day.map(({ placed }) => placed) },
  { label: lines.answered, colour: '--talking', kind: 'line', values: day.map(({ answered }) => answered) },
  { label: lines.connected, colour: '--good', kind: 'bars', values: day.map(({ connected }) => connected) },
  { label: lines.abandoned, colour: '--bad', kind: 'bars', values: day.map(({ abandoned }) => abandoned) },
];

/** Read again now and then: counters are of 5 minutes. */
export function CampaignDay({ id }: { readonly id: string }): JSX.Element {
  const [day, setDay] = useState<readonly DialedQuarter[] | 'missing'>();
  useEffect(() => {
    let isHere = true;
    const read = (): void => {
      const now = nowMs.peek();
      const fromMs = new Date(now).setHours(0, 0, 0, 0);
      get<{ items: readonly Counters[] }>(`${campaignPath(id)}/counters?from=${String(fromMs)}&to=${String(Math.ceil(now) + 1)}`).then(
        ({ items }) => isHere && setDay(busyPart(quartersOf(items, fromMs, now))),
        () => isHere && setDay((before) => before ?? 'missing'),
      );
    };
    read();
    const timer = setInterval(read, againMs);
    return () => {
      isHere = false;
      clearInterval(timer);
    };
  }, [id]);
  return (
    <section class="card grow" aria-labelledby="day">
      <h2 id="day">{words.chart}</h2>
      {day === undefined && <Loading />}
      {day === 'missing' && <Empty>{strings.queue.chartMissing}</Empty>}
      {Array.isArray(day) && (day.length === 0 ? <Empty>{strings.queue.chartEmpty}</Empty> : <Drawn day={day} />)}
    </section>
  );
}

const Drawn = ({ day }: { readonly day: readonly DialedQuarter[] }): JSX.Element => (
  <>
    <TimeChart times={day.map(({ atMs }) => atMs)} series={seriesOf(day)} />
    <details>
      <summary>{strings.queue.chartTable}</summary>
      <table class="table narrow">
        <thead>
          <tr>
            {[strings.queue.time, lines.placed, lines.answered, lines.connected, lines.abandoned].map((text) => (
              <th scope="col" key={text}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {day
            .filter(({ placed, answered }) => placed + answered > 0)
            .map(({ atMs, placed, answered, connected, abandoned }) => (
              <tr key={atMs}>
                <th scope="row">{timeText(atMs)}</th>
                <td>{placed}</td>
                <td>{answered}</td>
                <td>{connected}</td>
                <td>{abandoned}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  </>
);
