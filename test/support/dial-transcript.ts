/** The recorded calls to customers in test/fixtures/dialer: what was ordered, and what FreeSWITCH sent. */
import { readFileSync } from 'node:fs';
import type { OriginateOrder } from '../../core/dialer/engine-words.js';

export type DialStep =
  | { readonly kind: 'originate'; readonly command: string; readonly order: Partial<OriginateOrder> }
  | { readonly kind: 'kill'; readonly callId: string; readonly reason: string }
  /** result of the oldest job */
  | { readonly kind: 'job'; readonly output: string }
  | { readonly kind: 'event'; readonly bytes: string }
  | { readonly kind: 'answer'; readonly command: string; readonly output: string };

export function readDialTranscript(name: string): readonly DialStep[] {
  const file = readFileSync(new URL(`../fixtures/dialer/${name}.txt`, import.meta.url));
  const steps: DialStep[] = [];
  let asked: string | undefined;
  for (let at = file.indexOf(10) + 1; at < file.length;) {
    const lineEnd = file.indexOf(10, at);
    const [, from, length = '0'] = /^== (FS>APP|APP>FS) \+\d+ms (\d+)$/.exec(file.subarray(at, lineEnd).toString()) ?? [];
    if (from === undefined) throw new Error(`${name}: no block at byte ${at}`);
    const text = file.subarray(lineEnd + 1, lineEnd + 1 + Number(length)).toString();
    at = lineEnd + 1 + Number(length) + 1;
    if (from === 'APP>FS') {
      steps.push(...ordered(text));
      asked = /^api ((?!uuid_kill)[^\n]*)/.exec(text)?.[1];
    } else if (/^Content-Type: api\/response/.test(text) && asked !== undefined) {
      steps.push({ kind: 'answer', command: asked, output: text.slice(text.indexOf('\n\n') + 2) });
    } else if (text.includes('"Event-Name":"BACKGROUND_JOB"')) {
      const { _body: output = '' } = JSON.parse(text.slice(text.indexOf('\n\n') + 2)) as { readonly _body?: string };
      steps.push({ kind: 'job', output });
    } else if (text.includes('text/event-json')) steps.push({ kind: 'event', bytes: text });
  }
  return steps;
}

function ordered(text: string): readonly DialStep[] {
  const [, callId = '', cause = ''] = /^api uuid_kill (\S+) (\S+)/.exec(text) ?? [];
  if (callId !== '') return [{ kind: 'kill', callId, reason: cause === 'NO_ANSWER' ? 'ring-timeout' : 'stopped' }];
  const command = /^bgapi (originate .*)$/m.exec(text)?.[1];
  if (command === undefined) return [];
  const part = (pattern: RegExp): string => pattern.exec(command)?.[1] ?? '';
  const isIvr = command.includes(' 9664 XML ');
  return [
    {
      kind: 'originate',
      command,
      order: {
        callId: part(/origination_uuid=([^,}]+)/),
        kind: isIvr ? 'ivr' : 'agent-connector',
        mode: isIvr ? 'IVR' : 'PROGRESSIVE',
        gateway: part(/sofia\/gateway\/([^/]+)\//),
        number: part(/sofia\/gateway\/[^/]+\/(\S+) /),
        queueName: part(/sip_h_X-queue='([^']*)'/),
      },
    },
  ];
}
