/** The bed of a suite of faults: started before it, emptied after a test that failed, stopped behind it. */
import { requireTestbed } from '../testbed/cache.js';
import { startFaultBed, type FaultBed } from './queue-faults-bed.js';
import { cleanUp } from './queue-faults-scene.js';

/** To be called in a `describe`; `take` gets the bed before the first test. */
export function useFaultBed(take: (bed: FaultBed) => void): void {
  let bed: FaultBed | undefined;

  before(async function () {
    await requireTestbed(this, 'asterisk', 'mariadb');
    bed = await startFaultBed();
    await bed.startTandem();
    take(bed);
  });
  after(() => bed?.stop());
  afterEach(async function () {
    if (bed && this.currentTest?.state === 'failed') await cleanUp(bed);
  });
}
