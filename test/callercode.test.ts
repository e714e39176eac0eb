import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeTime, encodeCallerCode, encodeThirdPartyCode, leadIdMax, parseCallerCode } from '../core/callercode.js';
import { instantOf } from '../core/time.js';

const at = (text: string, zone = 'UTC'): number => instantOf(text, zone) ?? assert.fail(text);

describe('caller codes', () => {
  for (const [name, kind, leadId, suffix] of [
    ['V1211903090005000001', 'V', 5000001, ''],
    ['M1211200010001000123', 'M', 1000123, ''],
    ['Y1211200020001000123', 'Y', 1000123, ''],
    ['J1211200030001000123', 'J', 1000123, ''],
    ['DC287000W0001000123W', 'DC', 1000123, ''],
    ['V1211200000001000123 gs102', 'V', 1000123, ' gs102'],
    ['V1211200000001000123&user=x', 'V', 1000123, '&user=x'],
    ['V0000000004294967295', 'V', leadIdMax, ''],
  ] as const)
    it(`CODE-1 CODE-2: reads ${name}`, () => {
      const read = parseCallerCode(name);
      assert.ok(read.ok);
      assert.deepEqual([read.code.kind, read.code.leadId, read.code.suffix, read.code.code], [kind, leadId, suffix, name.slice(0, 20)]);
      assert.equal(read.code.code.length, 20);
    });

  for (const [name, problem] of [
    ['', 'empty'],
    ['John Smith', 'no-code'],
    ['v1211903090005000001', 'no-code'],
    [' V1211903090005000001', 'no-code'],
    ['V121190309000500000', 'no-code'],
    ['S1211200110001000112', 'no-code'],
    ['Q1211200000001000123', 'no-code'],
    ['DV287000W0001000123W', 'no-code'],
    ['DC287000W0001000123X', 'no-code'],
    ['DC287000Wagent66670W', 'lead-id-not-decimal'],
    ['DC287000W0000000000W', 'lead-id-zero'],
    ['V1211903090000000000', 'lead-id-zero'],
    ['V1211903094294967296', 'lead-id-too-large'],
    ['V12119030９0005000001', 'no-code'],
  ] as const)
    it(`CODE-1: refuses ${JSON.stringify(name)} as ${problem}`, () => {
      assert.deepEqual(parseCallerCode(name), { ok: false, problem });
    });

  for (const [local, time] of [
    ['2026-09-02 23:59:59', '902235959'],
    ['2026-11-21 19:03:09', '121190309'],
    ['2026-01-31 00:00:00', '131000000'],
    ['2028-02-29 12:00:01', '229120001'],
    ['2026-10-01 09:08:07', '001090807'],
    ['2026-11-30 23:59:59', '130235959'],
    ['2026-12-31 23:59:59', '231235959'],
  ] as const)
    it(`CODE-3: the time part of ${local} is ${time}`, () => assert.equal(codeTime(at(local), 'UTC'), time));

  it('CODE-3: local time follows the zone through a change to summer time and back', () => {
    const zone = 'America/New_York';
    assert.equal(codeTime(Date.UTC(2026, 2, 8, 6, 59, 59), zone), '308015959');
    assert.equal(codeTime(Date.UTC(2026, 2, 8, 7, 0, 0), zone), '308030000');
    assert.equal(codeTime(Date.UTC(2026, 10, 1, 5, 59, 59), zone), '101015959');
    assert.equal(codeTime(Date.UTC(2026, 10, 1, 6, 0, 0), zone), '101010000');
  });

  it('CODE-3: V2 V23: codes are twenty characters that read back to the same lead', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('V', 'M', 'Y', 'J'),
        fc.integer({ min: 1, max: leadIdMax }),
        fc.integer({ min: 0, max: 4e12 }),
        (kind, leadId, nowMs) => {
          const code = encodeCallerCode(kind, nowMs, 'Europe/Berlin', leadId);
          const read = parseCallerCode(code);
          assert.ok(read.ok && code.length === 20);
          assert.deepEqual([read.code.kind, read.code.leadId], [kind, leadId]);
        },
      ),
    );
  });

  it('CODE-1: a third-party code has the last six digits of the epoch', () => {
    assert.equal(encodeThirdPartyCode(1_795_287_000_999, 1000123), 'DC287000W0001000123W');
    assert.equal(encodeThirdPartyCode(1_000_000_001_000, 1), 'DC000001W0000000001W');
  });

  for (const leadId of [0, -1, 1.5, NaN, leadIdMax + 1])
    it(`CODE-3: makes no code for lead id ${String(leadId)}`, () => {
      assert.throws(() => encodeCallerCode('Y', 0, 'UTC', leadId), RangeError);
    });
});
