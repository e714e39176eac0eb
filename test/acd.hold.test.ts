/** Hold in a talk: told by the switch, doubled, late or lost; kept with the talk and recorded with it (B6, B26). */
import assert from 'node:assert/strict';
import { brokenInvariants } from '../core/acd/invariants.js';
import { offerId } from '../core/acd/ids.js';
import type { OfferSegment, Segment } from '../core/acd/records.js';
import type { HoldSide } from '../core/acd/state.js';
import { agentRow } from '../core/board/agent-row.js';
import { noToday } from '../core/board/no-today.js';
import { openWorkOf } from '../core/reports/open-work.js';
import { createDesk, deskConfig } from './support/engine-desk.js';

function talking(media: 'audio' | 'chat' = 'audio') {
  const segments: Segment[] = [];
  const desk = createDesk(
    deskConfig({
      queues: { support: {} },
      agents: { anna: { contact: 'PJSIP/anna', chat_address: 'anna', chats_max: 1 } },
      tiers: ['support anna'],
    }),
    1_795_320_372_000,
    { onSegments: (written) => segments.push(...written) },
  );
  desk.login('anna');
  const member = desk.call('support', media === 'chat' ? { media, call: undefined } : {});
  desk.advance(1_000);
  const offer = offerId(desk.connect(member));
  const tell = (type: 'held' | 'resumed', by: HoldSide = 'agent') => desk.step({ type, offer, by });
  return {
    desk,
    offer,
    held: (by?: HoldSide) => tell('held', by),
    resumed: (by?: HoldSide) => tell('resumed', by),
    end: () => desk.step({ type: 'call-ended', offer, by: 'agent', cause: 'hang-up' }),
    segment: () => segments.find((one): one is OfferSegment => one.kind === 'offer'),
    told: () =>
      desk.effects.flatMap((effect) =>
        effect.type === 'notice' && (effect.notice.type === 'talk-held' || effect.notice.type === 'talk-resumed')
          ? [`${effect.notice.type} ${effect.notice.by} ${'heldMs' in effect.notice ? String(effect.notice.heldMs) : ''}`.trim()]
          : [],
      ),
  };
}

describe('hold', () => {
  it('B6 B26: the time on hold is part of the talk, and is recorded with it', () => {
    const { desk, held, resumed, end, segment, told, offer } = talking();
    desk.advance(5_000);
    held();
    desk.advance(3_000);
    assert.equal(
      openWorkOf({ members: [], offers: desk.state.offers.values(), agents: [] }, desk.nowMs()).offers.get(offer)?.holdMs,
      3_000,
    );
    resumed();
    desk.advance(2_000);
    held();
    desk.advance(4_000);
    resumed();
    desk.advance(1_000);
    end();
    assert.deepEqual([segment()?.holdMs, segment()?.talkMs], [7_000, 15_000]);
    assert.deepEqual(told(), ['talk-held agent', 'talk-resumed agent 3000', 'talk-held agent', 'talk-resumed agent 4000']);
  });

  it('B6 B23: the board shows who is on hold, and since when', () => {
    const { desk, held, resumed } = talking();
    const shown = () => {
      const [agent = assert.fail()] = desk.state.agents.values();
      return agentRow(desk.state, agent, desk.state.agentConfigs.get(agent.id) ?? assert.fail(), noToday, desk.nowMs()).call?.heldSinceMs;
    };
    assert.equal(shown(), undefined);
    held();
    const sinceMs = desk.nowMs();
    desk.advance(2_000);
    assert.equal(shown(), sinceMs);
    resumed();
    assert.equal(shown(), undefined);
  });

  it('B6: doubled news change nothing, and a hold that is never taken back ends with the talk', () => {
    const { desk, held, resumed, end, segment, told } = talking();
    resumed();
    held();
    desk.advance(1_000);
    held();
    const [{ phase } = assert.fail()] = desk.state.offers.values();
    assert.deepEqual(phase.kind === 'talking' && phase.hold?.sides, ['agent']);
    desk.advance(1_000);
    resumed();
    resumed();
    desk.advance(1_000);
    held();
    desk.advance(6_000);
    end();
    assert.equal(segment()?.holdMs, 8_000);
    assert.deepEqual(told(), ['talk-held agent', 'talk-resumed agent 2000', 'talk-held agent']);
  });

  it('B6: both hold at once: one hold, from the first to the last', () => {
    const { desk, held, resumed, end, segment, told } = talking();
    held('agent');
    desk.advance(1_000);
    held('caller');
    desk.advance(1_000);
    resumed('agent');
    desk.advance(1_000);
    resumed('caller');
    desk.advance(1_000);
    end();
    assert.equal(segment()?.holdMs, 3_000);
    assert.deepEqual(told(), ['talk-held agent', 'talk-resumed caller 3000']);
  });

  it('B6: a talk without hold has none; a chat cannot be held, nor what does not talk', () => {
    const plain = talking();
    plain.end();
    plain.held(); // late: the offer is over, and its leg is not ended for it
    assert.equal(plain.segment()?.holdMs, 0);
    assert.ok(!plain.desk.effects.some(({ type }) => type === 'hang-up-leg'));
    const chat = talking('chat');
    chat.held();
    assert.deepEqual(chat.told(), []);
    chat.end();
    assert.equal(chat.segment()?.holdMs, undefined);
    const ringing = createDesk(deskConfig({ queues: { q: {} }, agents: { a: { contact: 'PJSIP/a' } }, tiers: ['q a'] }));
    ringing.login('a');
    ringing.call('q');
    const [offer = assert.fail()] = ringing.state.offers.values();
    ringing.step({ type: 'held', offer: offer.id, by: 'agent' });
    assert.equal(offer.phase.kind, 'ringing');
  });

  it('B6: in whatever order the news come, hold is never longer than the talk', () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round++) {
      const { desk, held, resumed, end, segment } = talking();
      for (let n = random(12); n > 0; n--) {
        (random(2) ? held : resumed)(random(2) ? 'agent' : 'caller');
        desk.advance(random(5_000));
        assert.deepEqual(brokenInvariants(desk.state), []);
      }
      end();
      const { holdMs = -1, talkMs = 0 } = segment() ?? {};
      assert.ok(holdMs >= 0 && holdMs <= talkMs, `${String(holdMs)} of ${String(talkMs)}`);
    }
  });
});
