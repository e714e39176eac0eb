/** Charts over the day by uPlot, by quarters of an hour. The same figures stand below as a table. */
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

export interface ChartSeries {
  readonly label: string;
  /** name of the colour, `--good`; bars have `--good-soft` inside */
  readonly colour: string;
  readonly kind: 'bars' | 'line';
  /** one for each time */
  readonly values: readonly number[];
}

interface TimeChartProps {
  /** Unix ms, a quarter of an hour apart */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function seriesOf({ label, colour: name, kind }: ChartSeries): uPlot.Series {
  const drawn = { label, stroke: colour(name), points: { show: false } };
  if (kind === 'line') return { ...drawn, width: 2 };
  return {
    ...drawn,
    fill: colour(`${name}-soft`),
    width: 1.5,
    ...(uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.7, 40] }) }),
  };
}

function optionsFor(widthPx: number, series: readonly ChartSeries[]): uPlot.Options {
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } };
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
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
    ],
    series: [{ label: words.time }, ...series.map(seriesOf)],
  };
}

const dataOf = ({ times, series }: TimeChartProps): uPlot.AlignedData => [
  times.map((atMs) => atMs / 1000),
  ...series.map(({ values }) => [...values]),
];

/** Eyes only: whoever draws it shows the figures as a table too. */
export function TimeChart(props: TimeChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = theme.value;
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const made = new uPlot(optionsFor(box.clientWidth, props.series), dataOf(props), box);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: heightPx }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times, props.series]);
  return <div class="chart" ref={place} aria-hidden="true" />;
}

export function DayChart({ day }: { readonly day: readonly Quarter[] }): JSX.Element {
  const series: readonly ChartSeries[] = [
    { label: words.answered, colour: '--good', kind: 'bars', values: day.map(({ answered }) => answered) },
    { label: words.abandoned, colour: '--bad', kind: 'bars', values: day.map(({ abandoned }) => abandoned) },
  ];
  return (
    <>
      <TimeChart times={day.map(({ atMs }) => atMs)} series={series} />
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
