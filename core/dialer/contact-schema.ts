/** Contacts as the intake gets them (dialer.md A2, A5): the flat shape, and the CIM message. */
import type { Contact, NewContact } from './contact.js';

export interface IntakeProblem {
  /** stable: MISSING, TYPE, LENGTH, CHARACTERS, RANGE, UNKNOWN_WORD, TIME, ORDER, SHAPE */
  readonly code: string;
  /** name of A2: `customer_number` */
  readonly field: string;
  readonly message: string;
}

export type ReadContact =
  | { readonly ok: true; readonly contact: NewContact }
  | { readonly ok: false; readonly id: string | undefined; readonly problems: readonly IntakeProblem[] };

/** `country`: of the campaign, for numbers in national form. */
export function readContact(_value: unknown, _options: { readonly country: string }): ReadContact {
  throw new Error('readContact is being built');
}

/** The same content: repeating an intake is a duplicate, other content under the same id a conflict (A5). */
export function sameContent(_stored: Contact | NewContact, _given: NewContact): boolean {
  throw new Error('sameContent is being built');
}
