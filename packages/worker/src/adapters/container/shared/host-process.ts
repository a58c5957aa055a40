import { readFile, readdir, readlink } from 'node:fs/promises';
import process from 'node:process';

/** A process of the host that is not our child, told apart from a later one with the same id. */
export interface HostProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/** Start time in clock ticks; undefined when the process is gone or only waits to be reaped. */
async function startTicksOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Takes hold of a running process; undefined when there is none with this id. */
export async function holdProcess(pid: number): Promise<HostProcess | undefined> {
  const startTicks = await startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

/** Whether it still runs. */
export async function isRunning({ pid, startTicks }: HostProcess): Promise<boolean> {
  return (await startTicksOf(pid)) === startTicks;
}

/** Sends a signal; false when the process is gone. */
export async function signalProcess(
  held: HostProcess,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<boolean> {
  if (!(await isRunning(held))) return false;
  try {
    process.kill(held.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The process group of a process; undefined when it is gone. */
export async function groupOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  return group > 1 ? group : undefined;
}

/** Kills a process group; its number is that of its first process. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** What the kernel calls a namespace of a process; empty when the process is gone or not ours. */
export async function namespaceOf(pid: string | number, kind: 'pid' | 'user'): Promise<string> {
  return readlink(`/proc/${pid}/ns/${kind}`).catch(() => '');
}

/** A process that sees the process numbers we see, and what it calls itself. */
export interface HostCommand {
  readonly pid: number;
  readonly words: readonly string[];
}

/**
 * The processes of the host itself. Those of sandboxes are listed beside them, and may call themselves anything: a
 * command line is worth nothing until it is known whose it is. They are told by their own process numbers.
 */
export async function hostCommands(): Promise<readonly HostCommand[]> {
  const numbers = await namespaceOf('self', 'pid');
  const found: HostCommand[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || (await namespaceOf(entry, 'pid')) !== numbers) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(entry), words: line.split('\0') });
  }
  return found;
}
