/** Figures of the day where nobody keeps them: noughts. */
import type { AgentDayFigures, DayFigures, Today } from '../report-ports.js';

const none = { mean: 0, longest: 0 };
const day: DayFigures = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  overflowed: 0,
  timedOut: 0,
  serviceLevel: undefined,
  waitMs: none,
  talkMs: none,
};
const agentDay: AgentDayFigures = { answered: 0, missed: 0, talkMs: 0, wrapUpMs: 0, pausedMs: 0, loggedInMs: 0 };

export const noToday: Today = { queue: () => day, agent: () => agentDay, all: () => day, revision: () => 0 };
