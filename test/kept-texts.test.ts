/** Texts of members that are kept between two answers: after any change they are those of a member who was never shown. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AcdState } from '../core/acd/acd-state.js';
import { memberLines, memberObjects } from '../core/callcenter/member-text.js';
import { membersShown } from '../core/callcenter/members-shown.js';
import { listQueue } from '../core/opensips/queue-text.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';

const config = ({ base, prefix, strategy }: { base: number; prefix: string; strategy: string }) =>
  deskConfig({
    queues: {
      support: {
        strategy,
        base_score_s: base,
        caller_id_prefix: prefix,
        abandoned_resume_allowed: true,
        discard_abandoned_after_s: 60,
        callback: {},
      },
      vip: { priority: 10, skills: [{ skill: 's1', required: true }] },
    },
    agents: {
      ann: { contact: 'PJSIP/a', skills: { s1: 5 }, wrap_up_s: 0 },
      ben: { contact: 'PJSIP/b', wrap_up_s: 0 },
    },
    tiers: ['support ann', 'support ben 2', 'vip ann'],
  });

/** What can happen to those who are there; `pick` chooses one of them. */
const happenings: readonly ((desk: Desk, pick: number) => void)[] = [
  (desk, pick) => void desk.call(pick % 2 ? 'support' : 'vip', { name: pick % 3 ? 'Eve "x"' : '', baseScoreS: pick % 3 }),
  (desk, pick) => void desk.call('support', { number: `7${String(pick % 2)}` }), // who comes again has his place
  (desk, pick) => desk.advance((pick % 50) * 100),
  (desk, pick) => desk.login(pick % 2 ? 'ann' : 'ben'),
  (desk, pick) => void desk.step({ type: 'status-asked', agent: pick % 2 ? 'ann' : 'ben', status: 'Logged Out', reason: undefined }),
  (desk, pick) => one(desk, pick, (member) => desk.state.members.get(member)?.offers.length && desk.connect(member)),
  (desk, pick) => one(desk, pick, (member) => desk.step({ type: 'callback-asked', member, number: '5551' })),
  (desk, pick) => one(desk, pick, (member) => desk.step({ type: 'caller-left', member, cause: 'hangup' })),
  (desk, pick) =>
    one(desk, pick, (member) => desk.step({ type: 'move-asked', member, queue: pick % 2 ? 'vip' : 'support', keepWaiting: pick % 3 > 0 })),
  (desk, pick) => one(desk, pick, (member) => desk.step({ type: 'priority-asked', member, priority: pick % 5, baseScoreS: pick % 2 })),
  (desk, pick) => {
    const offer = [...desk.state.offers.keys()][pick % Math.max(1, desk.state.offers.size)];
    if (offer === undefined) return;
    if (desk.state.offers.get(offer)?.phase.kind === 'talking') desk.step({ type: 'call-ended', offer, by: 'agent', cause: '' });
    else desk.step({ type: 'offer-failed', offer, failure: 'no-answer', detail: '' });
  },
  (desk, pick) =>
    void desk.step({
      type: 'configured',
      config: config({ base: pick % 2, prefix: pick % 3 ? 'SUP' : '', strategy: pick % 5 ? 'top-down' : 'ring-all' }),
    }),
];

function one(desk: Desk, pick: number, act: (member: NonNullable<ReturnType<typeof nth>>) => unknown): void {
  const member = nth(desk, pick);
  if (member !== undefined) act(member);
}
const nth = (desk: Desk, pick: number) => [...desk.state.members.keys()][pick % Math.max(1, desk.state.members.size)];

/** The same, but of members whom nobody has shown yet. */
const unseen = (state: AcdState): AcdState => {
  const members = new Map([...state.members].map(([id, member]) => [id, { ...member }] as const));
  return Object.create(state, { members: { value: members } }) as AcdState;
};

function texts(state: AcdState, nowMs: number) {
  const shown = membersShown(state, undefined, undefined, 'single_box');
  const moment = { state, nowMs };
  return { lines: memberLines(shown, moment), objects: memberObjects(shown, moment), queued: listQueue(state, nowMs).text };
}

describe('kept texts', () => {
  it('F110 F121 O116: whatever happens between two answers, each is that of a state which was never shown', () => {
    const told = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(happenings.length - 1), fc.nat(1_000)), { minLength: 5, maxLength: 60 }), (story) => {
        const desk = createDesk(config({ base: 0, prefix: '', strategy: 'top-down' }));
        for (const [what, pick] of story) {
          happenings[what]?.(desk, pick);
          const kept = texts(desk.state, desk.nowMs());
          assert.deepEqual(kept, texts(unseen(desk.state), desk.nowMs()));
          for (const text of kept.objects) told.add((JSON.parse(text) as { state: string }).state);
        }
      }),
      { numRuns: 100 },
    );
    assert.deepEqual([...told].sort(), ['Abandoned', 'Answered', 'Trying', 'Waiting']);
  });
});
