/** Addresses for logs: whatever was a password is `***` (API-5, W-5). */
import { decodeFormText, type Fields } from './parameters.js';

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

/** Form fields as the reference logs them, decoded: `a=1&b=2`. Redacted by field: a password may hold `&`. */
function redactForm(form: Fields): string {
  return [...form].map(([name, value]) => `${name}=${secretName.test(name) ? '***' : (value ?? 'Array')}`).join('&');
}

/**
 * The address that goes to vicidial_api_urls: page, query, and for POST the form after
 * `&GET-AND-POST=Y&`; without a query the form stands in its place too, as the reference writes it.
 */
export function loggedUrl(page: string, query: string, form: Fields | undefined): string {
  if (form === undefined) return `${page}?${redactQuery(query)}`.slice(0, loggedUrlLengthMax);
  const formText = redactForm(form);
  return `${page}?${query === '' ? formText : redactQuery(query)}&GET-AND-POST=Y&${formText}`.slice(0, loggedUrlLengthMax);
}
