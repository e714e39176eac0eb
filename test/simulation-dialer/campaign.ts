/** One campaign in a simulated day: its list, its pacer, its calls and what became of them. */
import type { Contact, Contacts } from './contacts.js';
import type { DayPacer } from './day.js';

export interface SimCall {
  readonly id: number;
  state: 'ringing' | 'waiting';
  readonly placedAt: number;
  answeredAt: number | null;
  readonly bucket: number;
  readonly contact: Contact;
  readonly endsAt: number;
  readonly isAnswered: boolean;
  readonly isPerson: boolean;
}

export interface Campaign {
  readonly index: number;
  readonly contacts: Contacts;
  readonly pacer: DayPacer;
  readonly calls: Map<number, SimCall>;
  readonly totals: { placed: number; answered: number; connected: number; abandoned: number; failed: number };
  /** persons only */
  readonly persons: { connected: number; abandoned: number; abandonedEarly: number; answeredEarly: number };
}
