/** Import of callcenter.conf.xml (F6 to F60): what is carried over, and that nothing is left out silently. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCallcenter } from '../core/import/callcenter.js';
import { remarkText } from '../core/import/report.js';
import { parseProvisioning } from '../core/provisioning/schema.js';
import { parseXmlText, readXmlFile } from '../sidecar/xml-file.js';

const sample = join(import.meta.dirname, 'fixtures/import/callcenter.conf.xml');

function imported(text?: string, variables: Record<string, string> = { domain: 'default' }) {
  const document = text === undefined ? readXmlFile(sample) : parseXmlText(text, 'x.xml');
  const { file, remarks } = importCallcenter(document, new Map(Object.entries(variables)));
  const lists = file as Record<'queues' | 'agents' | 'tiers', Record<string, unknown>[]> & { queue_settings?: object };
  return { file: lists, remarks: remarks.map((remark) => remarkText('x', remark)) };
}
const queue = (params: string, name = 'q') => `<configuration><queues><queue name="${name}">${params}</queue></queues></configuration>`;
const param = (name: string, value: string) => `<param name="${name}" value="${value}"/>`;

describe('import of callcenter.conf.xml', () => {
  it('F54, F55: a file like the sample of FreeSWITCH becomes queues, agents and tiers', () => {
    const { file } = imported();
    assert.deepEqual(file.queues, [
      {
        id: 'support@default',
        strategy: 'longest-idle-agent',
        music: 'local_stream://moh',
        record_template: '$${recordings_dir}/${strftime(%Y-%m-%d-%H-%M-%S)}.${destination_number}.${caller_id_number}.${uuid}.wav',
        time_base_score: 'system',
        max_wait_s: 0,
        max_wait_no_agent_s: 0,
        max_wait_no_agent_grace_s: 5,
        tier_rules_apply: false,
        tier_rule_wait_s: 300,
        tier_rule_wait_multiply_level: true,
        tier_rule_no_agent_no_wait: false,
        discard_abandoned_after_s: 60,
        abandoned_resume_allowed: false,
      },
      {
        id: 'sales@default',
        strategy: 'agent-with-least-talk-time',
        time_base_score: 'queue',
        discard_abandoned_after_s: 14_400,
        max_wait_no_agent_s: 120,
        ring_progressively_delay_s: 0,
        agent_no_answer_status: 'Logged Out',
        skip_agents_with_external_calls: false,
        announce: { sound: 'ivr/ivr-hold_connect_call.wav', every_s: 45 },
      },
      { id: 'strange@default', strategy: 'sequentially-by-agent-order', agent_no_answer_status: 'On Break' },
    ]);
    assert.deepEqual(file.agents, [
      {
        id: '1000@default',
        type: 'callback',
        contact: '[leg_timeout=10]user/1000@default',
        status: 'Available',
        wrap_up_s: 10,
        no_answer: { delay_s: undefined, max: 3 },
        rejected: { delay_s: 10 },
        busy: { delay_s: 60 },
      },
      { id: '1001@default', type: 'callback', contact: 'user/1001@default', status: 'On Break', no_answer: { delay_s: 7, max: undefined } },
      { id: '1002@default', type: 'uuid-standby' },
      { id: '1004@default', type: 'callback' },
    ]);
    assert.deepEqual(file.tiers, [
      { queue: 'support@default', agent: '1000@default', level: 1, position: 1 },
      { queue: 'SUPPORT@default', agent: '1001@default', level: 2, position: 1 },
      { queue: 'strange@default', agent: '1002@default', level: 1, position: 1 },
    ]);
    assert.deepEqual(file.queue_settings, { ring_s: 20 });
  });

  it('B63: what comes out can be applied', () => {
    const checked = parseProvisioning(JSON.parse(JSON.stringify(imported().file)));
    assert.deepEqual(checked.ok ? [] : checked.problems, []);
  });

  it('everything that could not be carried over is named with its line', () => {
    assert.deepEqual(imported().remarks, [
      'x:5: setting "odbc-dsn": state and provisioning are in the database of the setting database_url',
      'x:7: setting "cc-instance-id": one process owns the queues by a lease',
      'x:8: setting "reserve-agents": an agent is always reserved before the telephone rings',
      'x:10: setting "truncate-tiers-on-load": tiers that shall go are named under remove',
      'x:11: setting "made-up": is unknown and left out',
      'x:15: X-PRE-PROCESS cmd="include" data="callcenter_agents/*.xml": is not followed: import what it names as well',
      'x:36: queue "sales@default": moh-sound: $${unheard_of} is not known (--var name=value); left out',
      'x:45: queue "sales@default": unknown param "queue-color" is left out',
      'x:46: queue "sales@default": max-wait-time: "soon" is no number from 0 to 86400; the default counts',
      'x:50: queue "strange@default": strategy: "fairest" is unknown: behaves as sequentially-by-agent-order there, and here',
      'x:51: queue "strange@default": agent-no-answer-status: "Asleep" is unknown: On Break is taken, as there',
      'x:52: queue "strange@default": record-template: "../../etc/${uuid}": Value for record template refused: no part of the name may begin with a dot; left out, name another file',
      'x:55: queue "bad name": the name cannot be used: only letters, digits, `_`, `.`, `-`, and possibly `@` with a domain, each part at most 64 characters; the queue is left out',
      'x:56: queue "x@$${nowhere}": $${nowhere} is not known (--var name=value); the queue is left out',
      'x:62: agent "1001@default": unknown attribute "color" is left out',
      'x:64: agent "1003@default": type "" is none; the agent is left out',
      'x:65: agent "1004@default": contact: $${nowhere} is not known (--var name=value); left out',
      'x:65: agent "1004@default": status "Sleeping" is none; Logged Out counts',
      'x:65: agent "1004@default": wrap-up-time: "-1" is no number from 0 to 86400; the default counts',
      'x:71: tier "support@default" "1000@default": stands here twice; the tier is left out',
      'x:72: tier "support@default" "1003@default": agent "1003@default" is not in this file; the tier is left out',
      'x:73: tier "nowhere@default" "1002@default": queue "nowhere@default" is not in this file; the tier is left out',
      'x:74: tier "strange@default" "1002@default": level "high" is no number from 0 to 10000; 1 counts',
    ]);
  });

  it('F26: $${...} comes from --var, then from X-PRE-PROCESS set; one value may name another', () => {
    const text = `<include><X-PRE-PROCESS cmd="set" data="a=$\${b}/x"/><X-PRE-PROCESS cmd="set" data="b=c"/>${queue(param('moh-sound', '$${a}'))}</include>`;
    assert.equal(imported(text).file.queues[0]?.['music'], 'c/x');
    assert.equal(imported(text, { b: 'mine' }).file.queues[0]?.['music'], 'mine/x');
    const circle = `<include><X-PRE-PROCESS cmd="set" data="a=$\${a}"/>${queue(param('moh-sound', '$${a}'))}</include>`;
    assert.match(imported(circle).remarks[0] ?? '', /\$\$\{a\} is not known/);
  });

  it('F53: words in any letter case; booleans and numbers as the module reads them', () => {
    const { file } = imported(
      queue(
        param('STRATEGY', 'Ring-All') +
          param('tier-rules-apply', 'ON') +
          param('abandoned-resume-allowed', '0') +
          param('max-wait-time', ' 90 '),
      ),
    );
    assert.deepEqual(file.queues[0], {
      id: 'q',
      strategy: 'ring-all',
      tier_rules_apply: true,
      abandoned_resume_allowed: false,
      max_wait_s: 90,
    });
  });

  it('an empty value is no value', () => {
    assert.deepEqual(imported(queue(param('moh-sound', '') + param('record-template', ' '))).file.queues[0], { id: 'q' });
  });

  describe('files that are none', () => {
    for (const [what, text, says] of [
      ['broken XML', '<a>\n<b></a>', /x\.xml: line 2/],
      ['an entity that nobody declared', '<a b="&evil;"/>', /line 1/],
      ['a document type', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:/etc/passwd">]><a b="&x;"/>', /line 1/],
      ['elements without end', '<a>'.repeat(150) + '</a>'.repeat(150), /more than 100 elements/],
      ['text', 'callcenter', undefined],
    ] as const)
      it(what, () => {
        if (says) assert.throws(() => parseXmlText(text, 'x.xml'), { code: 'TDM_BAD_FILE', message: says });
        else assert.deepEqual(imported(text).file, { queues: [], agents: [], tiers: [] });
      });

    it('a file that is not there', () => {
      assert.throws(() => readXmlFile('/nowhere/x.xml'), { code: 'TDM_BAD_FILE', message: /ENOENT/ });
      // a file that no memory could hold is not even begun
      const folder = mkdtempSync(join(tmpdir(), 'tandem-xml-'));
      const huge = join(folder, 'huge.xml');
      writeFileSync(huge, '');
      truncateSync(huge, 2 ** 40);
      assert.throws(() => readXmlFile(huge), { code: 'TDM_BAD_FILE', message: /is larger than/ });
      rmSync(folder, { recursive: true });
    });
  });

  it('a fragment with several elements at the top, a BOM, CRLF and comments with dashes', () => {
    const text = '\uFEFF<!-- a -- b -->\r\n<queue name="a"/>\r\n<!--\n--><queue name="b"/>';
    assert.deepEqual(imported(text).file.queues, [{ id: 'a' }, { id: 'b' }]);
  });
});
