/** Settings of the faces that speak OpenSIPS's words. */
import { isIdentifier } from '../core/import/opensips-names.js';
import type { Reader } from './config.js';
import { networks } from './config.js';

export function opensipsConfig(read: Reader) {
  return {
    miAllow: networks(read, 'mi_allow'),
    miEventsAllow: networks(read, 'mi_events_allow'),
    /** '' = none */
    views: { calls: viewName(read, 'cc_calls_view'), cdrs: viewName(read, 'cc_cdrs_view') },
  };
}

function viewName(read: Reader, name: 'cc_calls_view' | 'cc_cdrs_view'): string {
  const given = read.text(name);
  if (given !== '' && !isIdentifier(given)) read.complain(name, `"${given}" is no name of a table`);
  return given;
}
