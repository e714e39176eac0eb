/** Reference pages printed from the tables in the code: settings, errors, metrics. */
import { errors } from '../../core/errors.js';
import { openapiDocument } from '../openapi/document.js';
import { metricsTable } from '../metrics-table.js';
import { environmentName, settingsTable, type SettingRow } from '../settings-table.js';

export const referencePages = { settings: settingsPage, errors: errorsPage, metrics: metricsPage, openapi: openapiPage } as const;
export type ReferencePage = keyof typeof referencePages;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`).join('\n');

const code = (text: string): string => (text === '' ? '(empty)' : `\`${text}\``);

function settingsPage(): string {
  const range = (row: SettingRow): string =>
    row.choices
      ? row.choices.map(code).join(' ')
      : row.kind === 'yes-no'
        ? 'yes, no'
        : row.kind === 'int'
          ? `${String(row.min)} to ${String(row.max)}`
          : row.kind;
  const rows = (settingsTable as readonly SettingRow[]).map((row) => [
    `${code(environmentName(row.name))}${row.also ? ` (${row.also.map(code).join(', ')})` : ''}`,
    row.text,
    row.fallback.startsWith('the ') ? row.fallback : code(row.fallback),
    `${range(row)}${row.unit ? ` ${row.unit}` : ''}`,
    code(row.example),
  ]);
  return `# Settings

Each setting comes from the environment or from the YAML file that \`TANDEM_CONFIG\` names; the environment wins.
In the file the name is the lower-case part behind \`TANDEM_\`, for example \`http_port: 8088\`. A name that does not
exist is an error. All problems are reported at once, with file and line. This page is printed by \`tandem reference settings\`.

Names in brackets are those of the Expertflow CX dialer; with \`dialer: yes\` they are read where ours is not set.

${table(['name', 'meaning', 'default', 'values', 'example'], rows)}
`;
}

function errorsPage(): string {
  const rows = Object.entries(errors).map(([name, row]) => [code(name), String(row.status), row.text]);
  return `# Error codes

Every expected failure has a stable code. HTTP answers carry it as \`code\`, the dialplan finds it in \`TANDEM_REASON\`,
the log as \`code\`. \`%s\` stands for the particulars. This page is printed by \`tandem reference errors\`.

${table(['code', 'HTTP status', 'text'], rows)}
`;
}

/** `docs/openapi.json`, which the service gives out as `/api/v1/openapi.json`. */
function openapiPage(): string {
  return `${JSON.stringify(openapiDocument(), undefined, 2)}\n`;
}

function metricsPage(): string {
  const rows = metricsTable.map((row) => [code(row.name), row.kind, row.labels.map(code).join(' ') || '-', row.help]);
  return `# Metrics

Prometheus text at \`/metrics\`. Process and Node.js metrics of the client library come on top. A metric has at most
500 label sets; further ones are dropped and counted in \`tandem_metric_series_dropped_total\`.
This page is printed by \`tandem reference metrics\`.

${table(['name', 'kind', 'labels', 'meaning'], rows)}
`;
}
