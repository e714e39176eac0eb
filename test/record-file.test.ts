/** Names of recordings (freeswitch-callcenter 2.1 record-template). */
import assert from 'node:assert/strict';
import { recordFile, recordFileLengthMax, recordTemplateProblem } from '../core/record-file.js';
import { hasCode } from '../core/errors.js';

const values = {
  queue: 'support@default',
  agent: '1001',
  offer: 'o7',
  member: 'm3',
  uuid: '1795307691.20',
  caller_id_number: '+49 301 234',
  caller_id_name: '../../etc/passwd',
  destination_number: '',
};
const clock = { nowMs: Date.UTC(2026, 10, 22, 23, 5, 9), zone: 'Europe/Berlin' };
const name = (template: string) => recordFile(template, values, clock);

describe('record file', () => {
  it('F28: values of the call, date and time in the queue’s zone, folders', () => {
    assert.equal(name('${queue}/${date}/${time}-${agent}.gsm'), 'support@default/2026-11-23/00-05-09-1001.gsm');
    assert.equal(name('${offer}_${member}_${epoch}'), 'o7_m3_1795388709.wav');
  });

  it('the template of mod_callcenter’s example, with its folder of recordings', () => {
    assert.equal(
      name('$${recordings_dir}/${strftime(%Y-%m-%d-%H-%M-%S)}.${destination_number}.${caller_id_number}.${uuid}.wav'),
      '2026-11-23-00-05-09.none.+49_301_234.1795307691.20.wav',
    );
    assert.equal(name('${recordings_dir}/x'), 'x.wav');
  });

  it('B4: a value of the caller’s never leaves its folder', () => {
    assert.equal(name('a/${caller_id_name}'), 'a/__.._etc_passwd.wav');
    assert.equal(name('${caller_id_name}/a'), '__.._etc_passwd/a.wav');
  });

  it('an id with a dot is no ending', () => {
    assert.equal(name('${uuid}'), '1795307691.20.wav');
  });

  const refused = [
    ['another variable of the switch', '${SHELL(id)}'],
    ['an unknown name', '${secret}'],
    ['a step upwards', '../${queue}'],
    ['a hidden file', 'a/.ssh'],
    ['a blank or a comma', 'my file'],
    ['a command behind a bar', 'a|b'],
    ['a format it does not know', '${strftime(%s)}'],
    ['nothing', ''],
    ['too long a name', 'x'.repeat(recordFileLengthMax)],
  ] as const;
  for (const [what, template] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => name(template),
        (error) => hasCode(error, 'TDM_BAD_VALUE'),
      );
      assert.ok(recordTemplateProblem(template));
    });
  }

  it('an absolute place of the operator’s is taken', () => {
    assert.equal(name('/srv/calls/${queue}'), '/srv/calls/support@default.wav');
    assert.equal(recordTemplateProblem('/srv/calls/${queue}/${strftime(%Y/%m)}'), undefined);
  });
});
