/** Title of a list with the fields that filter and sort it. */
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Title } from './basics.tsx';

interface ListHeadProps<Sort extends string> {
  readonly words: {
    readonly title: string;
    readonly filter: string;
    readonly sort: string;
    readonly sorts: Readonly<Record<Sort, string>>;
  };
  readonly wanted: Signal<string>;
  readonly sort: Signal<Sort>;
  readonly sorts: readonly Sort[];
}

export function ListHead<Sort extends string>({ words, wanted, sort, sorts }: ListHeadProps<Sort>): JSX.Element {
  return (
    <div class="head">
      <Title>{words.title}</Title>
      <div class="row">
        <label class="inline">
          <span>{words.filter}</span>
          <input type="search" value={wanted} onInput={(e) => (wanted.value = e.currentTarget.value)} />
        </label>
        <label class="inline">
          <span>{words.sort}</span>
          <select value={sort.value} onChange={(e) => (sort.value = e.currentTarget.value as Sort)}>
            {sorts.map((name) => (
              <option key={name} value={name}>
                {words.sorts[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}
