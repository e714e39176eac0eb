/** A wish to join a queue that wants nothing special; a test says what matters to it. */
import type { Join } from '../../core/acd/events.js';
import { memberId } from '../../core/acd/ids.js';

export const plainJoin: Join = {
  member: memberId(''),
  queue: '',
  media: 'audio',
  call: undefined,
  number: '',
  name: '',
  answeredAtMs: 0,
  baseScoreS: 0,
  priority: undefined,
  needs: [],
  exitKeys: undefined,
  maxWaitMs: 0,
  language: undefined,
  music: undefined,
  callerIdPrefix: undefined,
  agentAnnouncements: undefined,
  variables: {},
  param: '',
  leadId: undefined,
  rootId: '',
  stickyAgent: undefined,
  callbackOf: undefined,
};
