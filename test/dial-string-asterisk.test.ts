/** Agents' contacts on Asterisk (F14, F15). */
import assert from 'node:assert/strict';
import { asteriskCallerId, asteriskContact, asteriskContactProblem, plainNumber, bridgeName } from '../core/dial-string-asterisk.js';
import { hasCode } from '../core/errors.js';

describe('dial strings: contacts on Asterisk', () => {
  const taken = [
    ['1001', 'PJSIP/1001', 'PJSIP/1001', '1001'],
    ['PJSIP/1001', 'PJSIP/1001', 'PJSIP/1001', '1001'],
    [' SIP/jim.beam ', 'SIP/jim.beam', 'SIP/jim.beam', 'jim.beam'],
    ['PJSIP/4930123@trunk', 'PJSIP/4930123@trunk', undefined, '4930123'],
    ['pjsip/1001', 'PJSIP/1001', 'PJSIP/1001', '1001'],
    ['IAX2/beta', 'IAX2/beta', 'IAX2/beta', 'beta'],
    ['IAX2/beta/4930123', 'IAX2/beta/4930123', 'IAX2/beta', '4930123'],
    ['Local/100@agents', 'Local/100@agents', undefined, '100'],
    ['Local/100@agents/n', 'Local/100@agents/n', undefined, '100'],
    ['local/100@agents/nj', 'Local/100@agents/nj', undefined, '100'],
  ] as const;
  for (const [contact, channel, device, number] of taken) {
    it(`F14: "${contact}" dials ${channel}`, () => {
      assert.deepEqual(asteriskContact(contact), { channel, ringMsMax: undefined, device, number });
    });
  }

  it('F15: leg_timeout in the contact limits the ring', () => {
    assert.deepEqual(asteriskContact('[leg_timeout=10]PJSIP/1001'), {
      channel: 'PJSIP/1001',
      ringMsMax: 10_000,
      device: 'PJSIP/1001',
      number: '1001',
    });
    assert.equal(asteriskContact('[leg_timeout=7]1001').ringMsMax, 7_000);
  });

  const refused = [
    '',
    'PJSIP/',
    'PJSIP/1001&PJSIP/1002',
    'PJSIP/1001|PJSIP/1002',
    'user/1001@default',
    'sofia/gateway/a/1',
    'PJSIP/${EXTEN}',
    'PJSIP/1001,30',
    'PJSIP/1001/sip:x@y',
    'Local/100',
    'Local/100@agents/x',
    'Local/100@agents/n/n',
    'PJSIP/a@b@c',
    '[leg_timeout=0]1001',
    '[leg_timeout=9999]1001',
    '[origination_caller_id_number=1]1001',
    '[]1001',
    'PJSIP/1001\r\nAction: Command',
  ];
  for (const contact of refused) {
    it(`B4: refuses "${contact.replace(/\s+/g, ' ')}"`, () => {
      assert.throws(
        () => asteriskContact(contact),
        (error) => hasCode(error, 'TDM_BAD_VALUE'),
      );
      assert.match(asteriskContactProblem(contact) ?? '', /refused/);
    });
  }

  it('the caller’s name is made harmless, never refused', () => {
    assert.equal(asteriskCallerId('SALES:"Bobby" <1>\r\nAction: x', '+49 30<1>'), '"SALES: Bobby (1) Action: x" <+49301>');
    assert.equal(asteriskCallerId('', ''), '"" <>');
    assert.equal(plainNumber('1 2;3'), '123');
  });

  it('B1: a channel is bridged by a name that begins no other, else by its unique id', () => {
    const uniqueId = '1795300000.1';
    for (const channel of ['PJSIP/far-000000d6', 'SIP/1010-0000000a', 'Local/x@sim-0000000f;1'])
      assert.equal(bridgeName({ channel, uniqueId }), channel);
    // IAX2/alpha-12 begins IAX2/alpha-123
    for (const channel of ['', 'IAX2/alpha-1234', 'DAHDI/1-1', 'PJSIP/a,b-000000d6'])
      assert.equal(bridgeName({ channel, uniqueId }), uniqueId);
  });
});
