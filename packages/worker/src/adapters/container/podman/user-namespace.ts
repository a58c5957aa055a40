import { readdir, readFile, readlink } from 'node:fs/promises';
import { callEngine, type EngineCommand } from './client.ts';
import { holdProcess, signalProcess } from './host-process.ts';

/** Command line of a process that keeps the user namespace of a rootless engine; its clients are in there too. */
const keeperLine = /^(?:\S*\/)?(?:catatonit -P|podman(?: pause)?)$/;

/** A user namespace and the process that keeps it. */
interface Keeper {
  readonly pid: number;
  readonly namespace: string;
}

/** What the kernel calls a namespace of a process; empty when the process is gone or not ours. */
async function namespaceOf(pid: string | number, kind: 'pid' | 'user'): Promise<string> {
  return readlink(`/proc/${pid}/ns/${kind}`).catch(() => '');
}

/** Whether a process keeps the namespace: jobs are in it too, but see other process numbers. */
async function keeps(pid: string, namespace: string, numbers: string): Promise<boolean> {
  if ((await namespaceOf(pid, 'user')) !== namespace) return false;
  if ((await namespaceOf(pid, 'pid')) !== numbers) return false;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return keeperLine.test(line.replaceAll('\0', ' ').trim());
}

/**
 * The process that keeps the user namespace of a rootless engine; the call starts it where there is none. It is found
 * by the namespace: in which file the engine notes its number differs from version to version.
 */
async function findKeeper(command: EngineCommand): Promise<Keeper | undefined> {
  const { stdout } = await callEngine(command, ['unshare', 'readlink', '/proc/self/ns/user']);
  const namespace = stdout.trim();
  const numbers = await namespaceOf('self', 'pid');
  if (namespace === '' || namespace === (await namespaceOf('self', 'user'))) return undefined;
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid) && (await keeps(pid, namespace, numbers))) {
      return { pid: Number(pid), namespace };
    }
  }
  return undefined;
}

const known = new WeakMap<EngineCommand, Keeper>();

/** Process whose user namespace the containers of a rootless engine are in; undefined when there is none. */
export async function namespaceKeeper(command: EngineCommand): Promise<number | undefined> {
  const before = known.get(command);
  // Its number may be another process's by now; the namespace is not.
  if (before !== undefined && (await namespaceOf(before.pid, 'user')) === before.namespace) {
    return before.pid;
  }
  const found = await findKeeper(command);
  if (found !== undefined) known.set(command, found);
  return found?.pid;
}

/** Ends the process that keeps a rootless engine's user namespace; the next call starts another. */
export async function stopKeeper(command: EngineCommand): Promise<void> {
  const keeper = await findKeeper(command);
  if (keeper === undefined) return;
  const held = await holdProcess(keeper.pid);
  if (held === undefined || (await namespaceOf(keeper.pid, 'user')) !== keeper.namespace) return;
  await signalProcess(held, 'SIGKILL');
}
