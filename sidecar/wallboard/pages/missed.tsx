/** Callers who hung up unserved today, with what became of them (user-needs 36). */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, get, mayControl } from '../lib/api.ts';
import { hasRows, queues, watch } from '../lib/board.ts';
import { clockText, shortId, timeText } from '../lib/format.ts';
import { totalsOf } from '../lib/queues.ts';
import { ActionButton } from '../parts/action.tsx';
import { Empty, Loading, Title } from '../parts/basics.tsx';
import { strings } from '../strings.ts';

const words = strings.missed;

interface Missed {
  readonly key: string;
  readonly queue: string;
  readonly number: string;
  readonly name: string;
  readonly leftAtMs: number;
  readonly waitMs: number;
  readonly positionAtEntry: number;
  readonly state: string;
}

const shownMax = 200;

/** Read again when the number of abandoned calls grew. */
export function MissedPage(): JSX.Element {
  useEffect(() => watch({ rows: true }), []);
  const [list, setList] = useState<readonly Missed[] | 'missing'>();
  const count = hasRows.value ? totalsOf(queues.all()).abandoned : 0;
  const load = (): Promise<void> =>
    get<{ items: readonly Missed[] }>(`/statistics/abandoned?limit=${String(shownMax)}`).then(
      ({ items }) => setList(items),
      () => setList('missing'),
    );
  useEffect(() => void load(), [count]);
  return (
    <>
      <Title>{words.title}</Title>
      {list === undefined && <Loading />}
      {list === 'missing' && <Empty>{words.unread}</Empty>}
      {Array.isArray(list) && (list.length === 0 ? <Empty>{words.empty}</Empty> : <List list={list as readonly Missed[]} again={load} />)}
    </>
  );
}

interface ListProps {
  readonly list: readonly Missed[];
  readonly again: () => Promise<void>;
}

const List = ({ list, again }: ListProps): JSX.Element => (
  <table class="table callers">
    <thead>
      <tr>
        {[words.when, strings.queue.caller, strings.queue.waits, strings.queues.name, strings.queue.state].map((text) => (
          <th scope="col" key={text}>
            {text}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {list.map((missed) => (
        <Line key={missed.key} missed={missed} again={again} />
      ))}
    </tbody>
  </table>
);

const Line = ({ missed, again }: { readonly missed: Missed; readonly again: () => Promise<void> }): JSX.Element => (
  <tr data-missed={missed.key}>
    <td>{timeText(missed.leftAtMs)}</td>
    <th scope="row">
      {missed.name || missed.number}
      {missed.name && <small class="muted">{missed.number}</small>}
    </th>
    <td>{clockText(missed.waitMs)}</td>
    <td>{shortId(missed.queue)}</td>
    <td>
      <span class="row tight">
        {words.states[missed.state] ?? missed.state}
        {mayControl() && missed.state === 'open' && (
          <ActionButton
            label={words.done}
            kind="small"
            description={strings.actions.of(words.done, missed.name || missed.number)}
            run={() => ask('PUT', `/statistics/abandoned/${encodeURIComponent(missed.key)}`, { state: 'done' }).then(again)}
          />
        )}
      </span>
    </td>
  </tr>
);
