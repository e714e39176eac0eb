/** The compliance report of a campaign and period, for an officer: on the screen, on paper, as files. */
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, problemText } from '../lib/api.ts';
import { connection, nowMs, setServerClock } from '../lib/board.ts';
import { dateText, fileOf, periods, reportPath, spanOf, spanOfDates, type ReportFile, type Span } from '../lib/compliance.ts';
import { leaveBoard } from '../lib/dialer.ts';
import type { ComplianceData } from '../lib/dialer-wire.ts';
import { linkTo } from '../lib/route.ts';
import { Loading, Title } from '../parts/basics.tsx';
import { Records } from '../parts/report-records.tsx';
import { Report } from '../parts/report.tsx';
import { strings } from '../strings.ts';

const words = strings.dialer.report;

export function CompliancePage({ id }: { readonly id: string }): JSX.Element {
  const [span, setSpan] = useState<Span>(() => spanOf('days30', nowMs.peek()));
  const [data, setData] = useState<ComplianceData | string>();
  useEffect(() => {
    leaveBoard();
    connection.value = 'live';
  }, []);
  useEffect(() => {
    let isHere = true;
    setData(undefined);
    get<ComplianceData>(reportPath(id, span)).then(
      (answer) => {
        if (!isHere) return;
        setServerClock(answer.madeAtMs);
        setData(answer);
      },
      (e: unknown) => isHere && setData(problemText(e)),
    );
    return () => void (isHere = false);
  }, [id, span]);
  return (
    <article class="report">
      <p class="screen">
        <a href={linkTo('campaign', id)}>← {words.back}</a>
      </p>
      <div class="head">
        <Title>
          {words.title} <small class="muted">{typeof data === 'object' ? data.campaign.name || id : id}</small>
        </Title>
        <button type="button" class="button main screen" onClick={() => print()} disabled={typeof data !== 'object'}>
          {words.print}
        </button>
      </div>
      <PeriodForm span={span} chosen={setSpan} />
      <div aria-live="polite" aria-busy={data === undefined}>
        {data === undefined && <Loading />}
        {typeof data === 'string' && (
          <p class="problem" role="alert">
            {words.problem}: {data}
          </p>
        )}
        {typeof data === 'object' && <Report data={data} />}
      </div>
      {typeof data === 'object' && <Records id={id} span={span} />}
      {typeof data === 'object' && <Files id={id} span={span} />}
    </article>
  );
}

interface PeriodProps {
  readonly span: Span;
  readonly chosen: (span: Span) => void;
}

function PeriodForm({ span, chosen }: PeriodProps): JSX.Element {
  const [problem, setProblem] = useState('');
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = (name: string): string => (event.currentTarget.elements.namedItem(name) as HTMLInputElement).value;
    const wanted = spanOfDates(field('from'), field('to'));
    setProblem(wanted ? '' : words.wrongSpan);
    if (wanted) chosen(wanted);
  };
  return (
    <form class="row screen period" onSubmit={submit} aria-label={words.period}>
      <div class="chips" role="group" aria-label={words.period}>
        {periods.map((period) => {
          const its = spanOf(period, nowMs.peek());
          const isChosen = its.fromMs === span.fromMs && its.toMs === span.toMs;
          return (
            <button key={period} type="button" class="chip" aria-pressed={isChosen} onClick={() => chosen(its)}>
              {words.periods[period]}
            </button>
          );
        })}
      </div>
      <label class="inline">
        <span>{words.from}</span>
        <input key={span.fromMs} name="from" type="date" required defaultValue={dateText(span.fromMs)} />
      </label>
      <label class="inline">
        <span>{words.to}</span>
        <input key={span.toMs} name="to" type="date" required defaultValue={dateText(span.toMs - 1)} />
      </label>
      <button type="submit" class="button">
        {words.show}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

const files: readonly ReportFile[] = ['csv', 'text', 'calls', 'counters'];

const Files = ({ id, span }: { readonly id: string; readonly span: Span }): JSX.Element => (
  <section class="card screen" aria-labelledby="files">
    <h2 id="files">{words.files}</h2>
    <ul class="row files">
      {files.map((file) => (
        <li key={file}>
          <a href={fileOf(id, span, file)} download={file === 'text' ? `compliance-${id}.txt` : ''}>
            {words[file]}
          </a>
        </li>
      ))}
    </ul>
  </section>
);
