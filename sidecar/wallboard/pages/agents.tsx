/** All agents, a thousand and more: only the rows in sight are drawn. */
import { computed, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { doings, type AgentRow, type Doing } from '../../../core/board/wire.ts';
import { agents, hasRows, watch } from '../lib/board.ts';
import { clockText, shortId } from '../lib/format.ts';
import { countDoings, matches } from '../lib/queues.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Loading, Since, State, Title, Until } from '../parts/basics.tsx';
import { VirtualTable } from '../parts/virtual.tsx';
import { strings } from '../strings.ts';

const words = strings.agents;
const wanted = signal('');
const state = signal<Doing | ''>('');
const byName = (a: AgentRow, b: AgentRow): number => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);

const counts = computed(() => countDoings(agents.all()));
const ids = computed(() =>
  agents
    .all()
    .filter((row) => (state.value === '' || row.doing === state.value) && matches(row, wanted.value))
    .sort(byName)
    .map(({ id }) => id),
);

export function AgentsPage(): JSX.Element {
  useEffect(() => watch({ rows: true }), []);
  return (
    <>
      <div class="head">
        <Title>{words.title}</Title>
        <label class="inline">
          <span>{words.filter}</span>
          <input type="search" value={wanted} onInput={(e) => (wanted.value = e.currentTarget.value)} />
        </label>
      </div>
      {hasRows.value ? (
        <>
          <States />
          <List />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}

const States = (): JSX.Element => (
  <div class="chips" role="group" aria-label={words.state}>
    <Chip doing="" text={`${words.all} ${String(agents.all().length)}`} />
    {doings.map(
      (doing) =>
        counts.value[doing] > 0 && <Chip key={doing} doing={doing} text={`${strings.doings[doing]} ${String(counts.value[doing])}`} />,
    )}
  </div>
);

const Chip = ({ doing, text }: { readonly doing: Doing | ''; readonly text: string }): JSX.Element => (
  <button type="button" class={`chip state-${doing}`} aria-pressed={state.value === doing} onClick={() => (state.value = doing)}>
    {doing !== '' && <span class="mark" aria-hidden="true" />}
    {text}
  </button>
);

const rowPx = 48;

function List(): JSX.Element {
  const list = ids.value;
  if (list.length === 0) return <Empty>{agents.all().length === 0 ? words.empty : words.none}</Empty>;
  return (
    <VirtualTable
      label={words.list(list.length)}
      ids={list}
      head={<Head />}
      rowPx={rowPx}
      columns={5}
      row={(id, i) => <Line id={id} index={i} />}
    />
  );
}

const Head = (): JSX.Element => (
  <div role="row" class="tr th">
    {[words.name, words.state, words.call, words.today, words.talk].map((text) => (
      <span role="columnheader" key={text}>
        {text}
      </span>
    ))}
  </div>
);

function Line({ id, index }: { readonly id: string; readonly index: number }): JSX.Element | null {
  const row = agents.of(id)?.value;
  return row ? <AgentLine row={row} index={index} /> : null;
}

export function AgentLine({ row, index }: { readonly row: AgentRow; readonly index: number }): JSX.Element {
  return (
    <div role="row" class="tr" aria-rowindex={index + 2} data-agent={row.id}>
      <span role="cell" class="name">
        <a href={linkTo('agent', row.id)}>{row.name === row.id ? shortId(row.id) : row.name}</a>
      </span>
      <span role="cell">
        <State doing={row.doing} /> <Stay row={row} />
      </span>
      <span role="cell" class="call">
        {row.call ? `${row.call.name || row.call.number} · ${shortId(row.call.queue)}` : ''}
      </span>
      <span role="cell" class="number">
        {row.today.answered}
      </span>
      <span role="cell" class="number">
        {clockText(row.today.talkMs)}
      </span>
    </div>
  );
}

/** How long in this state; of wrap-up how long still; of a break why. */
export const Stay = ({ row }: { readonly row: AgentRow }): JSX.Element => (
  <span class="stay">
    {row.doing === 'wrap-up' && row.endsAtMs > 0 ? <Until atMs={row.endsAtMs} /> : row.sinceMs > 0 && <Since atMs={row.sinceMs} />}
    {row.reason !== undefined && row.doing === 'on-break' && <span class={row.isOverdue ? 'reason bad' : 'reason'}>{row.reason}</span>}
  </span>
);
