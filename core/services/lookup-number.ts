/** Caller-ID numbers that are safe to set (AGI-9). */

/** A lead's number for the caller id: digits, plus, star and hash of it; '' when nothing is left. */
export function numberOfLead(phoneNumber: string): string {
  return phoneNumber.replace(/[^0-9+*#]/g, '').slice(0, 40);
}

/** The number that the call came with, without what could end or open a caller-id field. */
export function cleanCallerNumber(number: string): string {
  return number.replace(/[^A-Za-z0-9+*#._@-]/g, '').slice(0, 80);
}
