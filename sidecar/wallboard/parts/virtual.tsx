/** A long table of which only the rows in sight are drawn; the reader of the page still knows how many there are. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface VirtualProps {
  readonly label: string;
  readonly ids: readonly string[];
  readonly head: ComponentChildren;
  /** a row with role="row" of exactly this height, px */
  readonly rowPx: number;
  readonly columns: number;
  readonly row: (id: string, index: number) => JSX.Element;
}

/** rows drawn above and below of what is in sight */
const spare = 6;

export function VirtualTable({ label, ids, head, rowPx, columns, row }: VirtualProps): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ first: 0, last: 40 });
  useEffect(() => {
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor(-top / rowPx) - spare);
      const last = Math.ceil((innerHeight - top) / rowPx) + spare;
      setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [rowPx, ids.length]);
  const shown = ids.slice(range.first, range.last);
  return (
    <div role="table" class="table agents" aria-label={label} aria-rowcount={ids.length + 1} aria-colcount={columns}>
      <div role="rowgroup">{head}</div>
      <div role="rowgroup" class="virtual" ref={body} style={{ height: `${String(ids.length * rowPx)}px` }}>
        {shown.map((id, i) => (
          <div key={id} role="presentation" class="virtual-row" style={{ transform: `translateY(${String((range.first + i) * rowPx)}px)` }}>
            {row(id, range.first + i)}
          </div>
        ))}
      </div>
    </div>
  );
}
