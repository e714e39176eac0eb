/** The body of a compliance report: verdict, the three conditions with their evidence, windows, lists. */
import type { JSX } from 'preact';
import { shareText } from '../lib/campaigns.ts';
import { momentText, verdictOf, windowsShown } from '../lib/compliance.ts';
import type { ComplianceData } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { Figure } from './basics.tsx';

const words = strings.dialer.report;
type Condition = ComplianceData['conditions'][number];
type WindowRow = ComplianceData['windows'][number];
/** calls listed under a condition; all of them are in the file */
const findingsShown = 50;

export function Report({ data }: { readonly data: ComplianceData }): JSX.Element {
  const verdict = verdictOf(data);
  const { campaign, profile } = data;
  return (
    <>
      <p>
        {campaign.name || campaign.id} ({campaign.id}), {strings.dialer.modes[campaign.mode] ?? campaign.mode}
        {campaign.client !== '' && `, ${strings.dialer.campaign.client} ${campaign.client}`}. {momentText(data.fromMs)} –{' '}
        {momentText(data.toMs)}. {words.made(momentText(data.madeAtMs))}.
      </p>
      <p class="muted">
        {words.profile} {profile.name}: {profile.text}. {profile.sources.length > 0 && `${words.sources} ${profile.sources.join('; ')}. `}
        {words.note}
      </p>
      <p class={`verdict ${verdict}`} data-verdict={verdict}>
        {words.verdicts[verdict]}
      </p>
      <dl class="figures">
        <Figure label={words.share} level={data.total.isWithinCap ? undefined : 'bad'}>
          {shareText(data.total.share)}
        </Figure>
        <Figure label={words.adjusted}>{data.total.adjusted.how === 'none' ? '–' : shareText(data.total.adjusted.share)}</Figure>
        <Figure label={words.cap}>{shareText(profile.cap)}</Figure>
        <Figure label={words.abandoned}>{data.total.abandoned}</Figure>
        <Figure label={words.connected}>{data.total.connected}</Figure>
        <Figure label={words.messages}>{data.messagesPlayed}</Figure>
        <Figure label={words.optOuts}>{data.optOuts}</Figure>
      </dl>
      <section class="card" aria-labelledby="conditions">
        <h2 id="conditions">{words.conditions}</h2>
        {data.conditions.map((condition, i) => (
          <ConditionCard key={condition.name} condition={condition} index={i} />
        ))}
      </section>
      <Windows rows={data.windows} total={data.total} />
      <Blocked data={data} />
      <Lists lists={data.lists} />
      <p class="muted">{words.kept(data.recordsKeptDays)}</p>
    </>
  );
}

const ConditionCard = ({ condition, index }: { readonly condition: Condition; readonly index: number }): JSX.Element => {
  const { name, demand, evidence, isMet, findings, findingsCount } = condition;
  const left = findingsCount - Math.min(findings.length, findingsShown);
  return (
    <section class="condition" aria-labelledby={`condition-${name}`} data-condition={name}>
      <h3 id={`condition-${name}`}>
        {index + 1}. {words.names[name]} <span class={`tag ${isMet ? 'good' : 'bad'}`}>{isMet ? words.met : words.notMet}</span>
      </h3>
      <p>{demand}.</p>
      <p class="muted">{evidence}.</p>
      {findings.length > 0 && (
        <>
          <p>
            <b>
              {words.findings}: {findingsCount}
            </b>
          </p>
          <ul class="plain">
            {findings.slice(0, findingsShown).map(({ callId, number, atMs, problem }) => (
              <li key={callId}>
                <span>
                  {momentText(atMs)} {number} <small class="muted">{callId}</small>
                </span>
                <span>{problem}</span>
              </li>
            ))}
          </ul>
          {left > 0 && <p class="muted">{words.more(left)}</p>}
        </>
      )}
    </section>
  );
};

function Windows({ rows, total }: { readonly rows: readonly WindowRow[]; readonly total: WindowRow }): JSX.Element {
  const { shown, quiet } = windowsShown(rows);
  return (
    <section class="card" aria-labelledby="windows">
      <h2 id="windows">{words.windows}</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{words.window}</th>
            {[words.abandoned, words.connected, words.share, words.adjusted, words.within].map((text) => (
              <th scope="col" class="number" key={text}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Window key={row.fromMs} row={row} label={`${momentText(row.fromMs)} – ${momentText(row.toMs)}`} />
          ))}
          <Window row={total} label={words.total} />
        </tbody>
      </table>
      {quiet > 0 && <p class="muted">{words.quiet(quiet)}</p>}
    </section>
  );
}

const Window = ({ row, label }: { readonly row: WindowRow; readonly label: string }): JSX.Element => (
  <tr class={row.isWithinCap ? '' : 'trouble'}>
    <th scope="row">{label}</th>
    <td class="number">{row.abandoned}</td>
    <td class="number">{row.connected}</td>
    <td class="number">{shareText(row.share)}</td>
    <td class="number">{row.adjusted.how === 'none' ? '–' : shareText(row.adjusted.share)}</td>
    <td class="number">{row.isWithinCap ? words.yes : <b class="problem">{words.no}</b>}</td>
  </tr>
);

function Blocked({ data }: { readonly data: ComplianceData }): JSX.Element {
  const rows = Object.entries(data.blocked);
  const texts: Readonly<Record<string, string>> = strings.dialer.results;
  return (
    <section class="card" aria-labelledby="blocked">
      <h2 id="blocked">{words.blocked}</h2>
      {rows.length === 0 && <p>{words.noneBlocked}</p>}
      {rows.length > 0 && (
        <ul class="plain">
          {rows.map(([result, count]) => (
            <li key={result}>
              <span>{texts[result] ?? result}</span>
              <b>{count}</b>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Lists({ lists }: Pick<ComplianceData, 'lists'>): JSX.Element | null {
  if (lists.length === 0) return null;
  return (
    <section class="card" aria-labelledby="lists">
      <h2 id="lists">{words.lists}</h2>
      <table class="table">
        <thead>
          <tr>
            {[words.list, words.of, words.may, ''].map((text) =>
              text === '' ? (
                <td key={text} />
              ) : (
                <th scope="col" key={text}>
                  {text}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {lists.map(({ list, text, syncedAtMs, ageDays, maxAgeDays, isFresh }) => (
            <tr key={list} class={isFresh ? '' : 'trouble'}>
              <th scope="row">
                {list}
                <small class="muted">{text}</small>
              </th>
              <td>{syncedAtMs === undefined ? words.never : `${momentText(syncedAtMs)} (${words.days(ageDays ?? 0)})`}</td>
              <td>{words.days(maxAgeDays)}</td>
              <td>{isFresh ? words.fresh : <b class="problem">{words.stale}</b>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
