/** Things that change something: asked for once, with what came of it told aloud and shown. */
import { signal } from '@preact/signals';
import type { ComponentChildren, JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { problemText } from '../lib/api.ts';
import { strings } from '../strings.ts';

interface Told {
  readonly text: string;
  readonly isProblem: boolean;
}

/** the last result, for the live region at the foot of the page */
export const told = signal<Told | undefined>(undefined);
const shownMs = 6_000;
let forget: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string, isProblem = false): void {
  told.value = { text, isProblem };
  clearTimeout(forget);
  forget = setTimeout(() => (told.value = undefined), shownMs);
}

/** True when it worked. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    tell(strings.actions.done);
    return true;
  } catch (e) {
    tell(problemText(e), true);
    return false;
  }
}

interface ButtonProps {
  readonly label: string;
  readonly run: () => Promise<unknown>;
  readonly kind?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly description?: string;
}

/** A button that waits for its own answer. */
export function ActionButton({ label, run, kind = '', pressed, disabled = false, description }: ButtonProps): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const click = async (): Promise<void> => {
    setBusy(true);
    await attempt(run);
    setBusy(false);
  };
  return (
    <button
      type="button"
      class={`button ${kind}`}
      aria-pressed={pressed}
      aria-busy={isBusy}
      aria-label={description}
      disabled={isBusy || disabled}
      onClick={() => void click()}
    >
      {label}
    </button>
  );
}

export interface Question {
  readonly title: string;
  readonly why?: string;
  readonly fields?: ComponentChildren;
  readonly isGrave?: boolean;
  /** with what the fields of the form hold */
  run(values: Readonly<Record<string, string>>): Promise<unknown>;
}

/** the question that is open now */
export const question = signal<Question | undefined>(undefined);
export const confirm = (asked: Question): void => void (question.value = asked);

/** One dialog for the whole page: Escape closes it, the focus goes back to where it was. */
export function Confirm(): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const asked = question.value;
  useEffect(() => {
    if (!asked) return;
    setProblem('');
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, [asked]);
  if (!asked) return null;

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const values = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, typeof value === 'string' ? value : '']),
    );
    setBusy(true);
    try {
      await asked.run(values);
      question.value = undefined;
      tell(strings.actions.done);
    } catch (e) {
      setProblem(problemText(e));
    }
    setBusy(false);
  };
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={() => (question.value = undefined)}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="question">{asked.title}</h2>
        {asked.why && <p>{asked.why}</p>}
        {asked.fields}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="row end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {strings.actions.cancel}
          </button>
          <button type="submit" class={`button ${asked.isGrave ? 'grave' : 'main'}`} disabled={isBusy} aria-busy={isBusy}>
            {isBusy ? strings.actions.busy : strings.actions.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What came of the last action, for eyes and ears. */
export const Told = (): JSX.Element => (
  <div class="toast-place" role="status" aria-live="polite">
    {told.value && <p class={`toast ${told.value.isProblem ? 'bad' : 'good'}`}>{told.value.text}</p>}
  </div>
);
