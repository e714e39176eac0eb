/* Values on their way to the switch: nothing may start a second action (dependencies section 6, M7, M11). */
import assert from 'node:assert/strict';
import { actionLineBytesMax, encodeAction } from '../sidecar/ami-action.js';

const refused = (fields: Record<string, unknown>) =>
  assert.throws(() => encodeAction({ Action: 'Test', ...fields }), { code: 'TDM_BAD_VALUE' }, JSON.stringify(fields));

describe('manager actions: what goes on the wire', () => {
  it('AMI: CR, LF and NUL in a value are refused', () => {
    for (const evil of ['a\r\nAction: Command', 'a\nb', 'a\rb', 'a\0b']) {
      refused({ Channel: evil });
      refused({ Variable: { X: evil } });
    }
  });

  it('M11: null is refused, alone and as a variable; undefined leaves the field out', () => {
    refused({ Channel: null });
    refused({ Variable: null });
    refused({ Variable: { X: null } });
    refused({ Variable: { X: {} } });
    refused({ Channel: ['a'] });
    assert.deepEqual(encodeAction({ Action: 'Ping', Channel: undefined }), { Action: 'Ping' });
  });

  it('M7: field names that would not be one header are refused', () => {
    for (const name of ['A: b', 'A\r\nB', '', '1A', 'Ä', 'ActionID', 'actionid']) refused({ [name]: 'x' });
  });

  it('M7: names of channel variables are names or functions, nothing else', () => {
    for (const name of ['A=b', 'A,B', 'A\nB', '', 'SHELL(rm -rf)', 'A B']) refused({ Variable: { [name]: 'x' } });
    const encoded = encodeAction({ Action: 'Originate', Variable: { __LEAD: 1, 'PJSIP_HEADER(add,X-CCC-Code)': 'V1' } });
    assert.deepEqual(encoded['Variable'], { __LEAD: '1', 'PJSIP_HEADER\\(add\\,X-CCC-Code\\)': 'V1' });
  });

  it('asterisk-behaviour 4: what Asterisk would split or strip in a variable is escaped', () => {
    const encoded = encodeAction({ Action: 'Originate', Variable: { N: 'a,b (c "d" [e] \\ f;g)' } });
    assert.deepEqual(encoded['Variable'], { N: 'a\\,b \\(c \\"d\\" \\[e\\] \\\\ f;g\\)' });
  });

  it('AMI: numbers and booleans become text', () => {
    assert.deepEqual(encodeAction({ Action: 'Originate', Timeout: 3000, Async: true }), {
      Action: 'Originate',
      Timeout: '3000',
      Async: 'true',
    });
  });

  it('asterisk-behaviour 5: lines and counts beyond what Asterisk takes are refused', () => {
    const longest = actionLineBytesMax - 'Data: '.length;
    assert.doesNotThrow(() => encodeAction({ Action: 'X', Data: 'x'.repeat(longest) }));
    refused({ Data: 'x'.repeat(longest + 1) });
    refused({ Data: 'é'.repeat(longest / 2 + 1) });
    refused({ Variable: { V: ','.repeat(600) } });
    refused(Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`H${String(i)}`, 'x'])));
  });
});
