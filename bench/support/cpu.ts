import { readFile } from 'node:fs/promises';

const tickMs = 10; // USER_HZ is 100 on every Linux that Node runs on

/** CPU time of a process so far: user and system, all threads. */
export async function cpuMsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
