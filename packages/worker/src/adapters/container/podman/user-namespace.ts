import { callEngine, type EngineCommand } from './client.ts';
import { holdProcess, hostCommands, namespaceOf, signalProcess } from '../shared/host-process.ts';

/** Command line of a process that keeps the user namespace of a rootless engine; its clients are in there too. */
const keeperLine = /^(?:\S*\/)?(?:catatonit -P|podman(?: pause)?)$/;

/** A user namespace and the process that keeps it. */
interface Keeper {
  readonly pid: number;
  readonly namespace: string;
}

/**
 * The process that keeps the user namespace of a rootless engine; the call starts it where there is none. It is found
 * by the namespace: in which file the engine notes its number differs from version to version.
 */
async function findKeeper(command: EngineCommand): Promise<Keeper | undefined> {
  const { stdout } = await callEngine(command, ['unshare', 'readlink', '/proc/self/ns/user']);
  const namespace = stdout.trim();
  if (namespace === '' || namespace === (await namespaceOf('self', 'user'))) return undefined;
  // Jobs are in it too, but are not of the host.
  for (const { pid, words } of await hostCommands()) {
    const isKeeper = keeperLine.test(words.join(' ').trim());
    if (isKeeper && (await namespaceOf(pid, 'user')) === namespace) return { pid, namespace };
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
