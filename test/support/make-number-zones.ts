/**
 * Makes the two data files of `core/dialer/compliance/` from a checkout of libphonenumber (its resources are Apache-2.0):
 * `npx tsx test/support/make-number-zones.ts <folder with map_data.txt and 1.txt>`, the files `resources/timezones/map_data.txt`
 * and `resources/geocoding/en/1.txt`. Look at the difference before it is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Area codes laid over others (numbering plan): they have the others' zones. The map knows some of them wrongly, e.g. 689 (Orlando). */
const overlays: Readonly<Record<string, readonly string[]>> = {
  236: ['250', '604'],
  257: ['250', '604'],
  364: ['270'],
  367: ['418'],
  448: ['850'],
  458: ['541'],
  474: ['306'],
  581: ['418'],
  672: ['250', '604'],
  689: ['407'],
  778: ['250', '604'],
  879: ['709'],
  930: ['812'],
  986: ['208'],
};
/** Area codes whose places the map names only more closely. */
const regionsBesides: Readonly<Record<string, string>> = { 203: 'US-CT', 310: 'US-CA', 713: 'US-TX', 718: 'US-NY', 905: 'CA-ON' };

const folder = process.argv[2] ?? '.';
const rowsOf = (file: string): [string, string][] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => /^\d+\|/.test(line))
    .map((line) => [line.slice(0, line.indexOf('|')), line.slice(line.indexOf('|') + 1)]);

const stateNames = `Alabama AL,Alaska AK,Arizona AZ,Arkansas AR,California CA,Colorado CO,Connecticut CT,Delaware DE,Florida FL,Georgia GA,Hawaii HI,
Idaho ID,Illinois IL,Indiana IN,Iowa IA,Kansas KS,Kentucky KY,Louisiana LA,Maine ME,Maryland MD,Massachusetts MA,Michigan MI,Minnesota MN,
Mississippi MS,Missouri MO,Montana MT,Nebraska NE,Nevada NV,New Hampshire NH,New Jersey NJ,New Mexico NM,New York NY,North Carolina NC,
North Dakota ND,Ohio OH,Oklahoma OK,Oregon OR,Pennsylvania PA,Rhode Island RI,South Carolina SC,South Dakota SD,Tennessee TN,Texas TX,Utah UT,
Vermont VT,Virginia VA,Washington State WA,Washington D.C. DC,West Virginia WV,Wisconsin WI,Wyoming WY`;
const provinceNames = `Ontario ON,Quebec QC,British Columbia BC,British Colombia BC,Alberta AB,Saskatchewan SK,Manitoba MB,
Newfoundland and Labrador NL,New Brunswick NB`;
const codes = (text: string, country: string): [string, string][] =>
  text.split(',').map((entry) => {
    const words = entry.trim().split(' ');
    return [words.slice(0, -1).join(' '), `${country}-${words.at(-1) ?? ''}`];
  });
const regionCodes = new Map([...codes(stateNames, 'US'), ...codes(provinceNames, 'CA')]);
const canadian = new Set(['ON', 'QC', 'BC', 'AB', 'SK', 'MB', 'NL', 'NB', 'NS', 'PE']);

/** Region of what the map of places says: a state's name, or `City, ST`. */
function regionOf(place: string, country: string | undefined): string | undefined {
  const known = regionCodes.get(place);
  if (known !== undefined) return known;
  const short = /, ([A-Z]{2})$/.exec(place)?.[1];
  return short === undefined ? country : `${canadian.has(short) ? 'CA' : 'US'}-${short}`;
}

const zoneRows = rowsOf('map_data.txt');
const areaZones = new Map<string, Set<string>>();
for (const [prefix, zones] of zoneRows)
  if (prefix.length >= 4 && prefix.startsWith('1')) {
    const area = prefix.slice(1, 4);
    const set = areaZones.get(area) ?? new Set<string>();
    for (const zone of zones.split('&')) set.add(zone);
    areaZones.set(area, set);
  }
for (const [area, over] of Object.entries(overlays)) areaZones.set(area, new Set(over.flatMap((old) => [...(areaZones.get(old) ?? [])])));

const countryOf = (area: string): string | undefined => {
  for (const line of ['2345678', '3456789', '2002345'])
    for (const number of [`+1${area}${line}`]) {
      const country = parsePhoneNumberFromString(number)?.country;
      if (country !== undefined) return country;
    }
  return undefined;
};
const places = new Map(
  rowsOf('1.txt')
    .filter(([prefix]) => prefix.length === 4)
    .map(([prefix, place]) => [prefix.slice(1), place]),
);
const regions = new Map<string, string>();
for (const area of new Set([...areaZones.keys(), ...places.keys()])) {
  const region = regionsBesides[area] ?? regionOf(places.get(area) ?? '', countryOf(area));
  if (region !== undefined) regions.set(area, region);
}
// an area code of a known region without zones of its own may be in all of the region's
for (const [area, region] of regions)
  if (!areaZones.has(area)) {
    const others = [...regions].filter(([other, its]) => other !== area && its === region);
    const union = new Set(others.flatMap(([other]) => [...(areaZones.get(other) ?? [])]));
    if (union.size > 0) areaZones.set(area, union);
  }

function grouped(entries: Iterable<readonly [string, string]>): string {
  const groups = new Map<string, string[]>();
  for (const [prefix, key] of entries) groups.set(key, [...(groups.get(key) ?? []), prefix]);
  const words = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, prefixes]) => [key, ...prefixes.sort()]);
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length < 138) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

const notice = (what: string): string => `/**
 * ${what}
 *
 * Made by test/support/make-number-zones.ts from the resources of libphonenumber, copyright The Libphonenumber Authors,
 * Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0); grouped, and changed as that file says.
 */
`;
const target = join(import.meta.dirname, '../../core/dialer/compliance');
writeFileSync(
  join(target, 'area-codes-data.ts'),
  `${notice('Area codes of the North American plan: `region zone&zone ...`, then the codes in it.')}export const areaCodesText = \`\n${grouped(
    [...areaZones].map(([area, zones]) => [area, `${regions.get(area) ?? '-'}|${[...zones].sort().join('&')}`] as const),
  )}\n\`;\n`,
);
writeFileSync(
  join(target, 'number-zones-data.ts'),
  `${notice('Time zones by prefix outside the North American plan: `zone&zone ...`, then the prefixes in them.')}export const numberZonesText = \`\n${grouped(
    zoneRows.filter(([prefix]) => !prefix.startsWith('1')),
  )}\n\`;\n`,
);
