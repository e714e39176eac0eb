/** Small parts that every page uses. */
import { computed } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Doing } from '../../../core/board/wire.ts';
import { nowMs } from '../lib/board.ts';
import { clockText, isoDuration } from '../lib/format.ts';
import { strings } from '../strings.ts';

/** A stay that grows each second; only its own text is drawn again. */
export function Since({ atMs }: { readonly atMs: number }): JSX.Element {
  const text = useMemo(() => computed(() => clockText(nowMs.value - atMs)), [atMs]);
  return (
    <time class="clock" dateTime={isoDuration(nowMs.peek() - atMs)}>
      {text}
    </time>
  );
}

/** A time that runs down. */
export function Until({ atMs }: { readonly atMs: number }): JSX.Element {
  const text = useMemo(() => computed(() => clockText(atMs - nowMs.value)), [atMs]);
  return (
    <time class="clock" role="timer">
      {text}
    </time>
  );
}

/** State by word and mark, not by colour alone. */
export const State = ({ doing }: { readonly doing: Doing }): JSX.Element => (
  <span class={`state state-${doing}`}>
    <span class="mark" aria-hidden="true" />
    {strings.doings[doing]}
  </span>
);

interface FigureProps {
  readonly label: string;
  readonly level?: 'good' | 'bad' | undefined;
  readonly children: ComponentChildren;
}

export const Figure = ({ label, level, children }: FigureProps): JSX.Element => (
  <div class={`figure ${level ?? ''}`}>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

/** The page's heading takes the focus when the page comes, so that a keyboard or screen reader begins there. */
export function Title({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {children}
    </h1>
  );
}

export const Empty = ({ children }: { readonly children: ComponentChildren }): JSX.Element => <p class="empty">{children}</p>;

export const Loading = (): JSX.Element => (
  <div class="loading" role="status">
    <span class="bones" aria-hidden="true" />
    {strings.connection.loading}
  </div>
);
