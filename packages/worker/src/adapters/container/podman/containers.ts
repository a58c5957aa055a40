import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeSlugLabel } from '../../../domain/sandbox/naming.ts';
import { CommandError } from '@cynodeai/runtime/process';
import { holdProcess, killGroup } from './host-process.ts';
import { readStarted } from './pid-watch.ts';
import { callEngine, type EngineCommand } from './client.ts';

/** Removals of one container: the first may only find out, and note, that its monitor was killed together with it. */
const removals = 2;

/** Removes one container by force; one that does not exist is fine. @throws CommandError when it is still there */
export async function forceRemove(command: EngineCommand, name: string): Promise<void> {
  const args = ['rm', '--force', '--ignore', '--time=0', '--volumes', name];
  for (let attempt = 1; ; attempt += 1) {
    const result = await callEngine(command, args, { timeoutMs: 20_000 });
    if (result.exitCode === 0) return;
    if (attempt === removals) throw new CommandError('podman rm', result);
  }
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
 * clean-up's back. `storage` is the engine's own storage flag, which nobody else's client has.
 */
export async function endClients(storage: string, nodeSlug: string): Promise<void> {
  const label = `--label=${nodeSlugLabel}=${nodeSlug}`;
  for (const pid of await readdir('/proc')) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...flags] = words.split('\0');
    if (!basename(program).startsWith('podman') || !flags.includes(storage)) continue;
    if (flags.includes('run') && flags.includes(label)) killGroup(Number(pid));
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

/** Removes process id files without a container, which a killed node left. */
export async function dropPidFiles(command: EngineCommand, pidDir: string): Promise<void> {
  const files = await readdir(pidDir);
  if (files.length === 0) return;
  const names = await listContainers(command);
  for (const name of files) {
    const path = join(pidDir, name);
    const started = await readStarted(path);
    const alive = started !== undefined && (await holdProcess(started.pid)) !== undefined;
    if (!alive && !names.includes(name)) await rm(path, { force: true });
  }
}
