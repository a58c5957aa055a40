import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in kernel ticks since boot. */
  readonly startTicks: number;
  /** The boot of the machine; a stack of an earlier version told none. */
  readonly boot?: string | undefined;
}

/** A boot starts the same programs at much the same ticks, under much the same ids, as the one before. */
function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** State letter and start time from the text of `/proc/<pid>/stat`; the name in it may hold spaces and brackets. */
export function parseStat(
  text: string,
): { readonly state: string; readonly startTicks: number } | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields[19]);
  const state = fields[0] ?? '';
  return state !== '' && Number.isInteger(startTicks) ? { state, startTicks } : undefined;
}

/** The process that runs under an id right now; undefined when there is none, or only its corpse. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
    return { pid, startTicks: stat.startTicks, boot: currentBoot() };
  } catch {
    return undefined;
  }
}

/** True while that very process runs. */
export function isAlive(process: ProcessIdentity): boolean {
  const current = identityOf(process.pid);
  const sameBoot = process.boot === undefined || process.boot === current?.boot;
  return sameBoot && current?.startTicks === process.startTicks;
}
