import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkNamePrefix, isSandboxName, nodeSlugLabel } from '../../../domain/sandbox/naming.ts';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { CommandError } from '@cynodeai/runtime/process';
import { groupOf, holdProcess, hostCommands, killGroup } from '../shared/host-process.ts';
import { endMonitors, forgetContainers, monitorsOf } from './monitors.ts';
import { readStarted } from './pid-watch.ts';
import { callEngine, type EngineCommand } from './client.ts';

/** Removals of one container: the first may only find out, and note, that its monitor was killed together with it. */
const removals = 2;

/** Removes one container by force; one that does not exist is fine. @throws CommandError when it is still there */
export async function forceRemove(
  command: EngineCommand,
  name: string,
  timeoutMs = 20_000,
): Promise<void> {
  const args = ['rm', '--force', '--ignore', '--time=0', '--volumes', name];
  for (let attempt = 1; ; attempt += 1) {
    const result = await callEngine(command, args, { timeoutMs });
    if (result.exitCode === 0) return;
    if (attempt === removals) throw new CommandError('podman rm', result);
  }
}

/** The engine's own storage flag, which nobody else's calls have. */
export const storageFlag = ({ flags }: EngineCommand): string => flags[0] ?? '';

/** Folder of the layers of a storage. */
export function layersDirOf(command: EngineCommand): string {
  const driver = command.flags.find((flag) => flag.startsWith('--storage-driver='))?.slice(17);
  return join(storageFlag(command).replace(/^--root=/, ''), driver ?? 'overlay');
}

/** Names of all containers, or of those with a label. */
export async function listContainers(
  command: EngineCommand,
  label?: string,
): Promise<readonly string[]> {
  const filters = label === undefined ? [] : [`--filter=label=${label}`];
  const result = await callEngine(command, ['ps', '--all', ...filters, '--format={{.Names}}']);
  if (result.exitCode !== 0) throw new CommandError('podman ps', result);
  return result.stdout.split('\n').filter((name) => name !== '');
}

/**
 * Ends engine clients that a killed node left: one that is still creating its container would bring it up behind the
 * clean-up's back. `storage` is the engine's own storage flag.
 */
export async function endClients(
  storage: string,
  nodeSlug: string,
  lives: (name: string) => boolean = () => false,
): Promise<void> {
  const label = `--label=${nodeSlugLabel}=${nodeSlug}`;
  for (const { pid, words } of await hostCommands()) {
    const [program = '', ...flags] = words;
    if (!basename(program).startsWith('podman') || !flags.includes(storage)) continue;
    const name = flags.find((flag) => flag.startsWith('--name='))?.slice(7) ?? '';
    // Its keeper, which leads the group, has nothing more to keep.
    if (flags.includes('run') && flags.includes(label) && !lives(name)) {
      killGroup(await groupOf(pid));
    }
  }
}

/**
 * Removes every container of a node and gives their names.
 * See docs/reference/sandbox.md#names-and-labels.
 */
export async function removeContainers(
  command: EngineCommand,
  nodeSlug: string,
): Promise<readonly string[]> {
  const names = await listContainers(command, `${nodeSlugLabel}=${nodeSlug}`);
  for (const name of names) await forceRemove(command, name);
  return names;
}

/** Containers that only the storage still has, by id: their removal, or their start, was cut off. */
async function storedContainers(
  command: EngineCommand,
  isStray: (name: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const args = ['ps', '--all', '--external', '--format={{.ID}} {{.Names}} {{.Status}}'];
  const { stdout } = await callEngine(command, args);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return new Map(
    lines.flatMap(([id = '', name = '', status = '']) =>
      /storage/i.test(status) && isStray(name) ? [[id, name] as const] : [],
    ),
  );
}

/**
 * Ends the monitors of containers that the engine does not know any more, and removes what the runtime keeps of them.
 * Those of others that use the storage are known.
 */
async function endUnknownMonitors(
  command: EngineCommand,
  isStray: (name: string) => boolean,
): Promise<void> {
  const monitors = (await monitorsOf(command)).filter(({ container }) => isStray(container));
  if (monitors.length === 0) return;
  // Asked behind it: whoever begins meanwhile is not among the monitors.
  const known = await listContainers(command);
  const strays = monitors.filter(({ container }) => !known.includes(container));
  await endMonitors(strays);
  await forgetContainers(command, strays);
}

/** Removes what a start that was cut off leaves of one container, of which the engine knows nothing. */
export async function removeRemainsOf(command: EngineCommand, name: string): Promise<void> {
  const isIt = (container: string): boolean => container === name;
  await endUnknownMonitors(command, isIt);
  for (const id of (await storedContainers(command, isIt)).keys()) await forceRemove(command, id);
}

/** Checks that a process left which is gone: none takes as long. */
async function removeOldChecks(command: EngineCommand): Promise<void> {
  const filters = [`--filter=name=${checkNamePrefix}`, '--filter=until=2m'];
  const args = ['ps', '--all', ...filters, '--format={{.Names}}'];
  const { stdout } = await callEngine(command, args);
  for (const name of stdout.split('\n')) {
    if (name !== '') await forceRemove(command, name);
  }
}

/** A start or a removal of somebody else is over by then, ms. */
const passingMs = 2000;

/** Removes what nobody waits for: remains of jobs that do not live, and checks that were cut off. Gives the names. */
export async function removeStrayRemains(
  command: EngineCommand,
  lives: (name: string) => boolean,
): Promise<readonly string[]> {
  const isStray = (name: string): boolean => isSandboxName(name) && !lives(name);
  await endUnknownMonitors(command, isStray);
  await removeOldChecks(command);
  const before = await storedContainers(command, isStray);
  if (before.size === 0) return [];
  await sleep(passingMs);
  const removed: string[] = [];
  for (const [id, name] of await storedContainers(command, isStray)) {
    if (!before.has(id)) continue;
    await forceRemove(command, id);
    removed.push(name);
  }
  return removed;
}

/**
 * Removes process id files without a container, which a killed node left; that of a run that lives is how it is known
 * to have begun, although it may have ended meanwhile.
 */
export async function dropPidFiles(
  command: EngineCommand,
  pidDir: string,
  lives: (name: string) => boolean,
): Promise<void> {
  const files = (await readdir(pidDir)).filter((name) => !lives(name));
  if (files.length === 0) return;
  const names = await listContainers(command);
  for (const name of files) {
    const path = join(pidDir, name);
    const started = await readStarted(path);
    const alive = started !== undefined && (await holdProcess(started.pid)) !== undefined;
    if (!alive && !names.includes(name)) await rm(path, { force: true });
  }
}
