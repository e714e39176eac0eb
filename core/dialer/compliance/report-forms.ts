/** The compliance report as plain text for people and as CSV for spreadsheets. Times are UTC. */
import { csvRecord } from '../../reports/csv.js';
import type { ComplianceData, Condition, WindowRow } from './report.js';

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const when = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

const howTexts: Readonly<Record<WindowRow['adjusted']['how'], string>> = {
  amd: 'with a share of the calls that were taken for machines added',
  agents: 'with the share of machines that agents reported deducted',
  none: 'nothing to adjust',
};

const windowLine = (row: WindowRow): string =>
  [
    `${when(row.fromMs)} to ${when(row.toMs)}:`,
    `${String(row.abandoned)} abandoned, ${String(row.connected)} connected, ${percent(row.share)}`,
    row.adjusted.how === 'none' ? '' : `(adjusted ${percent(row.adjusted.share)})`,
    row.isWithinCap ? '' : 'OVER THE CAP',
  ]
    .filter((part) => part !== '')
    .join(' ');

function conditionLines(each: Condition, index: number): readonly string[] {
  const rest = each.findingsCount - each.findings.length;
  return [
    `${String(index + 1)}. ${each.demand}: ${each.isMet ? 'met' : 'NOT MET'}`,
    `   ${each.evidence}${each.findingsCount > 0 ? `, ${String(each.findingsCount)} do not fit` : ''}`,
    ...each.findings.map((finding) => `   - ${when(finding.atMs)} ${finding.number} (${finding.callId}): ${finding.problem}`),
    ...(rest > 0 ? [`   - and ${String(rest)} more`] : []),
  ];
}

export function reportText(data: ComplianceData): string {
  const lists = data.lists.map(
    (list) =>
      `${list.list} (${list.text}): ${list.syncedAtMs === undefined ? 'never loaded' : `of ${when(list.syncedAtMs)}, ${String(list.ageDays)} days old`}, ` +
      `may be ${String(list.maxAgeDays)} days old${list.isFresh ? '' : '  TOO OLD: nothing is dialled'}`,
  );
  const blocked = Object.entries(data.blocked).map(([result, count]) => `${result}: ${String(count)}`);
  const lines = [
    `Compliance report, campaign ${data.campaign.id} (${data.campaign.name}), mode ${data.campaign.mode}`,
    ...(data.campaign.client === '' ? [] : [`On behalf of ${data.campaign.client}`]),
    `Period ${when(data.fromMs)} to ${when(data.toMs)} UTC, made ${when(data.madeAtMs)} UTC`,
    `Profile ${data.profile.name}: ${data.profile.text}`,
    ...data.profile.sources.map((source) => `  after ${source}`),
    'This report states what was recorded; it is no legal advice.',
    ...(data.isWhole ? [] : ['The list of calls was cut: evidence is of those that were looked at.']),
    '',
    'Safe harbour',
    ...data.conditions.flatMap(conditionLines),
    '',
    `Abandoned calls, cap ${percent(data.profile.cap)} (${howTexts[data.total.adjusted.how]})`,
    ...data.windows.map((row) => `  ${windowLine(row)}`),
    `  whole period: ${windowLine(data.total)}`,
    '',
    `Opt-outs by key: ${String(data.optOuts)}. Messages played: ${String(data.messagesPlayed)}.`,
    `Contacts that stand blocked now: ${blocked.length > 0 ? blocked.join(', ') : 'none'}.`,
    ...(lists.length > 0 ? ['Suppression lists', ...lists.map((line) => `  ${line}`)] : []),
    `Records of calls are to be kept ${String(data.recordsKeptDays)} days.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** One table: `section` says what a line is about. */
export function reportCsv(data: ComplianceData): string {
  const windowRecord = (section: string, row: WindowRow): string =>
    csvRecord([section, when(row.fromMs), when(row.toMs), 'abandoned share', row.share, row.abandoned, row.connected, row.isWithinCap]) +
    csvRecord([section, when(row.fromMs), when(row.toMs), `adjusted (${row.adjusted.how})`, row.adjusted.share, row.adjusted.abandoned]);
  const period = [when(data.fromMs), when(data.toMs)];
  return [
    csvRecord(['section', 'from_utc', 'to_utc', 'name', 'value', 'abandoned', 'connected', 'ok', 'detail']),
    csvRecord(['campaign', ...period, data.campaign.id, data.campaign.name, null, null, null, data.campaign.mode]),
    csvRecord(['profile', ...period, data.profile.name, data.profile.cap, null, null, null, data.profile.text]),
    ...data.windows.map((row) => windowRecord('window', row)),
    windowRecord('period', data.total),
    ...data.conditions.flatMap((each) => [
      csvRecord(['condition', ...period, each.name, each.findingsCount, null, null, each.isMet, `${each.demand}: ${each.evidence}`]),
      ...each.findings.map((finding) =>
        csvRecord(['finding', when(finding.atMs), null, finding.callId, finding.number, null, null, false, finding.problem]),
      ),
    ]),
    csvRecord(['count', ...period, 'opt-outs', data.optOuts]),
    csvRecord(['count', ...period, 'messages played', data.messagesPlayed]),
    ...Object.entries(data.blocked).map(([result, count]) => csvRecord(['blocked', null, when(data.madeAtMs), result, count])),
    ...data.lists.map((list) =>
      csvRecord([
        'list',
        list.syncedAtMs === undefined ? null : when(list.syncedAtMs),
        null,
        list.list,
        list.ageDays,
        null,
        null,
        list.isFresh,
        list.text,
      ]),
    ),
  ].join('');
}
