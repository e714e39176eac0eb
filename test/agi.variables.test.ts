/** Many variables in one command, and what happens to values that are long, strange or hostile. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { TandemError } from '../core/errors.js';
import { readVariables } from '../core/services/read-variables.js';
import { callStub } from './support/call-stub.js';
import { agiSession } from './support/doors.js';
import type { DialOptions } from './support/fake-asterisk.js';

/** What an application reads on a channel with these variables, and the commands it took. */
async function read(variables: Record<string, string>, names: readonly string[], answer?: DialOptions['answer']) {
  let found: ReadonlyMap<string, string> | undefined;
  let failure: unknown;
  const run = async (call: Parameters<typeof readVariables>[0]): Promise<void> => {
    try {
      found = await readVariables(call, names);
    } catch (e) {
      failure = e;
    }
  };
  const { commands } = await agiSession({ read: run }, { script: 'read', variables, ...(answer && { answer }) });
  return { found: found && Object.fromEntries(found), failure, asked: commands.filter((command) => command.startsWith('GET')) };
}

describe('several variables at once on Asterisk', () => {
  it('one command for all of them; those that are not set are not there', async () => {
    const { found, asked } = await read({ a: '1', c: 'x y' }, ['a', 'b', 'c', 'CHANNEL(linkedid)']);
    assert.deepEqual(found, { a: '1', c: 'x y' });
    assert.equal(asked.length, 1);
  });

  it('values that look like separators, replies or variables arrive as they are', async () => {
    const values = { a: '|', b: '|.', c: 'x|y', d: '200 result=1 (z)\n200 result=0', e: '${SHELL(id)}', f: ')', g: 'ä€😀', h: '%7C' };
    const { found, asked } = await read(values, Object.keys(values));
    assert.deepEqual(found, values);
    assert.equal(asked.length, 1);
  });

  it('more than fit into a command are asked for in several', async () => {
    const names = Array.from({ length: 45 }, (_, n) => `variable_${'x'.repeat(60)}_${n}`);
    const { found, asked } = await read({ [names[44] ?? '']: 'last' }, names);
    assert.deepEqual(found, { [names[44] ?? '']: 'last' });
    assert.equal(asked.length, 4);
    for (const command of asked) assert.ok(command.length < 2_046, String(command.length));
  });

  it('a reply that was cut is asked for again, one by one', async () => {
    const { found } = await read({ a: '1', b: '2' }, ['a', 'b'], (command) => (command.endsWith('|.') ? '200 result=1 (1|2)' : undefined));
    assert.deepEqual(found, { a: '1', b: '2' });
  });

  it('a value too long to be read is refused', async () => {
    const { failure } = await read({ a: 'x'.repeat(5_000) }, ['a', 'b']);
    assert.ok(failure instanceof TandemError && failure.code === 'TDM_BAD_VALUE');
  });

  it('a name that Asterisk would expand is refused', async () => {
    const { failure, asked } = await read({}, ['a', 'b})} ${SHELL(id)']);
    assert.ok(failure instanceof TandemError && failure.code === 'TDM_BAD_VALUE');
    assert.deepEqual(asked, []);
  });

  it('lenient: one that is too long is left out by name, the others are there', async () => {
    const sandbox = sinon.createSandbox();
    const call = callStub(sandbox);
    call.getVariable.callsFake((name) =>
      name === 'long' ? Promise.reject(new TandemError('TDM_BAD_VALUE', ['long', 'x'])) : Promise.resolve(name),
    );
    const left: string[] = [];
    const found = await readVariables(call, ['a', 'long', 'b'], (name) => void left.push(name));
    assert.deepEqual([Object.fromEntries(found), left], [{ a: 'a', b: 'b' }, ['long']]);
    call.getVariable.rejects(new TandemError('TDM_CALL_GONE', ['x']));
    await assert.rejects(
      readVariables(call, ['a'], () => undefined),
      { code: 'TDM_CALL_GONE' },
    );
  });
});
