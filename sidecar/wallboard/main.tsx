/** The pages: login, overview, queue, agents, agent, the agent's own desk. */
import { render, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadSession, may, mayView, problemText, session } from './lib/api.ts';
import { unwatch } from './lib/board.ts';
import { isDesk, isWall, place } from './lib/route.ts';
import { showTheme } from './lib/theme.ts';
import { AgentPage } from './pages/agent.tsx';
import { AgentsPage } from './pages/agents.tsx';
import { DeskPage } from './pages/desk.tsx';
import { LoginPage } from './pages/login.tsx';
import { MissedPage } from './pages/missed.tsx';
import { QueuePage } from './pages/queue.tsx';
import { QueuesPage } from './pages/queues.tsx';
import { WallPage } from './pages/wall.tsx';
import { Empty, Loading } from './parts/basics.tsx';
import { Frame } from './parts/frame.tsx';
import { strings } from './strings.ts';
import './styles/base.css';
import './styles/board.css';

const againMs = 2_000;

function App(): JSX.Element {
  const who = session.value;
  if (who === 'unknown') return <Opening />;
  if (who === 'none') {
    unwatch();
    return <LoginPage />;
  }
  return (
    <Frame>
      <Page />
    </Frame>
  );
}

/** Before it is known who looks; tries until the server answers. */
function Opening(): JSX.Element {
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      loadSession().catch((e: unknown) => {
        setProblem(problemText(e));
        again = setTimeout(load, againMs);
      });
    };
    load();
    return () => clearTimeout(again);
  }, []);
  return <main class="login">{problem === '' ? <Loading /> : <p role="alert">{problem}</p>}</main>;
}

function Page(): JSX.Element {
  const { page, id } = place.value;
  useEffect(() => {
    document.title = `${isDesk ? strings.desk.title : id || strings.nav.board} · ${strings.product}`;
  }, [page, id]);
  if (page === 'desk') return <DeskPage />;
  if (!mayView()) return may('tandem_agent') ? <GoToDesk /> : <Empty>{strings.errors.forbidden}</Empty>;
  if (page === 'queue') return <QueuePage key={id} id={id} />;
  if (page === 'missed') return <MissedPage />;
  if (page === 'agents') return <AgentsPage />;
  if (page === 'agent') return <AgentPage key={id} id={id} />;
  return isWall ? <WallPage /> : <QueuesPage />;
}

/** Who is only an agent sees his own desk. */
function GoToDesk(): JSX.Element {
  useEffect(() => location.replace('/agent'), []);
  return <Loading />;
}

showTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
