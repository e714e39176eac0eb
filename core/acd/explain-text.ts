/** Explanations as lines for a terminal. Pure: from the JSON of `/api/v1/explain`. */
import type { AgentExplanation, MemberExplanation } from './explain.js';
import type { Decision } from './records.js';

/** A caller who has left is explained by decisions alone. */
export type CallAnswer = Omit<MemberExplanation, 'member'> & { readonly member?: MemberExplanation['member'] | undefined };

export function callText({ member, verdict, agents, agentsTotal, decisions }: CallAnswer): string[] {
  const head = member
    ? [
        `Caller ${member.id}${member.number === '' ? '' : ` (${member.number})`} in queue ${member.queue}${member.position === undefined ? '' : `, position ${String(member.position)}`}, waited ${secondsText(member.waitedMs)}`,
      ]
    : [];
  const rows = agents.map(({ agent, level, position, reason, detail }) => [agent, `${String(level)}/${String(position)}`, reason, detail]);
  const more = agentsTotal - agents.length;
  return [
    ...head,
    `  ${verdict}`,
    ...(rows.length > 0 ? ['', ...table([['agent', 'level/position', 'not offered because', ''], ...rows])] : []),
    ...(more > 0 ? [`  and ${String(more)} more agents`] : []),
    ...decisionLines(decisions),
  ];
}

export function agentText({ agent, verdict, queues, queuesTotal, decisions }: AgentExplanation): string[] {
  const reason = agent.pauseReason === undefined ? '' : ` (${agent.pauseReason})`;
  const rows = queues.flatMap(({ queue, level, position, bySkill, waiting, first }) => {
    const service = bySkill ? 'by skill' : `${String(level)}/${String(position)}`;
    if (first.length === 0) return [[queue, service, '0', '', '']];
    return first.map((caller, i) =>
      i === 0
        ? [queue, service, String(waiting), caller.number || caller.member, because(caller)]
        : ['', '', '', caller.number || caller.member, because(caller)],
    );
  });
  const more = queuesTotal - queues.length;
  return [
    `Agent ${agent.id}: ${agent.status}${reason}, ${agent.state}, device ${agent.device}`,
    `  ${verdict}`,
    ...(rows.length > 0 ? ['', ...table([['queue', 'serves', 'waiting', 'caller', 'not offered because'], ...rows])] : []),
    ...(more > 0 ? [`  and ${String(more)} more queues`] : []),
    ...decisionLines(decisions),
  ];
}

const because = ({ reason, detail }: { readonly reason: string; readonly detail: string }): string =>
  detail === '' ? reason : `${reason}: ${detail}`;

export function decisionsText(decisions: readonly Decision[]): string[] {
  return decisions.length === 0 ? ['No decisions.'] : decisions.flatMap(decisionText);
}

const decisionLines = (decisions: readonly Decision[]): string[] =>
  decisions.length === 0 ? [] : ['', 'Last decisions:', ...decisions.flatMap(decisionText)];

function decisionText(decision: Decision): string[] {
  const { atMs, queue, member, strategy, chosen, because: why, others, unlisted } = decision;
  const rest = others.map(({ agent, reason }) => `${agent} ${reason}`);
  if (unlisted > 0) rest.push(`and ${String(unlisted)} more`);
  return [
    `  ${new Date(atMs).toISOString()}  ${queue}  ${member} -> ${chosen ?? 'nobody'}  (${strategy}; ${why})`,
    ...(rest.length > 0 ? [`      not: ${rest.join(', ')}`] : []),
  ];
}

const secondsText = (ms: number): string => `${String(Math.round(ms / 1000))} s`;

/** Columns as wide as their widest cell, two blanks between them. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
