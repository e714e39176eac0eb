/** Why a switch did not do what a CRM ordered, in the words of X-Tandem-Error (crm-vtiger 3.1). */
import type { CrmAnswer } from '../../core/crm-ports.js';
import { hasCode, TandemError } from '../../core/errors.js';
import { isOutcomeUnknown } from '../esl.js';

const codes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  TDM_SWITCH_DOWN: ['switch-down', 503],
  TDM_SWITCH_SLOW: ['switch-slow', 504],
  TDM_SWITCH_REFUSED: ['refused', 409],
  TDM_BAD_VALUE: ['bad-value', 400],
  TDM_BUSY: ['switch-busy', 503],
};

/** `isOnItsWay`: the link was up when the order was given, so that one which is down now may have carried it. */
export function refusal(error: unknown, isOnItsWay = false): CrmAnswer {
  const [code, status] = (error instanceof TandemError ? codes[error.code] : undefined) ?? ['internal', 500];
  const isUnsure = isOutcomeUnknown(error) || hasCode(error, 'TDM_SWITCH_SLOW') || (isOnItsWay && hasCode(error, 'TDM_SWITCH_DOWN'));
  return { ok: false, code, status, ...(isUnsure && { isUnsure }) };
}
