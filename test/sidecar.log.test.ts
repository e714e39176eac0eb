import assert from 'node:assert/strict';
import { createLog, redactText } from '../sidecar/log.js';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog('debug', (line) => lines.push(line)));
  return lines.join('');
}

describe('log', () => {
  it('W-5: passwords, secrets and tokens never reach it, however deep', () => {
    const text = logged((log) => {
      log.info(
        { pass: 'hidden1', user: { pass: 'hidden2', deeper: { secret: 'hidden3' } }, req: { headers: { authorization: 'hidden4' } } },
        'a',
      );
      log.warn({ url: 'http://o/x?user=6666&pass=hidden5&source=t' }, 'b');
      log.error({ err: new Error('GET http://o/x?pass=hidden6 failed', { cause: new Error('mysql://u:hidden7@h/db') }) }, 'c');
    });
    assert.doesNotMatch(text, /hidden\d/);
    assert.match(text, /user=6666&pass=\*\*\*&source=t/);
  });

  it('writes one JSON object per line with level, time and message', () => {
    const line = JSON.parse(logged((log) => log.info({ call: 'c1' }, 'joined'))) as Record<string, unknown>;
    assert.deepEqual([line['level'], line['call'], line['msg']], ['info', 'c1', 'joined']);
    assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT/);
  });

  it('redactText keeps the rest of the text', () => {
    assert.equal(redactText('a pass=x b'), 'a pass=*** b');
    assert.equal(redactText('esl://:x@h:8021'), 'esl://:***@h:8021');
    assert.equal(redactText('bypass=1'), 'bypass=1');
  });
});
