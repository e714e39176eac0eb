/** What it costs to look at the queues: views and explanations, as the API and the command line ask for them. */
import type { AcdState } from '../../core/acd/acd-state.js';
import { explainAgent, explainMember, findMember } from '../../core/acd/explain.js';
import type { Member } from '../../core/acd/state.js';
import { agentViews, queueViews, waitingView } from '../../core/acd/views.js';
import { spreadOf } from './figure.js';
import type { Figure } from './figure.js';
import { monoMs } from './metronome.js';

const times = 100;
/** mod_callcenter, any `callcenter_config` command with 5,000 waiting and 50 agents, p50 */
const commandMs = 1_227;

export function readFigures(state: AcdState, name: string): Figure[] {
  const [queue] = state.queueConfigs.keys();
  const [agent] = state.agents.values();
  const waiting: Member[] = [...(queue === undefined ? [] : state.membersOfQueue(queue))].flatMap((id) => state.members.get(id) ?? []);
  const [first, last] = [waiting[0], waiting.at(-1)];
  if (queue === undefined || !agent || !first || !last) throw new Error('nobody waits');
  const nowMs = Date.now();
  const deep = cursorBehind(state, queue, 9_000, nowMs);
  const reads: readonly (readonly [string, () => unknown])[] = [
    ['all queues', () => queueViews(state, {}, nowMs)],
    ['all agents, 200 of 400', () => agentViews(state, undefined, { limit: 200 }, nowMs)],
    ['first 100 waiting', () => waitingView(state, queue, { limit: 100 }, nowMs)],
    ['100 waiting behind 9,000', () => waitingView(state, queue, { limit: 100, after: deep }, nowMs)],
    ['find a caller by number', () => findMember(state, last.number)],
    ['explain the last caller', () => explainMember(state, last, [], nowMs)],
    ['explain an agent', () => explainAgent(state, agent, [], nowMs)],
  ];
  return reads.map(([what, read]) => figureOf(`${name} ${what}`, read));
}

function figureOf(name: string, read: () => unknown): Figure {
  const samples: number[] = [];
  for (let n = 0; n < times; n++) {
    const sinceMs = monoMs();
    read();
    samples.push(monoMs() - sinceMs);
  }
  const { p50, p99, max } = spreadOf(samples);
  const note = `p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms; baseline: mod_callcenter, any command, 5,000 waiting`;
  return { name: `${name}: p50`, value: p50, unit: 'ms', baseline: commandMs, note };
}

function cursorBehind(state: AcdState, queue: Parameters<typeof waitingView>[1], count: number, nowMs: number): string | undefined {
  let after: string | undefined;
  for (let seen = 0; seen < count; seen += 500) after = waitingView(state, queue, { limit: 500, after }, nowMs).next;
  return after;
}
