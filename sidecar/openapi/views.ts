/** What the views of the engine look like over HTTP; a test holds them against real answers. */
import { z } from 'zod';

export const errorView = z
  .object({
    code: z.string(),
    message: z.string(),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Error' });

export const readinessView = z
  .object({
    ready: z.boolean(),
    checks: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['up', 'degraded', 'down']),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

export const okView = z
  .object({
    ok: z.literal(true),
  })
  .meta({ id: 'Ok' });

export const changesView = z
  .object({
    changes: z.array(z.string()),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Changes' });

export const queueView = z
  .object({
    id: z.string().optional(),
    name: z.string().optional(),
    strategy: z.string().optional(),
    priority: z.int().optional(),
    draining: z.boolean().optional(),
    waiting: z.int().optional(),
    callbacks: z.int().optional(),
    messages: z.int().optional(),
    away: z.int().optional(),
    ringing: z.int().optional(),
    talking: z.int().optional(),
    longestWaitMs: z.int().optional(),
    agents: z
      .object({
        total: z.int().optional(),
        loggedIn: z.int().optional(),
        onBreak: z.int().optional(),
        free: z.int().optional(),
        ringing: z.int().optional(),
        talking: z.int().optional(),
        wrapUp: z.int().optional(),
        chatting: z.int().optional(),
      })
      .optional(),
    callsAnswered: z.int().optional(),
    callsAbandoned: z.int().optional(),
  })
  .meta({ id: 'Queue' });

export const offerView = z
  .object({
    id: z.string().optional(),
    agent: z.string().optional(),
    member: z.string().optional(),
    queue: z.string().optional(),
    media: z.string().optional(),
    phase: z.enum(['ringing', 'answered', 'connecting', 'talking']).optional(),
    startedAtMs: z.int().optional(),
    connectedAtMs: z.int().optional(),
  })
  .meta({ id: 'Offer' });

export const memberView = z
  .object({
    id: z.string().optional(),
    queue: z.string().optional(),
    position: z.int().describe('1 = next; absent when it does not wait').optional(),
    media: z.enum(['audio', 'chat']).optional(),
    number: z.string().optional(),
    name: z.string().optional(),
    phase: z.enum(['welcome', 'dissuading', 'waiting', 'talking', 'abandoned']).optional(),
    presence: z.enum(['here', 'away', 'callback', 'message']).optional(),
    state: z.enum(['Waiting', 'Trying', 'Answered', 'Abandoned']).describe("mod_callcenter's word").optional(),
    opensipsState: z.string().describe("OpenSIPS's word").optional(),
    joinedAtMs: z.int().optional(),
    waitedMs: z.int().optional(),
    score: z.int().optional(),
    baseScoreS: z.int().optional(),
    priority: z.int().optional(),
    skills: z
      .array(
        z.object({
          skill: z.string().optional(),
          level: z.int().optional(),
          required: z.boolean().optional(),
        }),
      )
      .optional(),
    offers: z.array(offerView).optional(),
    rejections: z.int().optional(),
    giveUpAtMs: z.int().optional(),
    ewtAtJoinMs: z.int().optional(),
    callback: z
      .object({
        number: z.string().optional(),
        attempts: z.int().optional(),
        step: z.string().optional(),
        expiresAtMs: z.int().optional(),
      })
      .optional(),
    message: z.string().describe('file of a message that a caller has left').optional(),
    switch: z.string().optional(),
    uniqueId: z.string().optional(),
    leadId: z.int().optional(),
    param: z.string().optional(),
  })
  .meta({ id: 'Member' });

export const agentView = z
  .object({
    id: z.string().optional(),
    name: z.string().optional(),
    type: z.enum(['callback', 'uuid-standby']).optional(),
    status: z.string().optional(),
    state: z.string().describe("mod_callcenter's word").optional(),
    opensipsState: z.string().describe("OpenSIPS's word").optional(),
    statusSinceMs: z.int().optional(),
    pauseReason: z.string().optional(),
    pause: z
      .object({
        startedAtMs: z.int().optional(),
        limitAtMs: z.int().describe('absent: no limit').optional(),
        isOverdue: z.boolean().optional(),
        text: z.string().optional(),
        isPaid: z.boolean().optional(),
      })
      .describe('the running break; text and pay of a reason of the list')
      .optional(),
    phase: z.enum(['idle', 'resting', 'offered', 'talking', 'wrapup', 'spent', 'reserved']).optional(),
    phaseEndsAtMs: z.int().optional(),
    contact: z.string().optional(),
    device: z.string().optional(),
    offers: z.array(offerView).optional(),
    chats: z.int().optional(),
    externalCalls: z.int().optional(),
    hold: z.string().describe('why no call can be offered now; absent: could be').optional(),
    lastBridgeEndMs: z.int().optional(),
    lastOfferedMs: z.int().optional(),
    callsAnswered: z.int().optional(),
    talkMs: z.int().optional(),
    noAnswerCount: z.int().optional(),
    skills: z.record(z.string(), z.int()).optional(),
    queues: z
      .array(
        z.object({
          queue: z.string().optional(),
          level: z.int().optional(),
          position: z.int().optional(),
          bySkill: z.boolean().optional(),
          tierState: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Agent' });

export const decisionView = z
  .object({
    atMs: z.int().optional(),
    queue: z.string().optional(),
    member: z.string().optional(),
    strategy: z.string().optional(),
    chosen: z.string().optional(),
    offer: z.string().optional(),
    because: z.string().optional(),
    others: z
      .array(
        z.object({
          agent: z.string().optional(),
          reason: z.string().optional(),
        }),
      )
      .optional(),
    unlisted: z.int().optional(),
  })
  .meta({ id: 'Decision' });

export const callExplanationView = z
  .object({
    member: memberView.optional(),
    verdict: z.string().optional(),
    agents: z
      .array(
        z.object({
          agent: z.string().optional(),
          level: z.int().optional(),
          position: z.int().optional(),
          reason: z.string().optional(),
          detail: z.string().optional(),
        }),
      )
      .optional(),
    counts: z.record(z.string(), z.int()).optional(),
    agentsTotal: z.int().optional(),
    decisions: z.array(decisionView).optional(),
  })
  .meta({ id: 'CallExplanation' });

export const agentExplanationView = z
  .object({
    agent: agentView.optional(),
    verdict: z.string().optional(),
    queues: z
      .array(
        z.object({
          queue: z.string().optional(),
          level: z.int().optional(),
          position: z.int().optional(),
          bySkill: z.boolean().optional(),
          waiting: z.int().optional(),
          first: z
            .array(
              z.object({
                member: z.string().optional(),
                number: z.string().optional(),
                reason: z.string().optional(),
                detail: z.string().optional(),
              }),
            )
            .optional(),
        }),
      )
      .optional(),
    queuesTotal: z.int().optional(),
    decisions: z.array(decisionView).optional(),
  })
  .meta({ id: 'AgentExplanation' });
