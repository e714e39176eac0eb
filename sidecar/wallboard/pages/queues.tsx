/** Overview of all queues. */
import { computed, signal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useEffect } from 'preact/hooks';
import type { QueueRow } from '../../../core/board/wire.ts';
import { hasRows, queues, watch } from '../lib/board.ts';
import { percentText, shortId } from '../lib/format.ts';
import { matches, present, sorted, sorts, troubleOf, type Sort } from '../lib/queues.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Loading, Since } from '../parts/basics.tsx';
import { ListHead } from '../parts/list-head.tsx';
import { Totals } from '../parts/totals.tsx';
import { strings } from '../strings.ts';

const words = strings.queues;
const wanted = signal('');
const sort = signal<Sort>('name');
const ids = computed(() => sorted(queues.all(), sort.value).flatMap((row) => (matches(row, wanted.value) ? [row.id] : [])));

export function QueuesPage(): JSX.Element {
  useEffect(() => watch({ rows: true }), []);
  return (
    <>
      <ListHead words={words} wanted={wanted} sort={sort} sorts={sorts} />
      {hasRows.value ? <Totals /> : <Loading />}
      {hasRows.value && <QueueTable />}
    </>
  );
}

function QueueTable(): JSX.Element {
  const list = ids.value;
  if (list.length === 0) return <Empty>{queues.all().length === 0 ? words.empty : words.none}</Empty>;
  return (
    <table class="table queues">
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col" class="number">
            {words.waiting}
          </th>
          <th scope="col" class="number">
            {words.longest}
          </th>
          <th scope="col" class="number">
            {words.level}
          </th>
          <th scope="col">{words.agents}</th>
          <th scope="col" class="number">
            {words.calls}
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((id) => (
          <QueueLine key={id} row={queues.of(id)} />
        ))}
      </tbody>
    </table>
  );
}

export const troubleText = { 'no-agents': words.noAgents, 'below-goal': words.belowGoal } as const;

const QueueLine = memo(({ row }: { readonly row: Signal<QueueRow> | undefined }): JSX.Element | null => {
  if (!row) return null;
  const { id, name, waiting, callbacks, oldestAtMs, agents, today, goal, isDraining } = row.value;
  const trouble = troubleOf(row.value);
  return (
    <tr class={trouble ? `trouble ${trouble}` : ''} data-queue={id}>
      <th scope="row">
        <a href={linkTo('queue', id)}>{name === id ? shortId(id) : name}</a>
        {trouble && <span class="tag bad">{troubleText[trouble]}</span>}
        {isDraining && <span class="tag">{words.draining}</span>}
      </th>
      <td class={`number waiting ${waiting > 0 ? 'some' : ''}`} data-label={words.waiting}>
        {waiting}
        {callbacks > 0 && <small>{words.callbacks(callbacks)}</small>}
      </td>
      <td class="number" data-label={words.longest}>
        {oldestAtMs > 0 ? <Since atMs={oldestAtMs} /> : '–'}
      </td>
      <td class="number" data-label={words.level}>
        <Level share={today.serviceLevel} goal={goal} />
      </td>
      <td data-label={words.agents}>
        <Counts agents={agents} />
      </td>
      <td class="number" data-label={words.calls}>
        {today.answered} / {today.abandoned}
      </td>
    </tr>
  );
});

export const Level = ({ share, goal }: { readonly share: number | undefined; readonly goal: number }): JSX.Element => (
  <span class="level">
    {percentText(share)}
    <span class="gauge" aria-hidden="true">
      <span class={`fill ${(share ?? 1) < goal ? 'low' : ''}`} style={{ width: `${String((share ?? 0) * 100)}%` }} />
      <span class="goal" style={{ left: `${String(goal * 100)}%` }} />
    </span>
  </span>
);

const shown = ['free', 'ringing', 'talking', 'wrap-up', 'on-break'] as const;

const Counts = ({ agents }: Pick<QueueRow, 'agents'>): JSX.Element => (
  <span class="counts">
    {present(agents) === 0 && <span class="muted">{words.noAgents}</span>}
    {shown.map(
      (doing) =>
        agents[doing] > 0 && (
          <span key={doing} class={`state state-${doing}`} title={strings.doings[doing]}>
            <span class="mark" aria-hidden="true" />
            {agents[doing]}
            <span class="hidden"> {strings.doings[doing]}</span>
          </span>
        ),
    )}
  </span>
);
