/** A real process for programs of OpenSIPS: two agents, two queues, a scripted Asterisk, callers who wait. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.js';
import { dialAgi, type AgiDialog } from './fake-asterisk.js';
import { createFakeAmi } from './fake-ami.js';
import { startTandem } from './tandem-process.js';

const provisioning = {
  users: [{ user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] }],
  agents: [
    { id: 'anna', contact: 'PJSIP/1001' },
    { id: 'bert', contact: 'PJSIP/1002' },
  ],
  queues: [
    { id: 'support', tiers: [{ agent: 'anna' }, { agent: 'bert' }] },
    { id: 'vip', priority: 10 },
  ],
};

/** Longest life of a caller's session. */
const callMsMax = 60_000;
const answerMsMax = 5_000;

export async function startMiSite() {
  const dir = mkdtempSync(join(tmpdir(), 'tandem-mi-'));
  const ami = await createFakeAmi();
  // agents' telephones ring and nobody answers
  ami.on('Originate', (action, session) => session.send({ Response: 'Success', ActionID: action['ActionID'] }));
  const tandem = await startTandem({
    dir,
    ports: { http: 0, agi: 0, esl: 0 },
    provisioning,
    settings: { TANDEM_MI_ALLOW: '127.0.0.1', TANDEM_AMI_URLS: `ami://tandem:fake-ami-secret@127.0.0.1:${String(ami.port)}/west` },
  });
  await eventually(
    () => tandem.metric('tandem_ami_up'),
    (up) => up === 1,
  );
  const calls: AgiDialog[] = [];
  return {
    port: tandem.ports.http,
    /** Resolves with the id of his place in the queue. */
    async caller(queue: string, number: string, name: string): Promise<string> {
      const n = String(calls.length + 1);
      const fields = { callerid: number, calleridname: name, uniqueid: `1795289098.${n}`, channel: `PJSIP/west-${n}` };
      const variables = { 'CALLERID(num)': number, 'CALLERID(name)': name };
      const call = await dialAgi({ port: tandem.ports.agi, script: 'queue_entry', args: [queue], fields, variables, msMax: callMsMax });
      calls.push(call);
      return await eventually(
        () => call.variables.get('TANDEM_MEMBER') ?? '',
        (id) => id !== '',
      );
    },
    /** One connection: what comes back until the server closes it. */
    async exchange(sent: Buffer): Promise<string> {
      const socket = connect(tandem.ports.http, '127.0.0.1').setTimeout(answerMsMax, () => socket.destroy(new Error('no answer')));
      socket.write(sent);
      return await text(socket);
    },
    async stop(): Promise<void> {
      for (const call of calls) call.reset();
      await tandem.kill9();
      await ami.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export type MiSite = Awaited<ReturnType<typeof startMiSite>>;
