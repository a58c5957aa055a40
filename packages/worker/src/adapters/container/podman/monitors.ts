import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { runCommand } from '@cynodeai/runtime/process';
import type { EngineCommand } from './client.ts';
import {
  hostCommands,
  holdProcess,
  type HostProcess,
  signalProcess,
} from '../shared/host-process.ts';

/** A process that watches over one container from outside: `conmon`. */
export interface Monitor {
  readonly pid: number;
  readonly container: string;
  readonly id: string;
}

/** An id as the engine makes them. */
const containerId = /^[0-9a-f]{64}$/;

async function processIds(): Promise<readonly string[]> {
  return (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
}

/**
 * The monitors of an engine's containers. They name its storage, which no other engine has, among the words of the
 * command they run at their end, and the container behind `-n`.
 */
export async function monitorsOf({ flags }: EngineCommand): Promise<readonly Monitor[]> {
  const root = (flags[0] ?? '').replace(/^--root=/, '');
  const found: Monitor[] = [];
  for (const { pid, words } of await hostCommands()) {
    if (basename(words[0] ?? '') !== 'conmon' || !words.includes(root)) continue;
    const behind = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    const [container, id] = [behind('-n'), behind('-c')];
    if (containerId.test(id)) found.push({ pid, container, id });
  }
  return found;
}

/** Every process with its parent, as they are now. */
async function parents(): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const pid of await processIds()) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent > 0) found.set(Number(pid), parent);
  }
  return found;
}

/** A process and all it begot, children behind their parents. */
async function familyOf(pid: number): Promise<readonly HostProcess[]> {
  const all = await parents();
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of all) if (parent === member) family.push(child);
  }
  const held = await Promise.all(family.map((member) => holdProcess(member)));
  return held.filter((one) => one !== undefined);
}

/**
 * Ends monitors with what they brought up: a client that was killed while its container was being made leaves its
 * monitor and the runtime, which waits for a start that never comes.
 */
export async function endMonitors(monitors: readonly Monitor[]): Promise<void> {
  for (const { pid } of monitors) {
    for (const member of await familyOf(pid)) await signalProcess(member, 'SIGKILL');
  }
}

/** Removes what the runtime keeps of containers that the engine does not know, once their processes were killed. */
export async function forgetContainers(
  { flags, env }: EngineCommand,
  strays: readonly Monitor[],
): Promise<void> {
  // The engine's own, whatever a command line says.
  const runtime = flags.find((flag) => flag.startsWith('--runtime='))?.slice(10);
  if (runtime === undefined) return;
  for (const { id } of strays) {
    await runCommand(runtime, ['delete', '--force', id], { env, timeoutMs: 20_000 });
  }
}
