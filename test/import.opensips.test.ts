/** Import of OpenSIPS's cc_flows and cc_agents (O6, O18 to O45, O51 to O81). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { isIdentifier, opensipsNames, readModparams } from '../core/import/opensips-names.js';
import { importOpensips, type ForeignRow, type OpensipsSource } from '../core/import/opensips.js';
import { remarkText } from '../core/import/report.js';
import { parseProvisioning } from '../core/provisioning/schema.js';
import type { Db } from '../sql/db.js';
import { readOpensipsTables } from '../sql/opensips-tables.js';
import { describeStores, openOther } from './support/stores.js';
import { binary } from './support/binary.js';

const flow: ForeignRow = {
  id: 1,
  flowid: 'support',
  priority: 10,
  skill: 'Support',
  prependcid: 'VIP',
  max_wrapup_time: 20,
  dissuading_hangup: 1,
  dissuading_onhold_th: 60,
  dissuading_ewt_th: 120,
  dissuading_qsize_th: 5,
  message_welcome: 'sip:welcome@ms',
  message_queue: 'sip:queue@ms',
  message_dissuading: 'sip:sorry@ms',
  message_flow_id: 'sip:this-is-support@ms',
};
const agent: ForeignRow = {
  id: 1,
  agentid: 'anna',
  location: 'sip:1001@10.0.0.9:5060;transport=tcp',
  logstate: 1,
  msrp_location: 'sip:anna@chat.example',
  msrp_max_sessions: 3,
  skills: 'support, sales ,SUPPORT',
  wrapup_end_time: 0,
  wrapup_time: 25,
};

function imported(more: Partial<OpensipsSource> = {}) {
  const { file, remarks } = importOpensips({
    names: opensipsNames,
    flows: [flow],
    agents: [agent],
    parameters: new Map(),
    sounds: new Map(['welcome', 'queue', 'sorry', 'this-is-support'].map((name) => [name, `media/${name}`])),
    contact: 'PJSIP/{user}',
    contactFreeswitch: undefined,
    ...more,
  });
  const lists = file as Record<'queues' | 'agents', Record<string, unknown>[]> & { queue_settings: object };
  return { file: lists, remarks: remarks.map((remark) => remarkText('opensips', remark)) };
}

describe('import of OpenSIPS tables', () => {
  it('O18 to O33, O44, O45, O51: each column of a flow and an agent finds its place', () => {
    const { file, remarks } = imported();
    assert.deepEqual(file, {
      queue_settings: { wrap_up_s: 30, priority_step_s: 0 },
      queues: [
        {
          id: 'support',
          priority: 10,
          skills: ['support'],
          served_by_skill: true,
          new_login_first: true,
          ewt_method: 'opensips',
          join_when: 'logged-in',
          caller_id_prefix: 'VIP',
          max_wrap_up_s: 20,
          welcome: 'media/welcome',
          music: 'media/queue',
          agent_announcements: ['media/this-is-support'],
          dissuading: { message: 'media/sorry', hang_up: true, on_hold_s: 60, ewt_s: 120, queue_size: 5 },
        },
      ],
      agents: [
        {
          id: 'anna',
          contact: 'PJSIP/1001',
          chat_address: 'sip:anna@chat.example',
          chats_max: 3,
          status: 'Available',
          wrap_up_s: 25,
          skills: ['support', 'sales'],
        },
      ],
    });
    assert.deepEqual(remarks, [
      'opensips: flow "support": its queue-size threshold counts this queue alone here (counts: system as there)',
    ]);
    const checked = parseProvisioning(JSON.parse(JSON.stringify(file)));
    assert.deepEqual(checked.ok ? [] : checked.problems, []);
  });

  it('zeros and NULL are the defaults: priority 256, no ceiling, logged out, 4 chats, wrap-up of the system', () => {
    const bare: ForeignRow = {
      flowid: 'f',
      skill: 's',
      message_queue: 'sip:queue@ms',
      priority: null,
      max_wrapup_time: 0,
      dissuading_hangup: 0,
    };
    const chat: ForeignRow = { agentid: 'c', location: '', msrp_location: 'sip:c@chat', skills: '', wrapup_time: 0, logstate: 0 };
    const { file } = imported({ flows: [bare], agents: [chat] });
    assert.deepEqual(file.queues[0], {
      id: 'f',
      priority: 256,
      skills: ['s'],
      served_by_skill: true,
      new_login_first: true,
      ewt_method: 'opensips',
      join_when: 'logged-in',
      music: 'media/queue',
    });
    assert.deepEqual(file.agents[0], { id: 'c', chat_address: 'sip:c@chat', chats_max: 4, status: 'Logged Out' });
  });

  it('O39: rows that OpenSIPS would skip are skipped, each with a line', () => {
    const { file, remarks } = imported({
      flows: [
        { ...flow, flowid: 'silent', message_queue: '' },
        { ...flow, flowid: 'idle', skill: null },
        { ...flow, flowid: 'bad name' },
        { ...flow, flowid: '' },
      ],
      agents: [
        { ...agent, agentid: 'nowhere', location: null, msrp_location: '' },
        { ...agent, agentid: 'phone', location: '1001' },
        { ...agent, agentid: 'chat', msrp_location: 'tel:5' },
      ],
    });
    assert.deepEqual([file.queues, file.agents], [[], []]);
    assert.deepEqual(
      remarks.map((line) => line.replace(/only letters.*characters/, '...')),
      [
        'opensips: flow "silent": it has no queue message; the flow is skipped',
        'opensips: flow "idle": it has no skill; the flow is skipped',
        'opensips: flow "bad name": the name cannot be used here: ...; the flow is skipped',
        'opensips: flow "": it has no name; the flow is skipped',
        'opensips: agent "nowhere": it has neither location nor msrp_location; the agent is skipped',
        'opensips: agent "phone": "1001" is no SIP address; the agent is skipped',
        'opensips: agent "chat": "tel:5" is no SIP address; the agent is skipped',
      ],
    );
  });

  it('O29: an address of a media server without a file is named, not carried over', () => {
    const { file, remarks } = imported({ sounds: new Map([['sip:queue@ms', 'wait']]), flows: [{ ...flow, dissuading_qsize_th: 0 }] });
    assert.equal(file.queues[0]?.['music'], 'wait');
    assert.equal(file.queues[0]['welcome'], undefined);
    assert.deepEqual(
      remarks.map((line) => line.split(' is an address')[0]),
      [
        'opensips: flow "support": sip:this-is-support@ms',
        'opensips: flow "support": sip:sorry@ms',
        'opensips: flow "support": sip:welcome@ms',
      ],
    );
    assert.match(remarks[0] ?? '', /--sound this-is-support=file/);
  });

  it('O35, O38: more than 64 skills are cut; numbers out of range count as their default', () => {
    const many = Array.from({ length: 70 }, (_, i) => `s${String(i)}`).join(',');
    const { file, remarks } = imported({
      agents: [{ ...agent, skills: many, wrapup_time: -5, msrp_max_sessions: 'x' }],
      flows: [{ ...flow, priority: 5e9, dissuading_qsize_th: 0 }],
    });
    assert.equal((file.agents[0]?.['skills'] as string[]).length, 64);
    assert.equal(file.queues[0]?.['priority'], 256);
    assert.deepEqual(remarks, [
      'opensips: flow "support": priority 5000000000 is out of range; 256 counts',
      'opensips: agent "anna": has 70 skills, of which 64 count',
      'opensips: agent "anna": msrp_max_sessions x is out of range; 4 counts',
      'opensips: agent "anna": wrapup_time -5 is out of range; 0 counts',
    ]);
  });

  it('how an address is dialled: {user} and {host}', () => {
    const { file } = imported({ contact: 'PJSIP/{user}@trunk', contactFreeswitch: 'sofia/external/{user}@{host}' });
    assert.equal(file.agents[0]?.['contact'], 'PJSIP/1001@trunk');
    assert.equal(file.agents[0]['contact_freeswitch'], 'sofia/external/1001@10.0.0.9:5060');
  });

  it('O48 to O57, O82: parameters of the module are read from its script, comments and other modules are not', () => {
    const script = readFileSync(join(import.meta.dirname, 'fixtures/import/opensips.cfg'), 'utf8');
    const parameters = readModparams(script);
    assert.deepEqual(Object.fromEntries(parameters), {
      db_url: 'mysql://opensips:secret@localhost/opensips',
      wrapup_time: '15',
      chat_dispatch_policy: 'full-load',
      internal_call_dispatching: '0',
      queue_pos_param: 'cc_pos',
      acc_db_url: 'mysql://opensips:secret@localhost/acc',
      cc_flows_table: 'my_flows',
      ccf_flowid_column: 'name',
      made_up: 'x',
    });
    const names = { ...opensipsNames, ccf_flowid_column: 'name' };
    const { file, remarks } = imported({ parameters, names, flows: [{ ...flow, name: 'renamed', dissuading_qsize_th: 0 }] });
    assert.deepEqual(
      [file.queues[0]?.['id'], file.queues[0]?.['chat_policy'], file.queue_settings],
      ['renamed', 'full-load', { wrap_up_s: 15, priority_step_s: 0 }],
    );
    assert.deepEqual(
      remarks.map((line) => line.split(':')[1]?.trim()),
      ['parameter internal_call_dispatching', 'parameter queue_pos_param', 'parameter acc_db_url', 'parameter made_up'],
    );
    assert.doesNotMatch(remarks.join('\n'), /secret/);
  });

  it('O54, O55: reject_on_no_agents=0 lets callers in; an unknown policy counts as balancing, and is named', () => {
    const { file, remarks } = imported({
      parameters: new Map([
        ['reject_on_no_agents', '0'],
        ['chat_dispatch_policy', 'fair'],
      ]),
      flows: [{ ...flow, dissuading_qsize_th: 0 }],
    });
    assert.equal(file.queues[0]?.['join_when'], undefined);
    assert.equal(file.queues[0]?.['chat_policy'], undefined);
    assert.deepEqual(remarks, ['opensips: parameter chat_dispatch_policy: "fair" is unknown: balancing counts, as there']);
  });

  it('O81: what may be a table or column', () => {
    for (const name of ['cc_flows', 'A1', '_x$']) assert.ok(isIdentifier(name), name);
    for (const name of ['', '1a', 'a b', 'a`b', "a'b", 'a;b', 'a.b', 'x'.repeat(65)]) assert.ok(!isIdentifier(name), name);
  });
});

describeStores('tables of OpenSIPS', (open) => {
  const create = async (db: Db, flows: string, agents: string) => {
    await db.run(
      `CREATE TABLE ${flows} (id INTEGER PRIMARY KEY, flowid VARCHAR(64), priority INTEGER, skill VARCHAR(64), message_queue VARCHAR(128))`,
    );
    await db.run(`CREATE TABLE ${agents} (id INTEGER PRIMARY KEY, aname VARCHAR(128), location VARCHAR(128), skills VARCHAR(255))`);
    await db.run(`INSERT INTO ${flows} VALUES (1, 'b', 5, 's1', 'sip:q@ms'), (2, 'a', 0, 's2', NULL)`);
    await db.run(`INSERT INTO ${agents} VALUES (1, 'anna', 'sip:1@h', 's1,s2')`);
  };
  const names = { ...opensipsNames, cc_flows_table: 'my_flows', cc_agents_table: 'my_agents', cca_agentid_column: 'aname' };

  it('O58 to O81: tables and columns of other names; columns that are missing read as not set', async () => {
    const { url, other } = await open({ empty: true });
    await create(other, 'my_flows', 'my_agents');
    const { flows, agents } = await readOpensipsTables(url, names);
    assert.deepEqual(
      flows.map((row) => [row['flowid'], row['priority'], row['message_queue']]),
      [
        ['a', 0, null],
        ['b', 5, 'sip:q@ms'],
      ],
    );
    const { file, remarks } = imported({ names, flows, agents });
    assert.deepEqual([file.queues.length, file.agents[0]?.['id'], file.agents[0]?.['skills']], [1, 'anna', ['s1', 's2']]);
    assert.match(remarks.join(), /flow "a": it has no queue message/);
    for (const table of ['my_flows', 'my_agents']) await other.run(`DROP TABLE ${table}`);
  });

  it('a name that is none, a column and a table that are not there', async () => {
    const { url, other } = await open({ empty: true });
    await create(other, 'my_flows', 'my_agents');
    await assert.rejects(readOpensipsTables(url, { ...names, cc_flows_table: 'x; DROP TABLE my_flows' }), { code: 'TDM_BAD_VALUE' });
    await assert.rejects(readOpensipsTables(url, { ...names, ccf_flowid_column: 'flow' }), { code: 'TDM_NOT_FOUND' });
    await assert.rejects(readOpensipsTables(url, { ...names, cc_agents_table: 'nowhere' }), { code: /^TDM_STORE/ });
    for (const table of ['my_flows', 'my_agents']) await other.run(`DROP TABLE ${table}`);
  });
});

describe('tandem import opensips', function () {
  this.timeout(60_000);

  it('B63: reads the database that the script names, prints the file, and reports beside it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tandem-opensips-'));
    try {
      const url = `sqlite:${join(dir, 'opensips.db')}`;
      const db = await openOther(url);
      await db.run('CREATE TABLE my_flows (name TEXT, skill TEXT, message_queue TEXT, message_welcome TEXT)');
      await db.run('CREATE TABLE cc_agents (agentid TEXT, location TEXT, skills TEXT, logstate INTEGER)');
      await db.run(`INSERT INTO my_flows VALUES ('support', 's1', 'sip:q@ms', 'sip:hello@ms'), ('mute', 's1', '', NULL)`);
      await db.run(`INSERT INTO cc_agents VALUES ('anna', 'sip:1001@h', 's1', 1)`);
      await db.close();
      const script = join(dir, 'opensips.cfg');
      writeFileSync(script, `modparam("call_center", "db_url", "${url}")\nmodparam("call_center", "cc_flows_table", "my_flows")\n`);
      const args = ['import', 'opensips', '--modparams', script, '--param', 'ccf_flowid_column=name', '--sound', 'q=wait'];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [binary, ...args]);
      const file = parse(stdout) as { queues: { id: string; music: string }[]; agents: { contact: string }[] };
      assert.deepEqual([file.queues.map(({ id, music }) => [id, music]), file.agents[0]?.contact], [[['support', 'wait']], 'PJSIP/1001']);
      assert.match(stderr, /flow "mute": it has no queue message; the flow is skipped\n/);
      assert.match(stderr, /flow "support": sip:hello@ms is an address of a media server/);
      assert.match(stderr, /1 queues, 1 agents, 0 tiers; 2 remark\(s\)\./);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('a database of OpenSIPS that is not there', () => {
  it('is not made', async () => {
    await assert.rejects(readOpensipsTables('sqlite:/nowhere/x.db', opensipsNames), { code: 'TDM_NOT_FOUND' });
  });
});
