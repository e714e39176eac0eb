/** All checkers of a day; each keeps its own memory, so a day needs new ones. */
import type { Checker } from '../checker.js';
import { Shadow } from '../shadow.js';
import { createAdmissionChecker } from './admission.js';
import { createAnnouncementChecker } from './announcements.js';
import { createCallbackChecker } from './callbacks.js';
import { createCancelChecker } from './cancelled.js';
import { createExitChecker } from './exits.js';
import { createFactChecker } from './facts.js';
import { createFigureChecker } from './figures.js';
import { createFitChecker } from './fit.js';
import { createListChecker } from './lists.js';
import { createOneCallChecker } from './one-call.js';
import { createOrderChecker } from './order.js';
import { createPickUpChecker } from './pick-up.js';
import { createRefusalChecker } from './refusals.js';
import { createReservationChecker } from './reservations.js';
import { createRestChecker } from './rests.js';
import { createRestartChecker } from './restart.js';
import { createSegmentChecker } from './segments.js';
import { createStarvationChecker } from './starvation.js';
import { createStateChecker } from './state.js';
import { createStrategyChecker } from './strategy.js';
import { createWaitChecker } from './waits.js';
import { createWrapUpChecker } from './wrap-up.js';

export function createCheckers(): readonly Checker[] {
  const shadow = new Shadow();
  return [
    createStateChecker(),
    createExitChecker(),
    createOneCallChecker(),
    createCancelChecker(),
    createOrderChecker(),
    createStarvationChecker(),
    createStrategyChecker(shadow),
    createFitChecker(),
    createRestChecker(shadow),
    createWrapUpChecker(),
    createSegmentChecker(),
    createRestartChecker(),
    createAnnouncementChecker(),
    createWaitChecker(),
    createRefusalChecker(),
    createCallbackChecker(),
    createFigureChecker(shadow),
    createAdmissionChecker(),
    createListChecker(),
    createFactChecker(shadow),
    createPickUpChecker(shadow),
    createReservationChecker(),
    shadow,
  ];
}
