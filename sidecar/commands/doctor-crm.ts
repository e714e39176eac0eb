/** `tandem doctor crm [binding]`: the CRMs, the switches and this side, with what is to be done (CRM-21). Exit code 1 when something is broken. */
import type { Command } from 'commander';
import type { CrmBinding } from '../../core/crm/binding.js';
import { TandemError } from '../../core/errors.js';
import { createAmiLink } from '../ami.js';
import { readConfig, type Config } from '../config.js';
import { checkAsterisk } from '../crm/doctor/asterisk.js';
import { checkCallback } from '../crm/doctor/callback.js';
import { checkFreeswitch } from '../crm/doctor/freeswitch.js';
import { fail, ok, reasonOf, warn, type Finding } from '../crm/doctor/finding.js';
import { checkGravitel, checkWebhook } from '../crm/doctor/other-crms.js';
import { checkLinks, checkRoots, dryRun } from '../crm/doctor/own-side.js';
import { checkWebService } from '../crm/doctor/web-service.js';
import { readCrmFile } from '../crm/file.js';
import { createCrmPost } from '../crm/post.js';
import { createTeller } from '../crm/teller.js';
import { createWebService } from '../crm/web-service.js';
import { createEslLink } from '../esl.js';
import { redactText } from '../log.js';
import { freeswitchSwitchDefaults } from '../switch-freeswitch.js';
import { systemTimers } from '../timers.js';
import { noLog, noMeter, print } from './context.js';

const linkMsMax = 5_000;

interface Options {
  readonly write: boolean;
  readonly sample: boolean;
}

export function addDoctorCrm(doctor: Command): void {
  doctor
    .command('crm')
    .description('check the CRMs, the switches as the CRM connector needs them, and what a call would be told as')
    .argument('[binding]', 'only this one')
    .option('--no-write', "make no test row in vTiger's module of calls; its clock's zone is not checked then")
    .option('--sample', 'show the messages of a sample call; nothing is sent', false)
    .action(async (name: string | undefined, options: Options) => {
      const config = readConfig(process.env);
      if (config.crm.file === undefined) throw new TandemError('TDM_CRM_OFF');
      const { findings, messages } = await examine(config, name, options);
      for (const { verdict, what, detail, remedy } of findings) {
        print(`${verdict.padEnd(5)} ${what}: ${redactText(detail)}`);
        if (remedy !== '') print(`      -> ${remedy}`);
      }
      if (options.sample) messages.forEach(print);
      if (findings.some(({ verdict }) => verdict === 'FAIL')) process.exitCode = 1;
    });
}

async function examine(config: Config, name: string | undefined, options: Options) {
  const file = readCrmFile(config.crm.file ?? '', process.env);
  const bindings = name === undefined ? file.crm : file.crm.filter((binding) => binding.name === name);
  if (name !== undefined && bindings.length === 0) throw new TandemError('TDM_NOT_FOUND', ['CRM binding', name]);
  const findings: Finding[] = [ok('file', `${String(bindings.length)} bindings read`)];
  for (const text of file.warnings) findings.push(warn('file', text, 'make a longer key: "openssl rand -hex 16"'));
  const messages: string[] = [];
  for (const binding of bindings) {
    const seen = await examineBinding(binding, options);
    findings.push(...seen.findings);
    messages.push(...seen.messages);
  }
  findings.push(...checkRoots(file.recording_roots), ...(await examineSwitches(config, bindings)));
  return { findings, messages };
}

async function examineBinding(binding: CrmBinding, options: Options) {
  const post = createCrmPost({ connectMsMax: binding.connect_ms_max, requestMsMax: binding.request_ms_max, caFile: binding.ca_file });
  const nowMs = Date.now;
  const findings: Finding[] = [];
  if (binding.dialect === 'vtiger' || binding.dialect === 'vtiger-sp') findings.push(...(await checkCallback(binding, post)));
  if (binding.dialect === 'webhook') findings.push(await checkWebhook(binding, post, nowMs));
  if (binding.dialect === 'gravitel') findings.push(await checkGravitel(binding, post));
  const service = binding.ws && createWebService(binding, post, nowMs);
  if (service) findings.push(...(await checkWebService(binding, service, { nowMs, isWriting: options.write })));
  else if (binding.dialect === 'vtiger' || binding.dialect === 'vtiger-sp')
    findings.push(
      warn(
        `${binding.name}: zone`,
        'cannot be checked without the web service',
        'set "ws", or compare "timezone" with $default_timezone of the CRM\'s config.inc.php by hand',
      ),
    );
  findings.push(...(await checkLinks(binding, post, nowMs)));
  const none = (): undefined => undefined;
  const teller = createTeller(binding, { post, service, nowMs, ownerOf: none, expectOwner: none, learn: none, log: noLog, meter: noMeter });
  const { finding, messages } = dryRun(binding, teller, nowMs());
  return { findings: [...findings, finding], messages };
}

async function examineSwitches(config: Config, bindings: readonly CrmBinding[]): Promise<readonly Finding[]> {
  const deps = { log: noLog, meter: noMeter };
  if (config.amiLinks.length + config.freeswitchLinks.length === 0)
    return [fail('switches', 'none is configured', 'set TANDEM_AMI_URLS or TANDEM_FREESWITCH_URLS')];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void systemTimers.after(ms, resolve));
  const bindingsOf = ({ name }: { readonly name: string }): readonly CrmBinding[] =>
    bindings.filter((binding) => binding.switch === '' || binding.switch === name);
  const findings: Finding[] = [];
  for (const address of config.amiLinks) {
    const link = createAmiLink(address, deps);
    link.start();
    try {
      await link.waitUp(linkMsMax);
      findings.push(...(await checkAsterisk(address.name, link, bindingsOf(address), wait)));
    } catch (e) {
      findings.push(
        fail(`${address.name}: manager`, reasonOf(e), 'start Asterisk; enable manager.conf, and let the account in from this address'),
      );
    } finally {
      link.stop();
    }
  }
  for (const { secret, ...address } of config.freeswitchLinks) {
    const link = createEslLink({ ...address, password: secret }, deps);
    link.start();
    try {
      await link.waitUp(linkMsMax);
      findings.push(ok(`${address.name}: event socket`, 'connected and logged in'));
      findings.push(
        ...(await checkFreeswitch(address.name, link, bindingsOf(address), {
          domain: freeswitchSwitchDefaults.domain,
          wait,
          nowMs: Date.now,
        })),
      );
    } catch (e) {
      findings.push(fail(`${address.name}: event socket`, reasonOf(e), 'start FreeSWITCH; check event_socket.conf.xml and its password'));
    } finally {
      link.stop();
    }
  }
  return findings;
}
