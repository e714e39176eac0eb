/** What stands around each page: head, navigation, state of the connection, results of actions. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { logout, mayView, session } from '../lib/api.ts';
import { connection, forget, nextTryAtMs, ownNowMs, refusal } from '../lib/board.ts';
import { dialer, mayDialView } from '../lib/dialer.ts';
import { isDesk, isWall, linkTo, place } from '../lib/route.ts';
import { nextTheme, theme } from '../lib/theme.ts';
import { strings } from '../strings.ts';
import { Confirm, Told } from './action.tsx';
import { Why } from './why.tsx';

const words = strings.nav;

export function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const toMain = (event: MouseEvent): void => {
    event.preventDefault();
    document.getElementById('main')?.focus();
  };
  return (
    <div class={isWall ? 'page wall' : 'page'}>
      <a class="skip" href="#main" onClick={toMain}>
        {words.skip}
      </a>
      <header>
        <a class="brand" href="/">
          <span class="logo" aria-hidden="true" />
          {strings.product}
        </a>
        <Navigation />
        <Account />
      </header>
      <Connection />
      <main id="main" tabIndex={-1} class={connection.value === 'lost' || connection.value === 'standby' ? 'old' : ''}>
        {connection.value === 'refused' ? <Refused /> : children}
      </main>
      <Told />
      <Confirm />
      <Why />
    </div>
  );
}

function Navigation(): JSX.Element {
  const here = place.value.page;
  const link = (page: 'queues' | 'agents' | 'missed' | 'campaigns', isHere: boolean, text: string): JSX.Element => (
    <li>
      <a href={isDesk ? `/${linkTo(page)}` : linkTo(page)} aria-current={isHere ? 'page' : undefined}>
        {text}
      </a>
    </li>
  );
  return (
    <nav aria-label={words.label}>
      <ul>
        {mayView() && link('queues', here === 'queues' || here === 'queue', words.queues)}
        {mayView() && link('agents', here === 'agents' || here === 'agent', words.agents)}
        {mayView() && link('missed', here === 'missed', words.missed)}
        {dialer.value === 'on' && mayDialView() && link('campaigns', isOfDialer(here), words.campaigns)}
        <li>
          <a href="/agent" aria-current={isDesk ? 'page' : undefined}>
            {words.desk}
          </a>
        </li>
      </ul>
    </nav>
  );
}

const isOfDialer = (page: string): boolean => page === 'campaigns' || page === 'campaign' || page === 'compliance';

function Account(): JSX.Element {
  const leave = async (): Promise<void> => {
    await logout();
    forget();
  };
  return (
    <div class="account" role="group" aria-label={words.user}>
      <button
        type="button"
        class="button quiet"
        onClick={nextTheme}
        aria-label={strings.theme[theme.value]}
        title={strings.theme[theme.value]}
      >
        <span class={`sun ${theme.value}`} aria-hidden="true" />
      </button>
      <span class="who">{typeof session.value === 'object' ? session.value.user : ''}</span>
      <button type="button" class="button quiet" onClick={() => void leave()}>
        {words.logout}
      </button>
    </div>
  );
}

/** Told to screen readers when it changes; the seconds to the next try are for eyes only. */
function Connection(): JSX.Element {
  const now = connection.value;
  const [isBack, setBack] = useState(false);
  const before = useRef(now);
  useEffect(() => {
    const wasAway = before.current === 'lost' || before.current === 'standby';
    before.current = now;
    if (now !== 'live' || !wasAway) {
      setBack(false);
      return undefined;
    }
    setBack(true);
    const timer = setTimeout(() => setBack(false), 4_000);
    return () => clearTimeout(timer);
  }, [now]);
  const text = now === 'lost' || now === 'standby' ? strings.connection[now] : isBack ? strings.connection.back : '';
  return (
    <div class={`connection ${text === '' ? 'live' : now}`} role="status" data-state={now}>
      {text}
      {now === 'lost' && (
        <span aria-hidden="true"> {strings.connection.again(Math.ceil((nextTryAtMs.value - ownNowMs.value) / 1000))}</span>
      )}
    </div>
  );
}

const Refused = (): JSX.Element => (
  <div class="card" role="alert">
    <h1>{strings.connection.refused}</h1>
    <p>{refusal.value}</p>
  </div>
);
