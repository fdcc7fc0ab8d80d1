import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who owns a data folder: enough to distinguish a live owner from a number that the system gave to another process. */
export interface LockOwner {
  /** Of this acquisition; a process that finds another id in the file has lost the folder. */
  readonly id: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (field 22 of /proc/<pid>/stat), where the system says it. */
  readonly startTicks: string | undefined;
  /** Where `pid` means something: see `processSpace`. Absent in files of earlier releases. */
  readonly space?: string;
  /** For messages alone. */
  readonly host?: string;
}

export function thisProcess(): LockOwner {
  return {
    id: randomUUID(),
    pid: process.pid,
    startTicks: startTicks(process.pid),
    space: processSpace(),
    host: hostname(),
  };
}

/** Undefined where there is no file, and where a crash has cut it short: such a file names nobody. */
export function readOwner(path: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this process can look the owner up by its number. */
export function isOfThisSpace({ space }: LockOwner): boolean {
  return space === undefined || space === processSpace();
}

/** Of an owner of this space. */
export function isAlive(owner: LockOwner): boolean {
  if (owner.pid === process.pid) return owner.startTicks === startTicks(process.pid);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return owner.startTicks === undefined || owner.startTicks === startTicks(owner.pid);
}

/**
 * Names the space in which process numbers are unique: on Linux one run of one kernel and a PID namespace of it (every
 * container has its own), elsewhere the machine.
 */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return `${process.platform} ${hostname()}`;
  }
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may hold spaces: count fields after it. A zombie has ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
