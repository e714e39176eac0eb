/** What a vector demands of an answer and of the log, with the differences that the specification allows (section 11, item 1). */
import assert from 'node:assert/strict';
import type { ApiLogEntry } from '../../core/ports.js';
import type { RawAnswer } from './api-server.js';
import type { Vector } from './api-vectors.js';

/** API-3: the password is not repeated. */
const withoutPassword = (body: string) => body.replace(/^(ERROR: Login incorrect.*: \|[^|]*\|)[^|]*(\|BAD\|\n)$/, '$1$2');

const versionLine =
  /^VERSION: [^|]+\|BUILD: [^|]+\|DATE: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\|EPOCH: \d{10}\|DST: [01]\|TZ: -5\.00\|TZNOW: (-5\.00|-4)\|CCC: 2\|\n$/;

export function checkAnswer(vector: Vector, answer: RawAnswer): void {
  assert.equal(answer.status, vector.response.status);
  for (const [name, value] of Object.entries(vector.response.headers)) assert.equal(answer.headers[name]?.toLowerCase(), value, name);
  // Nothing but what the reference sends, and what HTTP itself needs.
  const plain = ['content-type', 'cache-control', 'pragma', 'content-length', 'date', 'connection'];
  assert.deepEqual(
    Object.keys(answer.headers).filter((name) => !plain.includes(name)),
    [],
  );
  if (vector.id === 'version') assert.match(answer.body, versionLine);
  else assert.equal(answer.body, withoutPassword(vector.response.body));
}

/** `hasLeadData`: the log keeps the lead, as the reference does. */
export function checkLog(vector: Vector, entries: readonly ApiLogEntry[], hasLeadData: boolean): void {
  assert.equal(entries.length, vector.api_log.length);
  vector.api_log.forEach((row, i) => {
    const entry = entries[i];
    assert.ok(entry);
    assert.equal(entry.user, row['user']);
    assert.equal(entry.script, row['api_script']);
    assert.equal(entry.function, row['function']);
    assert.equal(entry.agentUser, row['agent_user']);
    assert.equal(entry.result, row['result']);
    assert.equal(entry.source, row['source']);
    assert.equal(entry.remoteIp, vector.api_urls[i]?.remote_ip);
    assert.equal(entry.url, vector.api_urls[i]?.url.replace(/pass=[^&]*/g, 'pass=***'));
    if (vector.id === 'version') assert.match(`${entry.data}\n`, versionLine);
    else assert.equal(entry.data, row['data']);
    if (hasLeadData || row['result'] === 'ERROR') assert.equal(entry.reason, row['result_reason']);
    else if (vector.id !== 'version') assert.match(entry.reason, /^ccc_lead_info lead \d+, 30 fields$/);
  });
}
