import type { JSX, TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { login, problemText } from '../lib/api.ts';
import { strings } from '../strings.ts';

const words = strings.login;

export function LoginPage(): JSX.Element {
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const field = (name: string): string => (form.elements.namedItem(name) as HTMLInputElement).value;
    setBusy(true);
    setProblem('');
    try {
      await login(field('user'), field('pass'));
    } catch (e) {
      setProblem(problemText(e));
      setBusy(false);
      (form.elements.namedItem('pass') as HTMLInputElement).select();
    }
  };
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)} aria-labelledby="login-title">
        <span class="logo big" aria-hidden="true" />
        <h1 id="login-title">{words.title}</h1>
        <p class="muted">{words.hint}</p>
        <label>
          {words.user}
          <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} required maxLength={20} autofocus />
        </label>
        <label>
          {words.pass}
          <input name="pass" type="password" autocomplete="current-password" required maxLength={200} />
        </label>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button main wide" disabled={isBusy} aria-busy={isBusy}>
          {isBusy ? words.busy : words.go}
        </button>
      </form>
    </main>
  );
}
