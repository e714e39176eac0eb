/** A caller's session whose end the test decides. */
import sinon from 'sinon';
import type { MemberId } from '../../core/acd/ids.js';
import type { Call } from '../../core/call.js';
import type { Feed, HeldSession, OpenSession, SessionEnd } from '../../core/switch.js';

export interface SessionStub extends HeldSession {
  readonly member: MemberId;
  readonly of: Call;
  readonly feed: Feed;
  end(how: SessionEnd): void;
}

export interface SessionStubs {
  readonly open: OpenSession;
  readonly opened: SessionStub[];
  /** ends a session as soon as it is opened */
  endWith: ((session: SessionStub) => SessionEnd) | undefined;
}

export function sessionStubs(): SessionStubs {
  const stubs: SessionStubs = {
    opened: [],
    endWith: undefined,
    open(call, member, feed) {
      let end: (how: SessionEnd) => void = () => undefined;
      const ended = new Promise<SessionEnd>((resolve) => (end = resolve));
      const session: SessionStub = {
        member,
        of: call,
        feed,
        call: { switch: 'pbx' as never, uniqueId: call.uniqueId, channel: call.channel },
        ended,
        end,
        music: sinon.stub(),
        message: sinon.stub(),
        announce: sinon.stub(),
        prepare: sinon.stub().resolves(),
        exit: (order) => end({ kind: 'exit', order }),
      };
      stubs.opened.push(session);
      if (stubs.endWith) end(stubs.endWith(session));
      return session;
    },
  };
  return stubs;
}
