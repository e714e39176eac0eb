/** The fields of a list's row beside number and id: each read strictly, each with a default of the load. */
import type { NewContact } from './contact.js';
import type { ListField } from './list-columns.js';
import { countryOf, isWrong, priorityOf, regionOf, timeOf, truthOf, wordOf, zoneOf, type ListProblem, type Wrong } from './list-values.js';
import { regionOfPostalCode } from './postal-regions.js';
import type { RowOptions } from './list-rows.js';

type Read = Pick<
  NewContact,
  | 'gatewayId'
  | 'startTimeMs'
  | 'endTimeMs'
  | 'priority'
  | 'ivr'
  | 'routingMode'
  | 'resourceId'
  | 'queueName'
  | 'tenantId'
  | 'zones'
  | 'region'
  | 'consentUntilMs'
  | 'answeredBefore'
>;

export type ReadFields = Read | { readonly field: ListField; readonly code: ListProblem };

type Texts = Partial<Readonly<Record<ListField, string>>>;

/** A2, validation. */
const id = /^[A-Za-z0-9_.:@-]+$/;
const word = /^[A-Za-z0-9_.*# @-]+$/;
const idCharsMax = 40;
const wordCharsMax = 20;
const idWord = (text: string): string | Wrong => wordOf(text, idCharsMax, id);
const placeWord = (text: string): string | Wrong => wordOf(text, wordCharsMax, word);
const noZones: readonly string[] = [];

export function createFieldReaders(options: Pick<RowOptions, 'number' | 'timeZone' | 'priority' | 'startTimeMs' | 'endTimeMs'>) {
  const country = (text: string | undefined): string | Wrong => (text === undefined ? options.number.country : countryOf(text));

  return {
    /** of the row's numbers in national form */
    country,
    read: (texts: Texts): ReadFields => {
      const reading = new Reading(texts);
      const zone = reading.take('time_zone', zoneOf);
      const timeZone = zone ?? options.timeZone;
      const land = reading.take('country', countryOf) ?? options.number.country;
      const startTimeMs = reading.take('start_time', (text) => timeOf(text, timeZone, 'start')) ?? options.startTimeMs;
      const endTimeMs = reading.take('end_time', (text) => timeOf(text, timeZone, 'end')) ?? options.endTimeMs;
      if (startTimeMs !== undefined && endTimeMs !== undefined && endTimeMs <= startTimeMs)
        return { field: 'end_time', code: 'time-order' };
      const isConsented = reading.take('consent', (text) => consentOf(text, timeZone));
      const consentUntilMs = reading.take('consent_until', (text) => timeOf(text, timeZone, 'end'));
      const agent = reading.take('agent', idWord);
      const queueName = reading.take('queue_name', placeWord);
      const read: Read = {
        gatewayId: reading.take('gateway_id', idWord) ?? '',
        startTimeMs,
        endTimeMs,
        priority: reading.take('priority', priorityOf) ?? options.priority,
        ivr: reading.take('ivr', placeWord),
        routingMode: agent === undefined ? (queueName === undefined ? undefined : 'QUEUE') : 'AGENT',
        resourceId: agent,
        queueName,
        tenantId: reading.take('tenant_id', idWord),
        zones: zone === undefined ? noZones : [zone],
        region: reading.take('region', (text) => regionOf(text, land)) ?? regionOfCode(texts.postal_code, land),
        consentUntilMs: consentFrom(isConsented, consentUntilMs),
        answeredBefore: reading.take('answered_before', truthOf) ?? false,
      };
      return reading.problem ?? read;
    },
  };
}

const regionOfCode = (code: string | undefined, country: string): string | undefined =>
  code === undefined ? undefined : regionOfPostalCode(code, country);

/** Yes, no, or until when. */
function consentOf(text: string, timeZone: string): number | Wrong {
  const said = truthOf(text);
  if (!isWrong(said)) return said ? Infinity : -Infinity;
  const until = timeOf(text, timeZone, 'end');
  return isWrong(until) ? said : until;
}

/** A no stays a no whatever stands beside it; an end alone is a consent until then. */
function consentFrom(consent: number | undefined, until: number | undefined): number | undefined {
  if (consent === -Infinity) return undefined;
  return until === undefined ? consent : Math.min(until, consent ?? Infinity);
}

/** Reads fields one after the other and remembers the first problem. A class: a list makes a million of them. */
class Reading {
  problem: { readonly field: ListField; readonly code: ListProblem } | undefined;
  private readonly texts: Texts;

  constructor(texts: Texts) {
    this.texts = texts;
  }

  take<T>(field: ListField, read: (text: string) => T | Wrong): T | undefined {
    const text = this.texts[field];
    if (text === undefined) return undefined;
    const value = read(text);
    if (!isWrong(value)) return value;
    this.problem ??= { field, code: value.wrong };
    return undefined;
  }
}
