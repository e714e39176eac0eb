/** The records behind a compliance report: each abandoned call, with what was played to it. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { abandonedRows, momentText, secondsText, type AbandonedCall, type Span } from '../lib/compliance.ts';
import type { CallRow } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { Empty, Loading } from './basics.tsx';

const words = strings.dialer.report;
/** on the page; all are in the file */
const shownMax = 200;

interface Read {
  readonly rows: readonly AbandonedCall[];
  readonly isMore: boolean;
}

export function Records({ id, span }: { readonly id: string; readonly span: Span }): JSX.Element {
  const [read, setRead] = useState<Read | 'missing'>();
  useEffect(() => {
    let isHere = true;
    const query = new URLSearchParams({
      campaign: id,
      result: 'ABANDONED',
      from: String(span.fromMs),
      to: String(span.toMs),
      limit: String(shownMax),
    });
    get<{ items: readonly CallRow[]; next?: string }>(`/dialer/calls?${query.toString()}`).then(
      ({ items, next }) => isHere && setRead({ rows: abandonedRows(items), isMore: next !== undefined }),
      () => isHere && setRead('missing'),
    );
    return () => void (isHere = false);
  }, [id, span]);
  return (
    <section class="card" aria-labelledby="records">
      <h2 id="records">{words.records}</h2>
      {read === undefined && <Loading />}
      {read === 'missing' && <Empty>{words.recordsUnread}</Empty>}
      {typeof read === 'object' && (read.rows.length === 0 ? <p>{words.noRecords}</p> : <List rows={read.rows} />)}
      {typeof read === 'object' && read.isMore && <p class="muted">{words.recordsMore}</p>}
    </section>
  );
}

const List = ({ rows }: { readonly rows: readonly AbandonedCall[] }): JSX.Element => (
  <div class="wide-table">
    <table class="table">
      <thead>
        <tr>
          {[words.when, words.number, words.waited, words.message, words.heard, words.optOut, words.call].map((text) => (
            <th scope="col" key={text}>
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.callId} data-call={row.callId}>
            <th scope="row">{momentText(row.atMs)}</th>
            <td>{row.number}</td>
            <td>{secondsText(row.waitMs)}</td>
            <td>{row.messageAfterMs === undefined ? <b class="problem">{words.no}</b> : secondsText(row.messageAfterMs)}</td>
            <td>{secondsText(row.messageMs)}</td>
            <td>{row.optedOut ? words.yes : ''}</td>
            <td>
              <small>{row.callId}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
