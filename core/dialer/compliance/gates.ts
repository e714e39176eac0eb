/** The gates before each call, in the order of `gates` (dialer.md B4). What cannot be evaluated blocks. */
import type { GateFacts, GateVerdict, Judge } from '../../dialer-ports.js';
import type { Campaign, DialerSettings } from '../campaign.js';
import { gates } from '../words.js';
import type { Gate } from '../words.js';
import { checks } from './gate-checks.js';
import type { Said } from './gate-checks.js';
import type { Profile } from './profile.js';

export interface GateContext {
  readonly campaign: Campaign;
  /** undefined: the campaign names one that nobody knows; everything waits */
  readonly profile: Profile | undefined;
  readonly settings: Pick<DialerSettings, 'strictSameNumber'>;
  /** when each suppression list was last brought up to date, Unix ms; not there = never */
  readonly suppression: ReadonlyMap<string, number>;
  /** the campaign dials 1:1 now (abandonment at the cap): each call has its agent */
  readonly isForcedOneToOne: boolean;
  /**
   * `fill`: contacts that need a guaranteed agent pass with `guaranteedOnly`; `claim`: they pass only when `isGuaranteed`
   * (field of the effect `claim`).
   */
  readonly purpose: 'fill' | 'claim';
  readonly isGuaranteed?: boolean;
  /** gateways that may be dialled now; undefined = any that is named */
  readonly isGatewayUsable?: (gateway: string) => boolean;
  /** agents of the campaign who are here; undefined = not looked at (callback-agent, skip-hold) */
  readonly agents?: ReadonlySet<string>;
}

/** A gate that throws, or without a profile, blocks and waits: fail closed. */
function ask(gate: Gate, context: GateContext, facts: GateFacts, nowMs: number): Said {
  const { profile } = context;
  if (!profile) return { kind: 'wait', untilMs: undefined, detail: `profile "${context.campaign.profile}" is unknown` };
  try {
    return checks[gate]({ ...context, profile }, facts, nowMs);
  } catch (e) {
    return { kind: 'wait', untilMs: undefined, detail: `cannot be evaluated: ${e instanceof Error ? e.message : 'unknown'}` };
  }
}

function verdictOf(gate: Gate, said: Exclude<Said, { kind: 'pass' }>): GateVerdict {
  return said.kind === 'final' ? { kind: 'final', gate, result: said.result } : { kind: 'wait', gate, untilMs: said.untilMs };
}

/** The first gate that refuses decides. Never throws. */
export function createGates(context: GateContext): Judge {
  return (facts, nowMs) => {
    let guaranteedOnly = false;
    for (const gate of gates) {
      const said = ask(gate, context, facts, nowMs);
      if (said.kind !== 'pass') return verdictOf(gate, said);
      if (said.guaranteedOnly === true) guaranteedOnly = true;
    }
    return { kind: 'go', guaranteedOnly };
  };
}

export interface GatesExplained {
  /** all of them, in order, also behind the first that refuses */
  readonly gates: readonly { readonly gate: Gate; readonly passes: boolean; readonly detail: string }[];
  readonly first: Gate | undefined;
  readonly verdict: GateVerdict;
}

/** Every gate with what it says, for `tandem explain contact`. */
export function explainGates(context: GateContext, facts: GateFacts, nowMs: number): GatesExplained {
  const all = gates.map((gate) => ({ gate, said: ask(gate, context, facts, nowMs) }));
  const refusal = all.find(({ said }) => said.kind !== 'pass');
  return {
    gates: all.map(({ gate, said }) => ({ gate, passes: said.kind === 'pass', detail: said.detail })),
    first: refusal?.gate,
    verdict: createGates(context)(facts, nowMs),
  };
}
