/** One binding with all that serves it: how it is told, who is responsible, what was stored. */
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import { responsibleOf } from '../../core/crm/customer-reply.js';
import type { CrmMessage, CrmStore, ResponsibleSource } from '../../core/crm-ports.js';
import type { CallApplication } from '../../core/call.js';
import type { Log, Meter } from '../../core/ports.js';
import { createCrmDelivery } from '../../core/services/crm-delivery.js';
import type { CrmDelivery } from '../../core/services/crm-delivery.js';
import { createResponsible } from '../../core/services/responsible.js';
import type { ResponsibleFinder } from '../../core/services/responsible.js';
import { createResponsibleApplication } from '../../core/services/responsible-application.js';
import { openVtigerLookup } from '../../sql/vtiger.js';
import type { Timers } from '../timers.js';
import { createCrmPost, type CrmPost } from './post.js';
import { salesSource, webServiceSource } from './responsible-sources.js';
import { createTeller } from './teller.js';
import { gravitelSource } from './teller-gravitel.js';
import type { BindingTeller } from './teller-parts.js';
import { webhookSource } from './teller-webhook.js';
import { createWebService, createWebSession, type WebService } from './web-service.js';

export interface PartsDeps {
  readonly store: CrmStore;
  /** calls that go on now */
  readonly liveCalls: () => readonly string[];
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface BindingParts {
  readonly binding: CrmBinding;
  /** undefined: this dialect is told of nothing */
  readonly teller: BindingTeller | undefined;
  readonly delivery: CrmDelivery | undefined;
  /** undefined: nobody can be asked */
  readonly finder: ResponsibleFinder | undefined;
  close(): Promise<void>;
}

export function openBinding(binding: CrmBinding, deps: PartsDeps): BindingParts {
  const { timers, log, meter } = deps;
  const nowMs = (): number => timers.nowMs();
  const after = (ms: number, run: () => void): (() => void) => timers.after(ms, run);
  const post = createCrmPost({ connectMsMax: binding.connect_ms_max, requestMsMax: binding.request_ms_max, caFile: binding.ca_file });
  const quick = createCrmPost({
    connectMsMax: binding.responsible_ms_max,
    requestMsMax: binding.responsible_ms_max,
    caFile: binding.ca_file,
  });
  // one login for both; it is given the time that rows have, and whoever is in a hurry does not wait for it
  const session = binding.ws && createWebSession(binding, post);
  const service = session && createWebService(binding, quick, nowMs, session);
  const rowService = session && createWebService(binding, post, nowMs, session);
  const lookup =
    binding.sql &&
    openVtigerLookup(binding.sql.url, {
      suffixScan: binding.sql.suffix_scan,
      countryCodes: binding.sql.country_codes,
      msMax: binding.responsible_ms_max,
      nowMs,
    });
  const source = sourceOf(binding, { quick, nowMs }) ?? lookup ?? (service && webServiceSource(service));
  const finder = source && createResponsible({ source, nowMs, after }, { msMax: binding.responsible_ms_max });
  const teller = createTeller(binding, {
    post,
    service: rowService,
    nowMs,
    // asked when the call began, so that it is known when nobody has taken it
    ownerOf: (number) => finder?.known(number)?.extension,
    expectOwner: (number) => void finder?.find(number),
    learn: (number, reply) =>
      finder?.learn(
        number,
        responsibleOf(reply, (extension) => channelOfExtension(binding, extension) !== undefined),
      ),
    log,
    meter,
  });
  const delivery =
    teller &&
    createCrmDelivery(
      {
        binding: binding.name,
        store: deps.store,
        send: (message) => teller.send(message),
        verify: (message) => verified(rowService, message),
        isRepeatable: (message) => teller.isRepeatable(message),
        makesRow: (message) => teller.makesRow(message),
        liveCalls: deps.liveCalls,
        nowMs,
        after,
        random: Math.random,
        log,
        meter,
      },
      { inFlightMax: binding.in_flight_max, accept5xx: binding.accept_5xx },
    );
  return {
    binding,
    teller,
    delivery,
    finder,
    async close() {
      await delivery?.stop();
      await lookup?.close();
    },
  };
}

/** Of dialects whose CRM is asked by a way of its own. */
function sourceOf(
  binding: CrmBinding,
  { quick, nowMs }: { readonly quick: CrmPost; readonly nowMs: () => number },
): ResponsibleSource | undefined {
  switch (binding.dialect) {
    case 'vtiger-sp':
      return salesSource(binding, quick);
    case 'webhook':
      return webhookSource(binding, quick, nowMs);
    case 'gravitel':
      return gravitelSource(binding, quick);
    default:
      return undefined;
  }
}

/** 9.4: the row of a call that was started; other messages repeat without harm. */
async function verified(service: WebService | undefined, { event, callId }: CrmMessage): Promise<boolean | undefined> {
  if (!service || event !== 'StartApp' || !/^[A-Za-z0-9._-]{1,100}$/.test(callId)) return undefined;
  try {
    return (await service.query(`select id from PBXManager where sourceuuid='${callId}';`)).length > 0;
  } catch {
    return undefined;
  }
}

export function responsibleApplication(parts: readonly BindingParts[], log: Log): CallApplication {
  const finders = new Map(parts.flatMap(({ binding, finder }) => (finder ? [[binding.name, finder] as const] : [])));
  const bindings = new Map(parts.map(({ binding }) => [binding.name, binding]));
  return createResponsibleApplication({
    finders,
    channelOf: (name, extension) => {
      const binding = bindings.get(name);
      return binding && channelOfExtension(binding, extension);
    },
    log,
  });
}
