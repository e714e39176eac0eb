/** A decision in words. */
import type { Decision, Explanation, PacingRule } from './types.js';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const reasons: Readonly<Record<PacingRule, (d: Decision) => string>> = {
  'no-agents': () => 'no agent is signed in',
  'few-agents': () => 'too few agents for predictive dialling: one call for each ready agent',
  start: () => 'nothing is known yet of this list: one call for each ready agent until the first calls have ended',
  silence: () => 'nobody answers any more, as if the line were dead: one call for each ready agent until three have answered',
  careful: () => 'a large team begins: fewer calls than the first estimate allows, until each agent could have had an answer',
  guard: () => 'one more abandoned call could not be made good before the calling window closes: one call for each ready agent',
  risk: (d) =>
    `one more call, if a person answers it, would find no agent with a chance of ${percent(d.risk)}; accepted are ${percent(d.theta)}`,
  lines: () => 'no more lines',
  'agents-cap': () => 'the most calls in flight for each agent is reached',
  'calls-per-second': () => 'no more calls may be placed in this second',
};

export function explainDecision(decision: Decision | undefined): Explanation {
  if (!decision) return { text: 'no decision yet', decision };
  const { place, ready, talk, wrap, ringing, waiting, connected, abandoned, answerShare, ringSeconds, goal } = decision;
  const share = abandoned > 0 ? abandoned / (connected + abandoned) : 0;
  const text = [
    `${place} calls placed: ${reasons[decision.rule](decision)}.`,
    `Agents: ${ready} ready, ${talk} in talk, ${wrap} in wrap-up. Calls: ${ringing} ringing, ${waiting} answered and waiting.`,
    `Of the calls placed now ${percent(answerShare)} are expected to be answered by a person, half of these within ${ringSeconds.toFixed(0)} s.`,
    `Abandoned in the window: ${abandoned} of ${connected + abandoned} (${percent(share)}); of the coming ones ${percent(goal)} may be.`,
  ].join('\n');
  return { text, decision };
}
