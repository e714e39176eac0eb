/** After a restart (B11): contacts that the table counts as being called are followed again, and the switches asked about them. */
import { keyOfContact, numberKeyOf } from '../compliance/numbers.js';
import type { CallProgress } from '../changes.js';
import { callIdOf } from '../contact.js';
import type { ActiveContact } from '../contact.js';
import { callsMax } from './bounds.js';
import { Call } from './call.js';
import { refreshDue } from './due.js';
import { gatewayOf } from './gateways.js';
import { callKindOf } from './modes.js';
import { askList } from './switches.js';
import { campaignGone } from './world.js';
import type { DialerWorld } from './world.js';

/** May be sent again at any time: contacts that are followed already are left as they are. */
export function restored(w: DialerWorld, active: readonly ActiveContact[], learned: ReadonlyMap<string, unknown>): void {
  for (const [key, value] of learned) w.learnedBefore.set(key, value);
  const followed = new Set([...w.calls.values()].map(({ contact }) => contact.id));
  const switches = new Set<string>();
  for (const contact of active.slice(0, callsMax)) {
    if (followed.has(contact.id) || w.busy.has(contact.id)) continue;
    const call = callOf(w, contact);
    if (!call || w.calls.has(call.id)) continue;
    w.calls.set(call.id, call);
    w.occupy({ id: contact.id, campaignId: contact.campaignId, numberKey: call.numberKey });
    gatewayOf(w, call.switch, call.gateway).calls++;
    if (call.isUnknown) switches.add(call.switch);
    refreshDue(w, call);
  }
  for (const id of switches) askList(w, id);
}

function callOf(w: DialerWorld, contact: ActiveContact): Call | undefined {
  if (contact.status !== 'dialed' && contact.status !== 'agent_pending') return undefined;
  const campaign = w.campaigns.get(contact.campaignId) ?? campaignGone(contact.campaignId);
  const way = campaign.gateways.find(({ gateway }) => contact.gatewayId === '' || gateway === contact.gatewayId);
  const atMs = contact.dialTimeMs ?? w.nowMs;
  const isDialed = contact.status === 'dialed';
  // opt-out, caps and protection are those of the number that was dialled
  const further = contact.numberIndex > 0 ? contact.numbers[contact.numberIndex - 1] : undefined;
  const call = new Call({
    id: callIdOf(contact.id, contact.dials),
    contact,
    from: undefined,
    campaign,
    mode: campaign.mode,
    kind: callKindOf(campaign, contact),
    switch: way?.switch || w.settings.defaultSwitch,
    gateway: contact.gatewayId || (way?.gateway ?? ''),
    number: further ?? contact.customerNumber,
    numberKey: further === undefined ? keyOfContact(contact, campaign.country) : numberKeyOf(further, campaign.country),
    callerId: '',
    queue: contact.queueName ?? campaign.queue,
    bucket: undefined,
    decisionAtMs: undefined,
    claimedAtMs: atMs,
    status: contact.status,
    hold: undefined,
    stage: isDialed ? 'ringing' : 'agent-asked',
  });
  if (isDialed) {
    call.placedAtMs = atMs;
    call.isUnknown = true;
    if (contact.progress) goOn(call, contact.progress);
  }
  return call;
}

/** From where it was when the process died. */
function goOn(call: Call, { answeredAtMs, bridgedAtMs, agent, agentExtension }: CallProgress): void {
  call.answeredAtMs = answeredAtMs;
  call.bridgedAtMs = bridgedAtMs;
  call.agent = agent;
  if (agentExtension !== undefined) call.reserved = { agentExtension, agentId: agent ?? '', queueName: '' };
  call.stage = bridgedAtMs === undefined ? 'answered' : 'talking';
}
