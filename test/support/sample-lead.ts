import { leadFields } from '../../core/leads/lead.js';
import type { LeadText } from '../../core/leads/lead.js';
import type { HandoverRecord } from '../../core/ports.js';
import { startMs } from './stores.js';

/** A lead as an origin sends it; every field has a value of its own. */
export const sampleLead: LeadText = {
  status: 'TD',
  user: '6667',
  vendor_lead_code: '554443',
  source_id: 'SRC9',
  list_id: '8199',
  gmt_offset_now: '-4.00',
  phone_code: '1',
  phone_number: '9998887112',
  title: 'Mr',
  first_name: 'Billy',
  middle_initial: 'U',
  last_name: 'Reilly',
  address1: '12 Main St',
  address2: 'Apt 3',
  address3: 'Bldg C',
  city: 'Largo',
  state: 'FL',
  province: 'Gulf',
  postal_code: '33777',
  country_code: 'USA',
  gender: 'M',
  date_of_birth: '1980-02-29',
  alt_phone: '9998887113',
  email: 'billy@test.example',
  security_phrase: 'blue',
  comments: 'call after lunch',
  called_count: '7',
  last_local_call_time: '2026-11-20 14:53:27',
  rank: '3',
  owner: '4646',
};

export const emptyLead = Object.fromEntries(leadFields.map((field) => [field, ''])) as LeadText;

export const sampleHandover: HandoverRecord = {
  peerId: 'alpha',
  containerId: 'ccc_test',
  remoteCode: 'V1211903090005000001',
  remoteLeadId: 5_000_001,
  uniqueId: '1795305789.17',
  channel: 'IAX2/alpha-1234',
  serverIp: '10.0.0.5',
  lead: sampleLead,
  entryListId: '501',
  atMs: startMs,
};

/** A code like CODE-3 makes them, of a fixed second. */
export const codeFor = (leadId: number): string => `Y121190309${String(leadId).padStart(10, '0')}`;
export const windowMs = 36_000_000;
