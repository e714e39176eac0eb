/** What lies on this side: links, recordings, and what a call would be told as (crm-vtiger 3.2). */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { joinUrl, linkCharsMax } from '../../../core/crm/binding.js';
import type { CrmBinding } from '../../../core/crm/binding.js';
import type { JournalCall, Leg } from '../../../core/journal/call.js';
import type { JournalNotice } from '../../../core/journal/notices.js';
import { recordingLink } from '../links.js';
import type { CrmPost } from '../post.js';
import type { BindingTeller } from '../teller-parts.js';
import { fail, ok, reasonOf, warn, type Finding } from './finding.js';

/** As long as the ids of a switch with a long name are. */
const sampleId = (atMs: number): string => `switch-name-of-20-ch-${String(Math.floor(atMs / 1000))}.1234567`;

export async function checkLinks(binding: CrmBinding, post: CrmPost, nowMs: () => number): Promise<readonly Finding[]> {
  const what = `${binding.name}: links`;
  const base = binding.public_url;
  if (base === undefined)
    return [warn(what, 'the CRM gets no links to recordings', 'set "public_url" to where browsers reach the CRM port of Tandem')];
  const link = recordingLink(base, binding.secret, sampleId(nowMs()), nowMs(), binding.recordings.link_days);
  if (link.length > linkCharsMax)
    return [
      fail(what, `they have ${String(link.length)} characters, the CRM cuts them at ${String(linkCharsMax)}`, 'use a shorter "public_url"'),
    ];
  const url = joinUrl(base, 'ping');
  const reply = await post({ url, method: 'GET', headers: {}, body: '' });
  const isOurs = reply.kind === 'answer' && reply.status === 200 && reply.body.trim() === 'pong';
  const told = `${String(link.length)} of ${String(linkCharsMax)} characters`;
  if (isOurs) return [ok(what, `${told}; ${url} answers`)];
  const why = reply.kind === 'answer' ? `answers ${String(reply.status)}, and not as Tandem does` : reply.problem;
  return [
    warn(
      what,
      `${told}; ${url} ${why}`,
      'start "tandem serve", or lead the address of "public_url" to its CRM port; from here it may be out of reach while browsers have it',
    ),
  ];
}

export function checkRoots(roots: readonly string[]): readonly Finding[] {
  if (roots.length === 0) return [warn('recordings', 'no recording is served', 'name the folders of the recordings as "recording_roots"')];
  return roots.map((root) => {
    try {
      const real = realpathSync(root);
      if (!statSync(real).isDirectory()) return fail('recordings', `${root} is no folder`, 'correct "recording_roots"');
      accessSync(real, constants.R_OK | constants.X_OK);
      return ok('recordings', `${root} can be read`);
    } catch (e) {
      return fail('recordings', reasonOf(e), `let the user of Tandem read ${root}, or correct "recording_roots"`);
    }
  });
}

/** An answered call from outside, as it would be told; nothing is sent. */
export function dryRun(
  binding: CrmBinding,
  teller: BindingTeller | undefined,
  nowMs: number,
): { readonly finding: Finding; readonly messages: readonly string[] } {
  const what = `${binding.name}: sample call`;
  if (!teller) return { finding: ok(what, 'this dialect is told of nothing; it may click'), messages: [] };
  const extension = Object.entries(binding.extensions).find(([, channel]) => !channel.includes('${EXT}'))?.[0];
  const pattern = Object.keys(binding.extensions)[0];
  const agent = extension ?? pattern?.replace(/[XZN]/g, '2');
  if (agent === undefined)
    return {
      finding: fail(what, 'no extension is known: nobody is an agent', 'map the extensions to telephones: "extensions"'),
      messages: [],
    };
  const told = sampleNotices(agent, nowMs).flatMap((notice) => teller.messagesOf(notice, nowMs));
  const messages = told.map(({ event, payload }) => `${event} ${payload}`);
  if (told.length === 0)
    return {
      finding: fail(what, `a call to ${agent} would not be told`, 'the extension must be in "extensions" of this binding'),
      messages,
    };
  return { finding: ok(what, `to ${agent}: ${told.map(({ event }) => event).join(', ')}`), messages };
}

function sampleNotices(extension: string, nowMs: number): readonly JournalNotice[] {
  const at = (s: number): number => nowMs - 60_000 + s * 1000;
  const leg: Leg = {
    ...{ id: 'doctor.2', extension, kind: 'agent', number: '', startedAtMs: at(2), answeredAtMs: at(5), endedAtMs: at(50) },
    ...{
      talkMs: 45_000,
      talkingSinceMs: undefined,
      dialStatus: 'ANSWER',
      cause: 16,
      outcome: 'answered',
      isConsultation: false,
      isTold: true,
    },
  };
  const call: JournalCall = {
    ...{ id: sampleId(nowMs), switch: 'doctor', linkedId: 'doctor.1', direction: 'inbound', state: 'ended' },
    ...{ customer: { number: '79990000000', name: 'Doctor' }, line: { did: '74950000000', queue: '' }, origin: '', binding: '' },
    ...{
      startedAtMs: at(0),
      customerAtMs: at(0),
      answeredAtMs: at(5),
      endedAtMs: at(50),
      isTold: true,
      outcome: 'answered',
      endReason: 'hangup',
    },
    ...{ legs: [leg], transfers: [], recordings: [], talker: leg.id, parties: [], lastParty: undefined, channels: [] },
    ...{ dueAtMs: at(50), lastEventAtMs: at(50) },
  };
  return [
    { type: 'call-started', call },
    { type: 'leg-ringing', call, leg },
    { type: 'leg-answered', call, leg },
    { type: 'leg-ended', call, leg },
    { type: 'call-ended', call },
    { type: 'recording-ready', call, file: '', extension },
  ];
}
