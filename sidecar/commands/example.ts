/** The example site of `npm start`: a password made once per data folder, and commands that work as printed. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config.js';
import type { Ports, Running } from '../main.js';
import { createProvisioningStore } from '../provisioning-store.js';
import { readPackageFile } from '../package-files.js';
import { applyYaml } from '../provision.js';
import { createPasswordHasher } from '../password-hasher.js';
import { parseYaml } from '../yaml-file.js';
import { makePassword } from './password.js';

export interface Example {
  readonly env: Readonly<Record<string, string>>;
  /** apply the example with the port that is really in use */
  provision(running: Running): Promise<void>;
  /** where to look with a browser, and how to log in */
  pages(ports: Ports): string;
  commands(ports: Ports): readonly { readonly title: string; readonly text: string }[];
}

const exampleCode = 'V1121120000001000123';

export function prepareExample(config: Config): Example {
  const password = keptPassword(config.databaseUrl);
  const env = { EXAMPLE_PASSWORD: password };
  return {
    env,
    async provision(running) {
      const text = readPackageFile('config/example.yaml').replaceAll(
        '${HTTP}',
        `http://${hostFor(config.http.host)}:${String(running.ports.http)}`,
      );
      await applyYaml(parseYaml(text, 'config/example.yaml'), {
        store: createProvisioningStore(running.store),
        hasher: createPasswordHasher(),
        nowMs: Date.now(),
        zone: config.zone,
        dryRun: false,
        refreshCalls: true,
        allowDefaultSecrets: config.allowDefaultSecrets,
        env,
      });
    },
    pages: (ports) => `http://${hostFor(config.http.host)}:${String(ports.http)}/ (user example, password ${password})`,
    commands: (ports) => [
      {
        title: 'ask for the lead behind a caller code, as another cluster does',
        text: `curl 'http://${hostFor(config.http.host)}:${String(ports.http)}${config.apiPaths[0] ?? ''}?source=test&user=example&pass=${password}&function=ccc_lead_info&call_id=${exampleCode}&header=YES'`,
      },
      {
        title: `Asterisk: dial 800 with CALLERID(name)=${exampleCode}; the call goes on at A, B, C or D of its context`,
        text: `exten => 800,1,AGI(agi://${hostFor(config.agi.host)}:${String(ports.agi)}/ccc_lookup_insert,example---8199)`,
      },
      {
        title: `FreeSWITCH: dial 800 with caller name ${exampleCode}; the call goes on at A, B, C or D of its context`,
        text: `<extension name="tandem"><condition field="destination_number" expression="^800$"><action application="set" data="tandem_app=ccc_lookup_insert"/><action application="set" data="tandem_args=example---8199"/><action application="socket" data="${hostFor(config.esl.host)}:${String(ports.esl)} async full"/></condition></extension>`,
      },
    ],
  };
}

/** An address that can be dialled, for a door that listens on all. */
const hostFor = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

function keptPassword(databaseUrl: string): string {
  const folder = /^sqlite:(?!:memory:)(.+)$/.exec(databaseUrl)?.[1];
  if (folder === undefined) return makePassword();
  const name = join(dirname(folder), 'example-password');
  if (!existsSync(name)) {
    mkdirSync(dirname(name), { recursive: true });
    writeFileSync(name, `${makePassword()}\n`, { mode: 0o600, flag: 'wx' });
  }
  chmodSync(name, 0o600);
  return readFileSync(name, 'utf8').trim();
}
