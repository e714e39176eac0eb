/**
 * A standby agent is on an open channel of his own (freeswitch-callcenter 7.3): nothing rings. Tone, announcements and
 * confirm key are put into whatever the channel does now; it goes on behind them when the caller is not connected.
 */
import type { RingOrder } from '../core/acd/effects.js';
import type { CallKey } from '../core/acd/ids.js';
import { freeswitchSound, type LegStep } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import type { Log } from '../core/ports.js';
import { epochS } from '../core/services/queue-result.js';
import type { Feed } from '../core/switch.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { EslLink } from './esl.js';
import type { FreeswitchCommands } from './switch-freeswitch-commands.js';
import type { Leg, LegBook } from './switch-freeswitch-legs.js';
import type { LegNews } from './switch-freeswitch-news.js';
import { agentSteps, offerNews, step, wantedKeyVariable } from './switch-freeswitch-ring.js';

export interface StandbyDeps {
  readonly link: EslLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly book: LegBook;
  readonly news: LegNews;
  readonly commands: FreeswitchCommands;
}

export interface StandbyRing {
  readonly leg: Leg;
  readonly order: RingOrder;
  readonly channel: CallKey;
}

/** Never rejects. */
export async function ringStandby(ring: StandbyRing, deps: StandbyDeps): Promise<void> {
  const { leg, order, channel } = ring;
  try {
    const uuid = checkName('uuid', channel.uniqueId);
    // one write, one answer to wait for: a person is silent on the line meanwhile (B44: 200 ms from the answer to the agent)
    const side = deps.link.api(`uuid_setvar ${uuid} cc_side agent`);
    deps.commands.set(uuid, { [wantedKeyVariable]: order.confirmKey });
    const [reply, tone] = await Promise.all([side, deps.commands.ask(`uuid_getvar ${uuid} cc_warning_tone`)]);
    const refusal = refusalOf(reply);
    if (refusal !== undefined) gone(ring, deps);
    else if (deps.book.get(order.leg) === leg && leg.cancelled === undefined) await prepare(ring, uuid, tone, deps);
  } catch (error) {
    deps.log.warn({ err: error, agent: order.agent }, 'queue: a standby agent cannot be reached');
    deps.news.fail(leg, 'switch-failed', error instanceof Error ? error.message : String(error), 'NORMAL_CLEARING');
  }
}

/** Its channel is no more: the agent is not there at all. */
function gone({ leg, order, channel }: StandbyRing, { feed, news }: StandbyDeps): void {
  news.fail(leg, 'unreachable', 'the open channel is gone', 'NORMAL_CLEARING');
  feed({ type: 'standby-ended', agent: order.agent, call: channel });
}

/** The steps go first: the channel looks at them every 20 ms, and what is written behind them is there before the bridge is ordered. */
async function prepare({ leg, order }: StandbyRing, uuid: string, tone: string | undefined, deps: StandbyDeps): Promise<void> {
  const { book, commands, link, feed } = deps;
  book.addChannel(leg, uuid);
  leg.channel = uuid;
  leg.phase = 'answered';
  feed({ type: 'agent-answered', offer: order.offer });
  const told = tellSteps(uuid, stepsFor(order, tone), link);
  commands.set(uuid, {
    ...order.variables,
    cc_queue: order.queue,
    cc_queue_joined_epoch: epochS(order.joinedAtMs),
    cc_member_uuid: order.member,
    cc_member_session_uuid: order.call?.uniqueId ?? '',
    cc_agent: order.agent,
    cc_agent_type: 'uuid-standby',
  });
  await told;
}

async function tellSteps(uuid: string, steps: readonly LegStep[], link: EslLink): Promise<void> {
  for (const { application, argument } of steps) {
    await link.command(`sendmsg ${uuid}`, {
      'call-command': 'execute',
      'execute-app-name': application,
      'execute-app-arg': argument,
      'event-lock': true,
    });
  }
}

/** What a called agent's leg would run, up to its news; the rest is for legs that are alone. */
function stepsFor(order: RingOrder, tone: string | undefined): readonly LegStep[] {
  const all = agentSteps(order, { selfConnectMs: 0, loopbackMsMax: 0 });
  const before = all.slice(
    0,
    all.findIndex(({ application }) => application === 'event'),
  );
  return [...toneStep(tone), ...before, step('event', offerNews(order.offer))];
}

/** The tone is a variable of the agent's channel: what cannot be played is left out. */
function toneStep(tone: string | undefined): readonly LegStep[] {
  try {
    return tone === undefined ? [] : [step('playback', freeswitchSound(tone))];
  } catch {
    return [];
  }
}
