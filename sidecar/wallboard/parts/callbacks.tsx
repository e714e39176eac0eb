/** Callers who hung up to be called back, of the queues of the one who looks. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { shortId } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { Empty, Since } from './basics.tsx';

const words = strings.desk;

interface Callback {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly joinedAtMs: number;
  readonly callback: { readonly number: string; readonly attempts: number };
}

const laterMs = 1_000;
const shownMax = 50;

/** `news` grows when the list may have changed. */
export function Callbacks({ news }: { readonly news: number }): JSX.Element {
  const [list, setList] = useState<readonly Callback[]>([]);
  useEffect(() => {
    let isHere = true;
    const later = setTimeout(
      () => {
        get<{ items: readonly Callback[] }>(`/callbacks?limit=${String(shownMax)}`).then(
          ({ items }) => isHere && setList(items),
          () => undefined, // the list that was shown stays
        );
      },
      list.length === 0 ? 0 : laterMs,
    );
    return () => {
      isHere = false;
      clearTimeout(later);
    };
  }, [news]);
  return (
    <section class="card" aria-labelledby="callbacks">
      <h2 id="callbacks">{words.callbacks}</h2>
      {list.length === 0 ? (
        <Empty>{words.noCallbacks}</Empty>
      ) : (
        <ul class="plain">
          {list.map(({ id, queue, name, joinedAtMs, callback }) => (
            <li key={id}>
              <span>
                {name || callback.number} <small class="muted">{shortId(queue)}</small>
              </span>
              <span>
                <Since atMs={joinedAtMs} /> {callback.attempts > 0 && <small class="muted">{words.attempts(callback.attempts)}</small>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
