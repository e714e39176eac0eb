/** Rows of tandem_webhooks and tandem_webhook_dead_letters. */
import type { FeedType } from '../core/feed-types.js';
import { deadLettersMax, webhooksMax } from '../core/webhook-ports.js';
import type { DeadLetter, Webhook, WebhookProgress, WebhookSettings, WebhookStore } from '../core/webhook-ports.js';
import { text } from './db.js';
import type { Db, Row, Statements, Value } from './db.js';
import { fitText } from './fit.js';

const columns = 'id, url, types, queues, secret, disabled, created_ms, cursor_seq, tries, next_ms, problem';
const again = { repeatable: true } as const;

export function createWebhookStore(db: Db, { own }: { readonly own: string }): WebhookStore {
  const table = `${own}tandem_webhooks`;
  const letters = `${own}tandem_webhook_dead_letters`;
  const progressSql = `UPDATE ${table} SET cursor_seq = ?, tries = ?, next_ms = ?, problem = ? WHERE id = ? AND cursor_seq = ?`;
  const insertLetter = `INSERT ${db.dialect === 'mysql' ? '' : 'OR '}IGNORE INTO ${letters}
    (webhook_id, seq, at_ms, tries, problem, body, due) VALUES (?, ?, ?, ?, ?, ?, 0)`;
  const oldestSql = `SELECT seq FROM ${letters} WHERE webhook_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ${String(deadLettersMax)}`;

  async function move(tx: Statements, id: string, from: number, to: WebhookProgress): Promise<boolean> {
    const { rows } = await tx.run(progressSql, [to.cursor, to.tries, to.nextAtMs, problemValue(to.problem), id, from]);
    return rows === 1;
  }

  return {
    list: async () => (await db.all(`SELECT ${columns} FROM ${table} ORDER BY created_ms, id LIMIT ${String(webhooksMax)}`)).map(webhookOf),
    async find(id) {
      const [row] = await db.all(`SELECT ${columns} FROM ${table} WHERE id = ?`, [id]);
      return row && webhookOf(row);
    },
    async insert(webhook) {
      const { id, createdAtMs, cursor, tries, nextAtMs, problem } = webhook;
      const values = [id, ...settingsValues(webhook), createdAtMs, cursor, tries, nextAtMs, problemValue(problem)];
      await db.run(`INSERT INTO ${table} (${columns}) VALUES (${values.map(() => '?').join(', ')})`, values);
    },
    async change(id, settings) {
      const sql = `UPDATE ${table} SET url = ?, types = ?, queues = ?, secret = ?, disabled = ? WHERE id = ?`;
      return (await db.run(sql, [...settingsValues(settings), id], again)).rows === 1;
    },
    remove: (id) =>
      db.transaction(async (tx) => {
        await tx.run(`DELETE FROM ${letters} WHERE webhook_id = ?`, [id]);
        return (await tx.run(`DELETE FROM ${table} WHERE id = ?`, [id])).rows === 1;
      }, again),
    progress: (id, from, to) => db.transaction((tx) => move(tx, id, from, to)),
    bury: (id, from, to, letter) =>
      db.transaction(async (tx) => {
        if (!(await move(tx, id, from, to))) return false;
        await tx.run(insertLetter, [id, letter.seq, letter.atMs, letter.tries, problemValue(letter.problem), letter.body]);
        const [oldest] = await tx.all(oldestSql, [id]);
        if (oldest) await tx.run(`DELETE FROM ${letters} WHERE webhook_id = ? AND seq <= ?`, [id, Number(oldest['seq'])]);
        return true;
      }),
    async deadLetters(id, { after, limit, dueOnly = false }) {
      const sql = `SELECT seq, at_ms, tries, problem, body FROM ${letters} WHERE webhook_id = ? AND seq > ?${dueOnly ? ' AND due = 1' : ''}
        ORDER BY seq LIMIT ${String(Math.min(Math.max(1, Math.floor(limit)), 1_000))}`;
      return (await db.all(sql, [id, after])).map(letterOf);
    },
    async countDeadLetters(id) {
      const [row] = await db.all(`SELECT COUNT(*) AS kept, SUM(due) AS due FROM ${letters} WHERE webhook_id = ?`, [id]);
      return { kept: Number(row?.['kept'] ?? 0), due: Number(row?.['due'] ?? 0) };
    },
    async setDue(id, isDue) {
      return (await db.run(`UPDATE ${letters} SET due = ? WHERE webhook_id = ?`, [isDue ? 1 : 0, id], again)).rows;
    },
    async removeDeadLetter(id, seq) {
      await db.run(`DELETE FROM ${letters} WHERE webhook_id = ? AND seq = ?`, [id, seq], again);
    },
  };
}

const problemValue = (problem: string): Value => fitText(problem, { charsMax: 255, charset: 'utf8mb4' }).value;

const settingsValues = ({ url, types, queues, secret, disabled }: WebhookSettings): Value[] => [
  url,
  JSON.stringify(types),
  JSON.stringify(queues),
  secret,
  problemValue(disabled),
];

function webhookOf(row: Row): Webhook {
  return {
    id: text(row['id']),
    url: text(row['url']),
    types: listOf(row['types']) as readonly FeedType[],
    queues: listOf(row['queues']),
    secret: text(row['secret']),
    disabled: text(row['disabled']),
    createdAtMs: Number(row['created_ms']),
    cursor: Number(row['cursor_seq']),
    tries: Number(row['tries']),
    nextAtMs: Number(row['next_ms']),
    problem: text(row['problem']),
  };
}

/** A list that was spoilt by hand counts as one that nothing is in: nothing wrong is sent. */
function listOf(value: Row[string] | undefined): readonly string[] {
  try {
    const list: unknown = JSON.parse(text(value));
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // the same as a value that is no list
  }
  return ['unreadable'];
}

const letterOf = (row: Row): DeadLetter => ({
  seq: Number(row['seq']),
  atMs: Number(row['at_ms']),
  tries: Number(row['tries']),
  problem: text(row['problem']),
  body: text(row['body']),
});
