/** The pages: login, overview, queue, agents, agent, the agent's own desk, the dialer's campaigns. */
import { render, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadSession, may, mayView, problemText, session } from './lib/api.ts';
import { unwatch } from './lib/board.ts';
import { dialer, lookForDialer, mayDialView } from './lib/dialer.ts';
import { isDesk, isWall, linkTo, place } from './lib/route.ts';
import { showTheme } from './lib/theme.ts';
import { AgentPage } from './pages/agent.tsx';
import { AgentsPage } from './pages/agents.tsx';
import { CampaignPage } from './pages/campaign.tsx';
import { CampaignsPage } from './pages/campaigns.tsx';
import { CompliancePage } from './pages/compliance.tsx';
import { DeskPage } from './pages/desk.tsx';
import { LoginPage } from './pages/login.tsx';
import { MissedPage } from './pages/missed.tsx';
import { QueuePage } from './pages/queue.tsx';
import { QueuesPage } from './pages/queues.tsx';
import { WallPage } from './pages/wall.tsx';
import { Loading } from './parts/basics.tsx';
import { Frame } from './parts/frame.tsx';
import { strings } from './strings.ts';
import './styles/base.css';
import './styles/board.css';
import './styles/dialer.css';
import './styles/print.css';

const againMs = 2_000;

function App(): JSX.Element {
  const who = session.value;
  useEffect(() => lookForDialer(), [who]);
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
  if (isDialerPage(page)) return <DialerPage />;
  if (!mayView() && mayDialView() && dialer.value !== 'off') return <GoToCampaigns />;
  if (!mayView()) return may('tandem_agent') ? <GoToDesk /> : <NotShown why={strings.errors.forbidden} />;
  if (page === 'queue') return <QueuePage key={id} id={id} />;
  if (page === 'missed') return <MissedPage />;
  if (page === 'agents') return <AgentsPage />;
  if (page === 'agent') return <AgentPage key={id} id={id} />;
  return isWall ? <WallPage /> : <QueuesPage />;
}

const isDialerPage = (page: string): boolean => ['campaigns', 'campaign', 'compliance'].includes(page);

function DialerPage(): JSX.Element {
  const { page, id } = place.value;
  if (!mayDialView()) return <NotShown why={strings.errors.forbidden} />;
  if (dialer.value === 'unknown') return <Loading />;
  if (dialer.value === 'off') return <NotShown why={strings.errors.noDialer} />;
  if (page === 'campaign') return <CampaignPage key={id} id={id} />;
  if (page === 'compliance') return <CompliancePage key={id} id={id} />;
  return <CampaignsPage />;
}

const NotShown = ({ why }: { readonly why: string }): JSX.Element => (
  <div class="card" role="alert">
    <h1>{strings.connection.refused}</h1>
    <p>{why}</p>
  </div>
);

/** Who may see nothing but campaigns begins there. */
function GoToCampaigns(): JSX.Element {
  useEffect(() => location.replace(linkTo('campaigns')), []);
  return <Loading />;
}

/** Who is only an agent sees his own desk. */
function GoToDesk(): JSX.Element {
  useEffect(() => location.replace('/agent'), []);
  return <Loading />;
}

showTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
