/** Addresses for logs: whatever was a password is `***` (API-5, W-5). */
import { decodeFormText } from './parameters.js';

/** Longer addresses are cut in logs. */
export const loggedUrlLengthMax = 2_000;

const secretName = /pass|pwd|secret|token|sign/i;

function redactPair(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals < 0) return pair;
  // `p%61ss=` is a password too, and so is `pass[]=`.
  return secretName.test(decodeFormText(pair.slice(0, equals))) ? `${pair.slice(0, equals)}=***` : pair;
}

/** A query string or urlencoded body with the values of secret parameters replaced. */
export function redactQuery(text: string): string {
  return /[pst%]/i.test(text) ? text.split('&').map(redactPair).join('&') : text;
}

/**
 * The address that goes to vicidial_api_urls: page, query, and for POST the form after
 * `&GET-AND-POST=Y&`; without a query the form stands in its place too, as the reference writes it.
 */
export function loggedUrl(page: string, query: string, form: string | undefined): string {
  const formText = form === undefined ? '' : redactQuery(form);
  const queryText = query === '' ? formText : redactQuery(query);
  const posted = form === undefined ? '' : `&GET-AND-POST=Y&${formText}`;
  return `${page}?${queryText}${posted}`.slice(0, loggedUrlLengthMax);
}
