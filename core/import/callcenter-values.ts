/** How mod_callcenter reads values of its XML (freeswitch-callcenter 2), and where they are refused. */

const secondsMax = 86_400;

/** `true`, `yes`, `on`, `enabled`, `active`, `allow` or a number that is not 0; everything else is false. */
export function xmlBoolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  return ['true', 'yes', 'on', 'enabled', 'active', 'allow', 't'].includes(word) || (/^\d+$/.test(word) && Number(word) !== 0);
}

/** A number from 0 to 86,400; undefined for anything else. */
export function xmlNumber(text: string): number | undefined {
  const value = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : NaN;
  return value >= 0 && value <= secondsMax ? value : undefined;
}
