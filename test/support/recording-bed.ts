/** A folder of recordings behind the CRM's door, new for each test. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDoor, endedCall, openCrmDoor, secret } from './crm-door.js';
import type { CrmDoor, CrmDoorOptions, DoorAnswer } from './crm-door.js';

export const key = encodeURIComponent(secret);

/** 4096 bytes that begin as a WAV file does */
export const sound = Buffer.concat([
  Buffer.from('RIFF\u0000\u0000\u0000\u0000WAVE', 'latin1'),
  Buffer.from(Array.from({ length: 4_084 }, (_, n) => n % 251)),
]);

export interface RecordingBed {
  /** around the root */
  readonly dir: string;
  readonly root: string;
  open(options?: CrmDoorOptions): Promise<CrmDoor>;
  /** A file, and the call that it is of. */
  put(door: CrmDoor, id: string, name: string, bytes?: Buffer, more?: Parameters<typeof endedCall>[2]): string;
  /** The same with a file of so many zeros, which need no room. */
  putLong(door: CrmDoor, id: string, bytes: number): string;
}

/** To be called in a `describe`. */
export function recordingBed(): RecordingBed {
  const doors: CrmDoor[] = [];
  let dir = '';
  const root = (): string => join(dir, 'monitor');

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-sound-'));
    mkdirSync(root());
  });

  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
    rmSync(dir, { recursive: true });
  });

  function put(door: CrmDoor, id: string, name: string, bytes = sound, more: Parameters<typeof endedCall>[2] = {}): string {
    const file = join(root(), name);
    writeFileSync(file, bytes);
    utimesSync(file, 1_795_000_000, 1_795_000_000);
    door.calls.set(id, endedCall(id, [file], more));
    return file;
  }

  return {
    get dir() {
      return dir;
    },
    get root() {
      return root();
    },
    async open(options = {}) {
      const door = await openCrmDoor({ roots: [root()], ...options });
      doors.push(door);
      return door;
    },
    put,
    putLong(door, id, bytes) {
      const file = put(door, id, `${id}.wav`, Buffer.alloc(0));
      truncateSync(file, bytes);
      return file;
    },
  };
}

export const hear = (door: CrmDoor, id: string, headers: Record<string, string> = {}, method = 'GET'): Promise<DoorAnswer> =>
  askDoor(door.port, `/recording?id=${id}&secret=${key}`, { headers, method });

/** Status and X-Tandem-Error. */
export const codeOf = ({ status, headers }: DoorAnswer): readonly [number, string | undefined] => [
  status,
  headers['x-tandem-error'] as string | undefined,
];

export const requestFor = (id: string): string => `GET /recording?id=${id}&secret=${key} HTTP/1.1\r\nHost: x\r\n\r\n`;
