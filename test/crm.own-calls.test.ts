/** Calls that Tandem itself orders, told to the call journal: agents who stay on the line. */
import assert from 'node:assert/strict';
import { offerId } from '../core/acd/ids.js';
import type { Notice } from '../core/acd/notices.js';
import type { JournalEvent } from '../core/journal/events.js';
import { createRoles } from '../core/journal/roles.js';
import { tellOwnCalls, type OwnCallsDeps } from '../sidecar/crm/own-calls.js';

function lineOf(event: JournalEvent): string {
  if (event.type === 'leg-tied' || event.type === 'leg-untied') return `${event.type} ${event.leg}`;
  return event.type === 'caller-queued' ? `${event.type} ${event.uniqueId} ${event.queue}` : event.type;
}

describe('call journal: agents on the line', () => {
  function open() {
    let notice: (notice: Notice) => void = () => assert.fail('nobody listens');
    let lose: () => void = () => assert.fail('nobody listens');
    const told: string[] = [];
    const engine = {
      onNotice: (listener: typeof notice) => ((notice = listener), () => undefined),
      orderOf: (offer: string) => ({
        leg: `leg-${offer}`,
        standby: { switch: 'alpha', uniqueId: `line-${offer}` },
        call: { switch: 'alpha', uniqueId: `caller-${offer}` },
        leadId: undefined,
      }),
    } as unknown as OwnCallsDeps['engine'];
    tellOwnCalls({
      engine,
      onLost: (listener) => (lose = listener),
      onOriginate: undefined,
      isAsterisk: () => true,
      roles: createRoles({ '101': 'PJSIP/101' }),
      nowMs: () => 1_000,
      tell: (event) => void told.push(lineOf(event)),
    });
    const tell = (type: 'offer-made' | 'talk-ended', offer: string): void =>
      notice({ type, offer: offerId(offer), queue: 'support', agent: '101' } as unknown as Notice);
    return { told, tell, notice: (told: object) => notice(told as Notice), lose: () => lose() };
  }

  it('P4, B43: his line is tied with an offer and untied with its end, once', () => {
    const { told, tell } = open();
    tell('offer-made', 'o1');
    tell('talk-ended', 'o1');
    tell('talk-ended', 'o1');
    assert.deepEqual(told, ['leg-tied line-o1', 'leg-untied line-o1']);
  });

  it('P12: where a caller waits is told when he joins and when he is sent on; a callback that is not reached has no call', () => {
    const { told, notice } = open();
    const call = { switch: 'alpha', uniqueId: 'U1' };
    notice({ type: 'member-joined', queue: 'support', caller: { call } });
    notice({ type: 'member-moved', from: 'support', to: 'overflow', caller: { call } });
    notice({ type: 'member-joined', queue: 'support', caller: { call: undefined } });
    assert.deepEqual(told, ['caller-queued U1 support', 'caller-queued U1 overflow']);
  });

  it('scale-out 7: offers whose end was told to another owner of the queues take nobody’s place', () => {
    const { told, tell, lose } = open();
    for (let n = 0; n < 10_000; n++) tell('offer-made', `lost-${String(n)}`);
    lose();
    tell('offer-made', 'o1');
    tell('talk-ended', 'o1');
    tell('talk-ended', 'lost-1');
    assert.deepEqual(told.slice(10_000), ['leg-tied line-o1', 'leg-untied line-o1']);
  });
});
