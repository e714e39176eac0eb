/** A call menu as it is provisioned and stored (vicidial-ccc section 5.1). Checked by `core/provisioning`. */

/** Where a menu option leads. */
export type MenuRoute =
  | { readonly kind: 'menu'; readonly menuId: string }
  | {
      readonly kind: 'queue';
      readonly queue: string;
      readonly callerIdPrefix?: string;
      readonly priority?: number;
      readonly maxWaitS?: number;
    }
  | { readonly kind: 'extension'; readonly context: string; readonly extension: string; readonly priority?: number }
  | { readonly kind: 'did'; readonly number: string }
  | { readonly kind: 'phone'; readonly extension: string }
  | { readonly kind: 'voicemail'; readonly mailbox: string; readonly instructions: boolean }
  /** another application of ours behind the same door, or a script of the switch */
  | { readonly kind: 'application'; readonly application: string; readonly argument: string }
  | { readonly kind: 'hangup'; readonly prompts: readonly string[] };

/** Weekly opening times in local minutes of the zone, with holidays that replace a day. */
export interface OpeningHours {
  readonly zone: string;
  /** per weekday, 0 = Sunday: spans `[fromMinute, toMinute)`, 0 to 1440; none = closed all day */
  readonly week: readonly (readonly { readonly from: number; readonly to: number }[])[];
  /** `YYYY-MM-DD` to the spans of that day; an empty list = closed */
  readonly holidays: Readonly<Record<string, readonly { readonly from: number; readonly to: number }[]>>;
}

export interface MenuDefinition {
  readonly id: string;
  readonly name: string;
  /** VICIdial prompt syntax, parts joined by `|` */
  readonly prompt: string;
  /** seconds of waiting for a key after the prompts; 0 = do not wait */
  readonly timeoutS: number;
  /** how often prompts and waiting are repeated after the first time */
  readonly repeats: number;
  readonly timeoutPrompt: string;
  readonly invalidPrompt: string;
  /** key `0`-`9`, `*`, `#`, letters `A`-`Z` (results of the lookup), `TIMEOUT`, `INVALID`, `CLOSED` */
  readonly options: Readonly<Record<string, { readonly description: string; readonly route: MenuRoute }>>;
  readonly hours: OpeningHours | undefined;
  /** write each key to the log */
  readonly logKeys: boolean;
}
