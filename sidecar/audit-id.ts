/** Ids of audit rows: grow with time, and within a millisecond of this process. */
export function createAuditIds(randomId: () => string): (nowMs: number) => string {
  let sequence = 0;
  return (nowMs) => {
    sequence = (sequence + 1) % 36 ** 4;
    return `${nowMs.toString(36).padStart(9, '0')}${sequence.toString(36).padStart(4, '0')}${randomId()}`;
  };
}
