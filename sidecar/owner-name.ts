/**
 * The name under which this process holds leases: host, process, where and when it was started, and chance. From the name
 * another process of the same machine sees that its holder is dead, so that a restart need not wait for the end of the
 * lease. Where that cannot be known (another machine, another container, no /proc) nobody is called dead.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** At most 64 + 1 + 10 + 1 + 12 + 1 + 20 + 1 + 8 characters. */
export function ownerName(): string {
  const host = hostname().slice(0, 64);
  return [host, process.pid, placeOfProcesses(), startOf(process.pid) ?? '0', randomBytes(4).toString('hex')].join('-');
}

export function isDeadOwner(name: string): boolean {
  const found = /^(.*)-(\d{1,10})-([0-9a-f]{12})-(\d{1,20})-[0-9a-f]{8}$/.exec(name);
  if (!found) return false;
  const [, host, pid, place, start] = found;
  if (host !== hostname().slice(0, 64) || place !== placeOfProcesses() || start === '0') return false;
  return startOf(Number(pid)) !== start;
}

/** Process numbers mean the same only within one boot of one machine and one container. */
function placeOfProcesses(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const space = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot} ${space}`).digest('hex').slice(0, 12);
  } catch {
    return 'unknown'; // no /proc: matches no pattern, so nobody is called dead
  }
}

/** Ticks since the boot at which a living process began; undefined when there is none of this number. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined; // gone
  }
}
