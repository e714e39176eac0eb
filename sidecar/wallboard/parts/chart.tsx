/** The chart of the day by uPlot: bars of calls by quarters of an hour. The same figures stand below as a table. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Quarter } from '../lib/day.ts';
import { timeText } from '../lib/format.ts';
import { theme } from '../lib/theme.ts';
import { strings } from '../strings.ts';

const words = strings.queue;
const heightPx = 220;
/** half a quarter of an hour, so that the first and last bar are whole */
const halfS = 450;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsFor(widthPx: number): uPlot.Options {
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } };
  const bars = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: colour(name),
    fill: colour(`${name}-soft`),
    width: 1.5,
    points: { show: false },
    ...(uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.7, 40] }) }),
  });
  return {
    width: widthPx,
    height: heightPx,
    cursor: { y: false },
    scales: {
      x: { range: (_u, min, max) => [min - halfS, max + halfS] },
      y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.1)] },
    },
    axes: [
      { ...axis, values: (_u, splits) => splits.map((s) => timeText(s * 1000)) },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
    ],
    series: [{ label: words.time }, bars(words.answered, '--good'), bars(words.abandoned, '--bad')],
  };
}

const dataOf = (day: readonly Quarter[]): uPlot.AlignedData => [
  day.map(({ atMs }) => atMs / 1000),
  day.map(({ answered }) => answered),
  day.map(({ abandoned }) => abandoned),
];

export function DayChart({ day }: { readonly day: readonly Quarter[] }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = theme.value;
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const made = new uPlot(optionsFor(box.clientWidth), dataOf(day), box);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: heightPx }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(dataOf(day)), [day]);
  return (
    <>
      <div class="chart" ref={place} aria-hidden="true" />
      <details>
        <summary>{words.chartTable}</summary>
        <DayTable day={day} />
      </details>
    </>
  );
}

const DayTable = ({ day }: { readonly day: readonly Quarter[] }): JSX.Element => (
  <table class="table narrow">
    <thead>
      <tr>
        {[words.time, words.offered, words.answered, words.abandoned].map((text) => (
          <th scope="col" key={text}>
            {text}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {day
        .filter(({ offered }) => offered > 0)
        .map(({ atMs, offered, answered, abandoned }) => (
          <tr key={atMs}>
            <th scope="row">{timeText(atMs)}</th>
            <td>{offered}</td>
            <td>{answered}</td>
            <td>{abandoned}</td>
          </tr>
        ))}
    </tbody>
  </table>
);
