/** Where a contact may live: zones and region (dialer.md B4, "time zone of a contact"). */
import { isZone } from '../../time.js';
import type { Campaign } from '../campaign.js';
import type { NewContact } from '../contact.js';
import { areaCodesText } from './area-codes-data.js';
import { numberZonesText } from './number-zones-data.js';
import { numberFactsOf } from './numbers.js';
import type { NumberFacts } from './numbers.js';

export interface Place {
  /** a window must be open in all of them; empty: nobody knows */
  readonly zones: readonly string[];
  /** ISO 3166-2 (`US-FL`), or a country (`BS`) where the region is not known */
  readonly region: string | undefined;
  readonly source: 'given' | 'region' | 'prefix' | 'country' | 'campaign' | 'none';
}

interface Area {
  readonly region: string | undefined;
  readonly zones: readonly string[];
}

/** `key code code key code ...` */
function* groups(text: string): Generator<readonly [key: string, code: string]> {
  let key = '';
  for (const word of text.trim().split(/\s+/)) {
    if (/^\d+$/.test(word)) yield [key, word];
    else key = word;
  }
}

const zoneLists = new Map<string, readonly string[]>();
/** One list for each combination, so that windows can be kept by list. */
function zoneList(text: string): readonly string[] {
  let list = zoneLists.get(text);
  if (!list) zoneLists.set(text, (list = text.split('&')));
  return list;
}

const areas = new Map<string, Area>();
const regionZones = new Map<string, readonly string[]>();
for (const [key, code] of groups(areaCodesText)) {
  const [region = '-', zones = ''] = key.split('|');
  areas.set(code, { region: region === '-' ? undefined : region, zones: zoneList(zones) });
  const known = regionZones.get(region) ?? [];
  if (region !== '-') regionZones.set(region, zoneList([...new Set([...known, ...zones.split('&')])].sort().join('&')));
}

const ownZones = new Map([...groups(numberZonesText)].map(([zones, prefix]) => [prefix, zones.split('&')]));
const prefixLengthMax = Math.max(...[...ownZones.keys()].map((prefix) => prefix.length));

/**
 * A prefix has also the zones of the longer ones below it: the map gives Queensland's 617 the zone of Sydney and lists
 * Brisbane's exchanges, as far as it knows them. Who is not listed may live in either.
 */
const unions = new Map([...ownZones].map(([prefix, zones]) => [prefix, new Set(zones)]));
for (const [prefix, zones] of ownZones)
  for (let length = 1; length < prefix.length; length++) for (const zone of zones) unions.get(prefix.slice(0, length))?.add(zone);
const prefixes = new Map([...unions].map(([prefix, zones]) => [prefix, zoneList([...zones].sort().join('&'))]));

const countries = new Map<string, readonly string[]>();

/** All zones of a country as the runtime knows them (ICU); empty: no such country. */
export function zonesOfCountry(country: string): readonly string[] {
  if (!/^[A-Z]{2}$/.test(country)) return [];
  let zones = countries.get(country);
  if (!zones) {
    // the older name is a property, the newer a method
    const locale = new Intl.Locale(`und-${country}`) as { readonly timeZones?: string[]; getTimeZones?(): string[] | undefined };
    const found = locale.getTimeZones?.() ?? locale.timeZones ?? [];
    countries.set(country, (zones = zoneList([...found].sort().join('&')).filter(isZone)));
  }
  return zones;
}

/** All zones of a region, as far as its area codes tell, or of the country it lies in. */
export function zonesOfRegion(region: string): readonly string[] {
  return regionZones.get(region) ?? zonesOfCountry(region.slice(0, 2));
}

/** Calling codes whose mobile numbers have area codes (libphonenumber: Mexico, Argentina, Brazil, Indonesia). */
const mobileWithPlace = ['52', '54', '55', '62'];
const isMobileWithoutPlace = ({ line, callingCode = '' }: NumberFacts): boolean =>
  line === 'mobile' && !mobileWithPlace.includes(callingCode);
const callingCodeLength = ({ callingCode = '' }: NumberFacts): number => callingCode.length;

const nowhere: Place = { zones: [], region: undefined, source: 'none' };

/** By E.164 digits: area code, longest prefix, or all zones of the number's country. */
export function placeOfNumber(numberKey: string): Place {
  if (/^1\d{10}$/.test(numberKey)) {
    const area = areas.get(numberKey.slice(1, 4));
    if (area) return { zones: area.zones, region: area.region, source: 'prefix' };
  }
  const facts = numberFactsOf(`+${numberKey}`, '');
  if (!facts.isE164) return nowhere;
  if (!numberKey.startsWith('1'))
    // a mobile number says nothing of the place: only the calling code counts
    for (let length = isMobileWithoutPlace(facts) ? callingCodeLength(facts) : prefixLengthMax; length > 0; length--) {
      const zones = prefixes.get(numberKey.slice(0, length));
      if (!zones) continue;
      // a calling code that several countries share (7, 44): those of the number's own country
      const own = facts.country === undefined || zones.length === 1 ? [] : zonesOfCountry(facts.country);
      const both = zones.filter((zone) => own.includes(zone));
      return { zones: both.length > 0 ? both : zones, region: facts.country, source: 'prefix' };
    }
  const zones = facts.country === undefined ? [] : zonesOfCountry(facts.country);
  return zones.length > 0 ? { zones, region: facts.country, source: 'country' } : nowhere;
}

const placesOfNumbers = new Map<string, Place>();
const placesMax = 50_000;

/** `placeOfNumber`, kept by prefix: eight digits decide all but the country of a few calling codes. */
function keptPlaceOfNumber(numberKey: string): Place {
  const known = placesOfNumbers.get(numberKey);
  if (known) return known;
  if (placesOfNumbers.size >= placesMax) placesOfNumbers.clear();
  const place = placeOfNumber(numberKey);
  placesOfNumbers.set(numberKey, place);
  return place;
}

/**
 * `numberKey`: of the number that is dialled. `contact.zones` and `contact.region` are what was given with it: they go
 * before what the number says, which goes before the campaign. Nothing known: all zones of the campaign's country, else its zone.
 */
export function placeOf(
  contact: Pick<NewContact, 'zones' | 'region'>,
  numberKey: string,
  campaign: Pick<Campaign, 'country' | 'timeZone'>,
): Place {
  if (contact.zones.length > 0) {
    const region = contact.region ?? keptPlaceOfNumber(numberKey).region;
    return { zones: contact.zones, region, source: 'given' };
  }
  if (contact.region !== undefined) {
    const zones = zonesOfRegion(contact.region);
    if (zones.length > 0) return { zones, region: contact.region, source: 'region' };
  }
  const byNumber = keptPlaceOfNumber(numberKey);
  if (byNumber.zones.length > 0) return { ...byNumber, region: contact.region ?? byNumber.region };
  if (campaign.timeZone !== '') return { zones: zoneList(campaign.timeZone), region: contact.region, source: 'campaign' };
  const zones = zonesOfCountry(campaign.country);
  return zones.length > 0 ? { zones, region: contact.region, source: 'country' } : nowhere;
}
