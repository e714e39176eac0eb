/** The running dialer for the API (`DialerControl`): status, agent details, preview, live figures, changes of settings. */
import type { DialerSettings } from '../dialer/campaign.js';
import type { DialerAnswer, PreviewView } from '../dialer/engine/engine-types.js';
import type { DialerEvent, DialerNotice } from '../dialer/engine-words.js';
import type { DialerAgents, DialerControl, DialerStatus, DialerStore, DialSwitch, PreviewOffer, SettingsChange } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import { createAgentDetails } from './dialer-agent-details.js';
import { liveOf } from './dialer-live.js';
import type { DialerSession } from './dialer-session.js';
import { createDialerWhy } from './dialer-why.js';

export const dialerControlLimits = { listenersMax: 1_000 };

export interface DialerControlDeps {
  /** undefined: another process dials, or none */
  readonly session: () => DialerSession | undefined;
  /** why there is none */
  readonly why: () => TandemError;
  readonly store: DialerStore;
  readonly agents: Pick<DialerAgents, 'isUp' | 'view'>;
  readonly switches: ReadonlyMap<string, Pick<DialSwitch, 'isUp'>>;
  readonly base: DialerSettings;
  /** of a process that does not dial: as the table had it when it was last asked */
  readonly standby: () => { readonly isStoreUp: boolean; readonly dialed: number; readonly agentPending: number };
  readonly nowMs: () => number;
  readonly log: Log;
}

export interface DialerControlSide {
  readonly control: DialerControl;
  /** news of the session go to whoever listens */
  tell(notice: DialerNotice, atMs: number): void;
}

type AnswerOf<K extends DialerAnswer['kind']> = Extract<DialerAnswer, { kind: K }>;

export function createDialerControl(deps: DialerControlDeps, limits = dialerControlLimits): DialerControlSide {
  const listeners = new Set<(notice: DialerNotice, atMs: number) => void>();
  const why = createDialerWhy(deps);
  const agentDetails = createAgentDetails(deps);

  function needed(): DialerSession {
    const session = deps.session();
    if (!session) throw deps.why();
    return session;
  }

  /** A wish of an agent; the answer is of this kind, or the refusal is thrown. */
  async function wish<K extends DialerAnswer['kind']>(event: DialerEvent, kind: K): Promise<AnswerOf<K>> {
    const answer = await needed().loop.ask(event);
    if (answer.kind === 'refused') throw refusalOf(answer.code, answer.reason);
    if (answer.kind !== kind) throw new TandemError('TDM_INTERNAL');
    return answer as AnswerOf<K>;
  }

  /** Two at once would each begin with what the other had not yet changed. */
  let changing: Promise<unknown> = Promise.resolve();

  async function changeNow(change: SettingsChange, actor: string): Promise<DialerSettings> {
    const session = needed();
    const next = await session.configuration.change(typeof change === 'function' ? change(settings()) : change, actor);
    await session.reload();
    return next;
  }

  const settings = (): DialerSettings => deps.session()?.configuration.settings() ?? deps.base;

  function status(): DialerStatus {
    const session = deps.session();
    const { isStoreUp, ...counted } = deps.standby();
    const { dialed, agentPending } = session?.loop.view().active ?? counted;
    const { slotsMax, voiceConnector } = settings();
    const connector = session?.loop.view().voiceConnector ?? 'up';
    return {
      maxConcurrentCalls: slotsMax,
      activeCalls: dialed + agentPending,
      ...{ dialed, agentPending, freeSlots: Math.max(0, slotsMax - dialed - agentPending) },
      database: (session ? !session.saver.isStoreAway() : isStoreUp) ? 'up' : 'down',
      switches: [...deps.switches].map(([name, port]) => ({ name, state: port.isUp() ? 'up' : 'down' })),
      voiceConnector: voiceConnector === '' ? 'off' : connector === 'down' ? 'down' : 'up',
    };
  }

  const control: DialerControl = {
    isOwner: () => deps.session() !== undefined,
    status,
    reload: async () => needed().reload(),
    agentDetails,
    async previewNext(agent, campaign) {
      const { offer } = await wish({ type: 'preview-next-asked', agent, campaign }, 'preview-offer');
      return offer && offerOf(offer);
    },
    preview(agent) {
      const offer = deps.session()?.loop.view().preview(agent);
      return offer && offerOf(offer);
    },
    async previewDial(agent, numberIndex) {
      const { callId } = await wish({ type: 'preview-dial-asked', agent, numberIndex }, 'preview-dial');
      return { callId };
    },
    async previewSkip(agent, reason) {
      await wish({ type: 'preview-skip-asked', agent, reason }, 'done');
    },
    async previewReject(agent, reason) {
      await wish({ type: 'preview-reject-asked', agent, reason }, 'done');
    },
    live(campaign) {
      const session = deps.session();
      return session && liveOf(campaign, session, deps.agents);
    },
    decisions: (campaign, countMax) => deps.session()?.loop.view().decisions(campaign, countMax) ?? [],
    why: (campaign) => why.campaign(campaign),
    explainContact: (contact) => why.contact(contact),
    onNotice(listener) {
      if (listeners.size >= limits.listenersMax)
        throw new TandemError('TDM_BUSY', [`${String(limits.listenersMax)} listeners to the dialer`]);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    machineSaid: (campaign) => deps.session()?.loop.tell({ type: 'machine-said', campaign }),
    wake: () => deps.session()?.wake(),
    settings,
    changeSettings(change, actor) {
      const changed = changing.then(() => changeNow(change, actor));
      changing = changed.catch(() => undefined);
      return changed;
    },
  };

  return {
    control,
    tell(notice, atMs) {
      for (const listener of listeners) {
        try {
          listener(notice, atMs);
        } catch (error) {
          deps.log.error({ error, notice: notice.type }, 'a listener to the dialer failed');
        }
      }
    },
  };
}

const offerOf = ({ campaign, contact, agent, offeredAtMs, untilMs }: PreviewView): PreviewOffer => ({
  ...{ campaign, contact, data: contact.contact.data, agent, offeredAtMs, untilMs },
});

function refusalOf(code: AnswerOf<'refused'>['code'], reason: string): TandemError {
  return code === 'TDM_NOT_FOUND' ? new TandemError(code, ['Preview', reason]) : new TandemError(code, [reason]);
}
