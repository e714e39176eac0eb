/** `?wall`: the queues that need somebody, in type that is read from across the room; turns pages by itself. */
import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { QueueRow } from '../../../core/board/wire.ts';
import { hasRows, ownNowMs, queues, watch } from '../lib/board.ts';
import { percentText, shortId } from '../lib/format.ts';
import { present, sorted, troubleOf } from '../lib/queues.ts';
import { Empty, Loading, Since } from '../parts/basics.tsx';
import { Totals } from '../parts/totals.tsx';
import { strings } from '../strings.ts';
import { troubleText } from './queues.tsx';

const perPage = 12;
const pageMs = 12_000;

/** Trouble first, then who waits longest. */
const ordered = computed(() => {
  const rows = sorted(queues.all(), 'longest');
  return [...rows.filter((row) => troubleOf(row)), ...rows.filter((row) => !troubleOf(row))];
});

export function WallPage(): JSX.Element {
  useEffect(() => watch({ rows: true }), []);
  if (!hasRows.value) return <Loading />;
  const rows = ordered.value;
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const page = Math.floor(ownNowMs.value / pageMs) % pages;
  return (
    <>
      <h1 class="hidden">{strings.queues.title}</h1>
      <Totals />
      {rows.length === 0 && <Empty>{strings.wall.quiet}</Empty>}
      <div class="wall-grid">
        {rows.slice(page * perPage, (page + 1) * perPage).map((row) => (
          <WallCard key={row.id} row={row} />
        ))}
      </div>
      {pages > 1 && <p class="wall-page">{strings.wall.page(page + 1, pages)}</p>}
    </>
  );
}

function WallCard({ row }: { readonly row: QueueRow }): JSX.Element {
  const trouble = troubleOf(row);
  return (
    <section class={`card wall-card ${trouble ? 'trouble' : ''}`} aria-label={row.name}>
      <h2>{row.name === row.id ? shortId(row.id) : row.name}</h2>
      <p class={`huge ${row.waiting > 0 ? 'some' : ''}`}>
        {row.waiting}
        <span class="hidden"> {strings.queues.waiting}</span>
      </p>
      <p class="beside">
        {row.oldestAtMs > 0 ? <Since atMs={row.oldestAtMs} /> : '–'}
        <span>{percentText(row.today.serviceLevel)}</span>
        <span>
          {row.agents.free}/{present(row.agents)}
          <span class="hidden"> {strings.doings.free}</span>
        </span>
      </p>
      {trouble && <p class="tag bad">{troubleText[trouble]}</p>}
    </section>
  );
}
