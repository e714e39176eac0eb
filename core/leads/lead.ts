/** The lead record as clusters exchange it: 30 text fields in a fixed order (vicidial-ccc section 3.2). */
export const leadFields = [
  'status',
  'user',
  'vendor_lead_code',
  'source_id',
  'list_id',
  'gmt_offset_now',
  'phone_code',
  'phone_number',
  'title',
  'first_name',
  'middle_initial',
  'last_name',
  'address1',
  'address2',
  'address3',
  'city',
  'state',
  'province',
  'postal_code',
  'country_code',
  'gender',
  'date_of_birth',
  'alt_phone',
  'email',
  'security_phrase',
  'comments',
  'called_count',
  'last_local_call_time',
  'rank',
  'owner',
] as const;

export type LeadField = (typeof leadFields)[number];

/** All 30 fields as text, exactly as received or stored; NULL is the empty text. */
export type LeadText = Readonly<Record<LeadField, string>>;

/** A lead from its fields in order; missing ones are empty. */
export function leadFromFields(values: readonly string[]): LeadText {
  return Object.fromEntries(leadFields.map((field, i) => [field, values[i] ?? ''])) as LeadText;
}
