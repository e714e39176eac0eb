/** The line of figures over all queues, and what the agents do. */
import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import { doings, type Doing } from '../../../core/board/wire.ts';
import { agents, queues } from '../lib/board.ts';
import { percentText } from '../lib/format.ts';
import { countDoings, totalsOf } from '../lib/queues.ts';
import { strings } from '../strings.ts';
import { Figure, Since } from './basics.tsx';

const words = strings.totals;
const totals = computed(() => totalsOf(queues.all()));
const counts = computed(() => countDoings(agents.all()));

export function Totals(): JSX.Element {
  const { waiting, oldestAtMs, talking, answered, abandoned, level } = totals.value;
  return (
    <section class="totals" aria-label={words.label}>
      <dl class="figures">
        <Figure label={words.waiting} level={waiting > 0 ? 'bad' : undefined}>
          {waiting}
        </Figure>
        <Figure label={words.longest}>{oldestAtMs > 0 ? <Since atMs={oldestAtMs} /> : '–'}</Figure>
        <Figure label={words.level}>{percentText(level)}</Figure>
        <Figure label={words.talking}>{talking}</Figure>
        <Figure label={words.answered}>{answered}</Figure>
        <Figure label={words.abandoned}>{abandoned}</Figure>
      </dl>
      <AgentBar counts={counts.value} label={words.agentsBy} />
    </section>
  );
}

/** Who does what, as a bar with words below; states that nobody is in are left out. */
export function AgentBar({ counts: of, label }: { readonly counts: Readonly<Record<Doing, number>>; readonly label: string }): JSX.Element {
  const shown = doings.filter((doing) => of[doing] > 0 && doing !== 'logged-out');
  return (
    <div class="agent-bar">
      <div class="bar" aria-hidden="true">
        {shown.map((doing) => (
          <span key={doing} class={`part state-${doing}`} style={{ flexGrow: of[doing] }} />
        ))}
      </div>
      <ul aria-label={label}>
        {[...shown, 'logged-out' as const].map((doing) => (
          <li key={doing} class={`state state-${doing}`}>
            <span class="mark" aria-hidden="true" />
            {strings.doings[doing]} <b>{of[doing]}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
