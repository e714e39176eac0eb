/** The lookup's argument string, as VICIdial menus write it: `container---list id` (vicidial-ccc 4.1). */

export interface LookupArgument {
  /** undefined: none given, exit C */
  readonly containerId: string | undefined;
  /** local list for the new lead; undefined: keep the origin's */
  readonly listId: string | undefined;
}

const givenMin = 2; // shorter parts count as not given

const given = (text: string | undefined): string | undefined => (text !== undefined && text.length >= givenMin ? text : undefined);

/** `ccc_test---8199`; further fields are ignored. An argument shorter than 2 characters counts as none. */
export function parseLookupArgument(text: string): LookupArgument {
  if (text.length < givenMin) return { containerId: undefined, listId: undefined };
  const [container, list] = text.split('---');
  return { containerId: container === '' ? undefined : container, listId: given(list) };
}

/** A list id that fits the column (BIGINT UNSIGNED, and no surprise in JavaScript). */
export function isListId(text: string): boolean {
  return /^\d{2,15}$/.test(text);
}
