/** A campaign in the words of API and files; what is written can be read again (`readCampaign`). */
import { pad2 } from '../time.js';
import type { Campaign, Disposition, RetryRule } from './campaign.js';

const s = (milliseconds: number): number => milliseconds / 1_000;
const clock = (minute: number): string => `${pad2(Math.floor(minute / 60))}:${pad2(minute % 60)}`;

const ruleForm = (rule: RetryRule) => ({
  retry: rule.retry,
  delays_s: rule.delaysMs.map(s),
  attempts_max: rule.attemptsMax,
  other_part_of_day: rule.otherPartOfDay,
  guaranteed_only: rule.guaranteedOnly,
  then: rule.then,
});

const dispositionForm = (each: Disposition) => ({
  name: each.name,
  text: each.text,
  final: each.isFinal,
  success: each.isSuccess,
  dnc: each.dnc,
  callback: each.callback,
  recycle_s: each.recycleMs === undefined ? null : s(each.recycleMs),
  machine: each.isMachine,
});

/** What is stored, with defaults written out. Without id, state and revision, which are not the writer's. */
export function writeCampaign(c: Campaign): Readonly<Record<string, unknown>> {
  return {
    name: c.name,
    mode: c.mode,
    profile: c.profile,
    agent_source: c.agentSource,
    queue: c.queue,
    client: c.client,
    country: c.country,
    time_zone: c.timeZone,
    gateways: c.gateways.map((each) => ({ gateway: each.gateway, switch: each.switch, channels_max: each.channelsMax })),
    caller_ids: c.callerIds,
    ivr: c.ivr,
    weight: c.weight,
    slots_max: c.slotsMax,
    order_within: c.orderWithin,
    abandon_cap: c.abandonCap,
    abandon_goal: c.abandonGoal,
    grace_s: s(c.graceMs),
    lines_per_agent_max: c.linesPerAgentMax,
    min_predictive_agents: c.minPredictiveAgents,
    lines: c.lines,
    ring_timeout_s: s(c.ringTimeoutMs),
    min_ring_s: s(c.minRingMs),
    preview: { limit_s: s(c.preview.ms), on_timeout: c.preview.onTimeout, skip_hold_s: s(c.preview.skipHoldMs) },
    amd: { mode: c.amd.mode, max_s: s(c.amd.maxMs), on_machine: c.amd.onMachine, message: c.amd.message },
    safe_harbour: c.safeHarbour
      ? {
          audio: c.safeHarbour.audio,
          opt_out_digits: c.safeHarbour.optOutDigits,
          opt_out_prompt: c.safeHarbour.optOutPrompt,
          max_s: s(c.safeHarbour.maxMs),
          opt_out_scope: c.safeHarbour.optOutScope,
        }
      : null,
    retry: Object.fromEntries(Object.entries(c.retry).map(([result, rule]) => [result, ruleForm(rule)])),
    attempts_max: c.attemptsMax,
    attempts_per_number_day: c.attemptsPerNumberDay,
    day_parts: c.dayParts.map(clock),
    starts_at: c.startsAtMs ?? null,
    ends_at: c.endsAtMs ?? null,
    sticky_stop: c.stickyStop,
    callback_patience_s: s(c.callbackPatienceMs),
    callback_then: c.callbackThen,
    confirm_invalid: c.confirmInvalid,
    dispositions: c.dispositions.map(dispositionForm),
    cut_on_collapse: c.cutOnCollapse,
    inbound_reserve: c.inboundReserve,
    record: c.record,
  };
}
