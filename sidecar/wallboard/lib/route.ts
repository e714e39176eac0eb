/** Which page: `#/queues`, `#/queue/<id>`, `#/agents`, `#/agent/<id>`, `#/missed`, `#/campaigns`, `#/campaign/<id>`, `#/compliance/<id>`; `/agent` is the agent's own page, `?wall` the big type. */
import { signal } from '@preact/signals';

export interface Place {
  readonly page: 'queues' | 'queue' | 'agents' | 'agent' | 'missed' | 'campaigns' | 'campaign' | 'compliance' | 'desk';
  readonly id: string;
}

const pages: readonly string[] = ['queues', 'queue', 'agents', 'agent', 'missed', 'campaigns', 'campaign', 'compliance'];
export const isDesk = location.pathname === '/agent';
export const isWall = new URLSearchParams(location.search).has('wall');

function read(): Place {
  if (isDesk) return { page: 'desk', id: '' };
  const [, page = '', id = ''] = location.hash.split('/');
  return { page: pages.includes(page) ? (page as Place['page']) : 'queues', id: decoded(id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const place = signal<Place>(read());
addEventListener('hashchange', () => (place.value = read()));

export const linkTo = (page: Place['page'], id?: string): string => `#/${page}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
