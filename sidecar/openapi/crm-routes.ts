/** The CRM connector. */
import { z } from 'zod';
import {
  callsQuery,
  changedLettersAnswer,
  crmBindingAnswer,
  crmCallAnswer,
  crmLetterAnswer,
  deadLettersQuery,
  lettersBody,
} from '../routes/crm.js';
import { openPageOf, routes, type RouteDoc } from './route-doc.js';

const binding = crmBindingAnswer.meta({ id: 'CrmBinding' });
const letter = crmLetterAnswer.meta({ id: 'CrmLetter' });
const call = crmCallAnswer.meta({ id: 'CrmCall' });

export const crmRoutes: readonly RouteDoc[] = routes('crm', 'admin', [
  {
    method: 'get',
    path: '/crm/bindings',
    summary: 'CRMs, how they are reached, and what waits for them',
    answer: z.object({ items: z.array(binding) }),
  },
  {
    method: 'post',
    path: '/crm/bindings/{binding}/resume',
    summary: 'A binding that waits is asked again at once: after a wrong key, after 410',
    answer: binding,
  },
  {
    method: 'get',
    path: '/crm/bindings/{binding}/dead-letters',
    summary: 'Messages that were given up, by id',
    query: deadLettersQuery,
    answer: openPageOf(letter),
  },
  {
    method: 'post',
    path: '/crm/bindings/{binding}/dead-letters/replay',
    summary: 'Send dead letters again: some, those of a call, or all; to vTiger with what followed them in their calls',
    body: lettersBody,
    answer: changedLettersAnswer,
  },
  {
    method: 'post',
    path: '/crm/bindings/{binding}/dead-letters/drop',
    summary: 'Dead letters that nobody wants to send any more',
    body: lettersBody,
    answer: changedLettersAnswer,
  },
  {
    method: 'get',
    path: '/crm/calls',
    summary: 'Calls of the journal, newest first',
    query: callsQuery,
    answer: openPageOf(call),
  },
  {
    method: 'get',
    path: '/crm/calls/{call}',
    summary: 'One call as the journal has it, and what each CRM was told of it',
    answer: z.object({ call: z.looseObject({}), messages: z.array(letter) }),
  },
]);
