/** The guard against toll fraud put together: caps of settings and file, and the ends of calls from every link. */
import { randomBytes } from 'node:crypto';
import type { AuditStore } from '../core/access-ports.js';
import type { NewsDesk } from '../core/feed-news.js';
import type { Log, Meter } from '../core/ports.js';
import { createTollGate } from '../core/services/toll-gate.js';
import type { TollGate } from '../core/services/toll-gate.js';
import { createTollLegs } from '../core/services/toll-ports.js';
import type { TollLegs } from '../core/services/toll-ports.js';
import { createTollDaysSync } from '../core/services/toll-days.js';
import type { TollDaysSync } from '../core/services/toll-days.js';
import type { TollDayStore } from '../core/toll-ports.js';
import type { TollRules } from '../core/toll/caps.js';
import { tollRulesWith } from '../core/toll/schema.js';
import { TandemError } from '../core/errors.js';
import { createAuditIds } from './audit-id.js';
import type { TollConfig } from './config-toll.js';
import { clickVariable } from './crm/switch-freeswitch.js';
import type { Links } from './links.js';
import { spyVariable } from './switch-freeswitch-spy.js';
import type { Timers } from './timers.js';
import { describeProblems, readYamlFile } from './yaml-file.js';

export interface TollSideDeps {
  readonly config: TollConfig;
  readonly desk: NewsDesk;
  readonly store: { readonly tollDays: TollDayStore; readonly access: { readonly audit: Pick<AuditStore, 'write'> } };
  /** not started yet */
  readonly links: Pick<Links, 'ami' | 'esl'>;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface TollSide {
  readonly gate: TollGate;
  /** for the ports of the queues */
  readonly legs: TollLegs;
  /** What was counted before is known when `start` has resolved. */
  readonly days: TollDaysSync;
}

/** Throws TDM_BAD_FILE when the file of gateways is wrong. */
export function openToll({ config, links, timers, store, ...deps }: TollSideDeps): TollSide {
  const rules = readRules(config);
  const gate = createTollGate({
    ...deps,
    audit: store.access.audit,
    rules,
    newAuditId: createAuditIds(() => randomBytes(4).toString('hex')),
    nowMs: () => timers.nowMs(),
  });
  for (const link of links.ami.values()) link.on('Hangup', (event) => gate.over(event.get('uniqueid') ?? ''));
  const { log, meter } = deps;
  const clock = { nowMs: () => timers.nowMs(), after: (delayMs: number, run: () => void) => timers.after(delayMs, run) };
  const days = createTollDaysSync({ days: gate.days, store: store.tollDays, ...clock, log, meter });
  const legs = createTollLegs(gate, clock.nowMs);
  for (const link of links.esl.values())
    link.on('CHANNEL_HANGUP_COMPLETE', (event) => {
      gate.over(event.get('Unique-ID') ?? '');
      // of several telephones that are rung under one name the one that was answered is the call; another lost the race,
      // be it that it was answered at the same moment
      if (!(Number(event.variable('answer_epoch')) > 0) || event.get('Hangup-Cause') === 'LOSE_RACE') return;
      for (const name of [spyVariable, clickVariable]) legs.over(event.variable(name) ?? '');
    });
  return { gate, legs, days };
}

export function readRules({ general, gatewaysFile }: TollConfig): TollRules {
  if (gatewaysFile === '') return { general, gateways: new Map() };
  const { value, problems } = readYamlFile(gatewaysFile);
  if (problems.length > 0) throw new TandemError('TDM_BAD_FILE', [gatewaysFile, describeProblems(problems)]);
  return tollRulesWith(general, gatewaysFile, value);
}
