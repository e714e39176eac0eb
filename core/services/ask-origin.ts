/** Ask the origin for one lead: circuit breaker, request, classification, URL log. */
import { classify } from '../cluster/answer.js';
import type { NoLeadReason } from '../cluster/answer.js';
import type { Breakers } from '../cluster/breaker.js';
import type { AnswerFormat } from '../cluster/peer-request.js';
import type { CallerCode } from '../callercode.js';
import { hasCode } from '../errors.js';
import { leadFields } from '../leads/lead.js';
import type { LeadText } from '../leads/lead.js';
import type { Container, Log, Meter, PeerAnswer, PeerClient, PeerRequest, UrlLog } from '../ports.js';

export interface OriginQuestion {
  readonly code: CallerCode;
  readonly container: Container;
  readonly peerId: string;
  readonly format: AnswerFormat;
  readonly uniqueId: string;
  readonly requestMsMax: number;
  readonly signal: AbortSignal;
}

export type OriginAnswer =
  | { readonly found: true; readonly lead: LeadText }
  | { readonly found: false; readonly reason: NoLeadReason | 'breaker-open' | 'peer-slow' | 'peer-failed' | 'pool-full' };

export interface OriginQuestionDeps {
  readonly peers: PeerClient;
  readonly urlLog: UrlLog;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

const breakerLevels = { closed: 0, probing: 1, open: 2 } as const;

/**
 * The question as a function. Rejects TDM_CALL_GONE when the signal aborted, and what PeerClient rejects with
 * that is no failure of the peer; a slow, dead or 5xx peer is an answer without a lead and counts for the breaker.
 */
export function createOriginQuestion(deps: OriginQuestionDeps, breakers: Breakers, connectMsMax: number) {
  const showBreaker = (peer: string) => deps.meter.set('tandem_peer_breaker', breakerLevels[breakers.state(peer)], { peer });

  function judge(question: OriginQuestion, answer: PeerAnswer): OriginAnswer {
    const { container, format, peerId: peer } = question;
    const read = classify(answer, { format, allowExtraFields: container.profile?.allowExtraFields ?? false });
    // An origin that answers, even with a refusal, is alive; one with a broken server is not.
    if (!read.found && answer.status >= 500) breakers.failed(peer, deps.nowMs());
    else breakers.succeeded(peer);
    if (!read.found) return read;
    for (const warning of read.warnings) {
      deps.meter.count('tandem_handover_warnings_total', { warning });
      deps.log.warn({ peer, warning, status: answer.status }, 'lookup: answer accepted with a warning');
    }
    return { found: true, lead: read.lead };
  }

  function judgeFailure(question: OriginQuestion, e: unknown): OriginAnswer {
    const { peerId: peer, signal } = question;
    if (hasCode(e, 'TDM_BUSY') && !signal.aborted) {
      // Our own pool was the bottleneck; how the peer is, the requests that have the connections will tell.
      breakers.abandoned(peer);
      deps.log.warn({ err: e, peer }, 'lookup: no free connection to the origin in time');
      return { found: false, reason: 'pool-full' };
    }
    const isPeers = hasCode(e, 'TDM_REMOTE_SLOW', 'TDM_REMOTE_FAILED');
    if (!isPeers || signal.aborted) {
      breakers.abandoned(peer);
      throw e;
    }
    breakers.failed(peer, deps.nowMs());
    deps.log.warn({ err: e, peer }, 'lookup: origin did not answer');
    return { found: false, reason: e.code === 'TDM_REMOTE_SLOW' ? 'peer-slow' : 'peer-failed' };
  }

  /** What happened, without the lead's data (W-11) and without what the peer says, which may hold a password (3.3). */
  function note(question: OriginQuestion, answer: OriginAnswer, body: string | undefined): string {
    if (answer.found) return `found: ${leadFields.length} fields, remote lead ${question.code.leadId}`;
    if (body === '') return '<RESPONSE EMPTY>';
    return body === undefined ? `no answer: ${answer.reason}` : `no lead: ${answer.reason}, ${body.length} characters`;
  }

  return async (question: OriginQuestion): Promise<OriginAnswer> => {
    const { peerId: peer, container, code, signal, requestMsMax } = question;
    if (breakers.ask(peer, deps.nowMs()) === 'refuse') return { found: false, reason: 'breaker-open' };
    const limits = { connectMsMax: Math.min(container.profile?.connectMsMax ?? connectMsMax, requestMsMax), requestMsMax };
    const request: PeerRequest = { container, function: 'ccc_lead_info', parameters: { call_id: code.code }, signal, ...limits };
    const startedAtMs = deps.nowMs();
    let body: string | undefined;
    let answer: OriginAnswer;
    try {
      const raw = await deps.peers.ask(request);
      body = raw.body;
      answer = judge(question, raw);
    } catch (e) {
      answer = judgeFailure(question, e);
    }
    showBreaker(peer);
    const responseSeconds = Math.max(deps.nowMs() - startedAtMs, 0) / 1000;
    deps.meter.observe('tandem_peer_request_seconds', responseSeconds, { peer });
    await deps.urlLog.write({
      uniqueId: question.uniqueId,
      atMs: startedAtMs,
      urlType: 'ccc_look',
      url: deps.peers.describe(request),
      response: note(question, answer, body),
      responseSeconds,
    });
    return answer;
  };
}
