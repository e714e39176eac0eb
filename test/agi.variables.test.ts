/** Many variables in one command, and what happens to values that are long, strange or hostile. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { TandemError } from '../core/errors.js';
import { readVariables } from '../core/services/read-variables.js';
import { setVariables } from '../core/services/set-variables.js';
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

/** The commands with which an application sets these. */
async function set(variables: Record<string, string>, answer?: DialOptions['answer']) {
  const { commands, variables: arrived } = await agiSession(
    { set: (call) => setVariables(call, variables) },
    { script: 'set', ...(answer && { answer }) },
  );
  const got = Object.fromEntries(Object.keys(variables).map((name) => [name, arrived.get(name)]));
  return { got, commands };
}

describe('several variables set at once on Asterisk', () => {
  it('one command for all of them, whatever is in them', async () => {
    const values = { a: '1', b: '', c: 'x,y "z"', d: 'a=b', e: '(x)', f: '[y', g: 'back\\slash', h: 'ä€😀' };
    const { got, commands } = await set(values);
    assert.deepEqual(got, values);
    assert.equal(commands.length, 1);
    assert.match(commands[0] ?? '', /^EXEC MSet "a=1,b=,c=x\\\\,y/);
  });

  it('functions, and values that an application would not carry, go alone; one that is left alone too', async () => {
    const values = { a: '1', 'CALLERID(name)': 'Ann', b: '${SHELL(id)}', c: '$[1+1]' };
    const { got, commands } = await set(values);
    assert.deepEqual(got, values);
    assert.equal(commands.length, 4);
    assert.ok(
      commands.every((command) => command.startsWith('SET VARIABLE')),
      commands.join('\n'),
    );
  });

  it('more than fit into a command go into several', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`v${String(n)}`, String(n)]));
    const long = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`w${String(n)}`, '"ö'.repeat(150)]));
    for (const [variables, wanted] of [
      [many, 3],
      [long, 3],
    ] as const) {
      const { got, commands } = await set(variables);
      assert.deepEqual(got, variables);
      assert.equal(commands.length, wanted);
      for (const command of commands) assert.ok(Buffer.byteLength(command) < 2_046, String(Buffer.byteLength(command)));
    }
  });

  it('what one command could not set is set one by one', async () => {
    for (const refusal of ['200 result=-1', '200 result=-2', '511 Command Not Permitted on a dead channel or intercept routine']) {
      const { got, commands } = await set({ a: '1', b: '2' }, (command) => (command.startsWith('EXEC') ? refusal : undefined));
      assert.deepEqual(got, { a: '1', b: '2' }, refusal);
      assert.equal(commands.length, 3);
    }
  });
});
