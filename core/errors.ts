/**
 * Every error a user can meet has one row here: stable code, HTTP status, what it means.
 * `docs/errors.md` lists the same rows; a test compares the two.
 */
export const errors = {
  TDM_BAD_SETTING: { status: 500, text: 'Setting %s: %s' },
  TDM_BAD_FILE: { status: 400, text: 'File %s: %s' },
  TDM_BAD_REQUEST: { status: 400, text: 'Request refused: %s' },
  TDM_BAD_NUMBER: { status: 400, text: 'Number "%s" may not be dialled: %s' },
  TDM_BAD_VALUE: { status: 400, text: 'Value for %s refused: %s' },
  TDM_UNAUTHENTICATED: { status: 401, text: 'Login needed: %s' },
  TDM_FORBIDDEN: { status: 403, text: 'User "%s" may not use "%s"' },
  TDM_CROSS_SITE: {
    status: 403,
    text: 'A browser session changes things only with the header X-Tandem-Request: 1 and from its own origin',
  },
  TDM_TOLL_CAP: { status: 403, text: 'Stopped by a cap against toll fraud: %s, %s' },
  TDM_NOT_FOUND: { status: 404, text: '%s "%s" is unknown' },
  TDM_DIALER_OFF: { status: 404, text: 'This Tandem runs no dialer: setting dialer' },
  TDM_CRM_OFF: { status: 404, text: 'This Tandem has no CRM connector: setting crm_file' },
  TDM_NUMBER_ACTIVE: { status: 406, text: 'A call to the number of contact "%s" is under way' },
  TDM_TOO_LARGE: { status: 413, text: 'Request is larger than %s bytes' },
  TDM_TOO_MANY: { status: 429, text: 'Too many requests: %s' },
  TDM_STORE_DOWN: { status: 503, text: 'Database does not answer: %s' },
  TDM_STORE_EMPTY: { status: 503, text: 'The tables of Tandem are missing or older than this release: run "tandem migrate"' },
  TDM_STORE_NEWER: { status: 500, text: 'The database was migrated by a newer Tandem (%s)' },
  TDM_STORE_CONFLICT: { status: 409, text: 'Row exists already: %s' },
  TDM_CONFLICT: { status: 409, text: 'Not possible now: %s' },
  TDM_KEY_REUSED: { status: 409, text: 'Idempotency-Key was used for another request' },
  TDM_KEY_RUNNING: { status: 409, text: 'The request with this Idempotency-Key is still being answered; ask again' },
  TDM_REFUSED: { status: 409, text: 'Refused: %s' },
  TDM_STANDBY: { status: 503, text: 'Another Tandem owns the queues: %s' },
  TDM_STOPPING: { status: 503, text: 'Tandem is stopping' },
  TDM_BUSY: { status: 503, text: 'Limit reached: %s' },
  TDM_REMOTE_SLOW: { status: 504, text: 'Cluster "%s" did not answer within %s ms' },
  TDM_REMOTE_FAILED: { status: 502, text: 'Cluster "%s": %s' },
  TDM_SWITCH_DOWN: { status: 503, text: 'Link to switch "%s" is down: %s' },
  TDM_SWITCH_SLOW: { status: 504, text: 'Switch "%s" did not answer "%s" within %s ms' },
  TDM_SWITCH_REFUSED: { status: 502, text: 'Switch refused "%s": %s' },
  TDM_CALL_GONE: { status: 410, text: 'The call has ended: %s' },
  TDM_PROTOCOL: { status: 502, text: 'Protocol error from %s: %s' },
  TDM_DEADLINE: { status: 504, text: 'No result within %s ms' },
  TDM_INTERNAL: { status: 500, text: 'Internal error' },
} as const;

export type ErrorCode = keyof typeof errors;

/** An expected failure of operation. A broken promise of our own code is an AssertionError instead. */
export class TandemError extends Error {
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, args: readonly (string | number)[] = [], options?: ErrorOptions) {
    let next = 0;
    super(
      errors[code].text.replace(/%s/g, () => String(args[next++] ?? '')),
      options,
    );
    this.name = 'TandemError';
    this.code = code;
    this.status = errors[code].status;
  }
}

/** True for a TandemError with one of these codes. */
export function hasCode(e: unknown, ...codes: readonly ErrorCode[]): e is TandemError {
  return e instanceof TandemError && codes.includes(e.code);
}
