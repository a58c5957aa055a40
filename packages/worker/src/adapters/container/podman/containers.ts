import { nodeSlugLabel } from '../../../domain/sandbox/naming.ts';
import { CommandError } from '@cynodeai/runtime/process';
import { callEngine, type EngineCommand } from './client.ts';

/** Removes one container by force; one that does not exist is fine. @throws CommandError when it is still there */
export async function forceRemove(command: EngineCommand, name: string): Promise<void> {
  const args = ['rm', '--force', '--ignore', '--time=0', '--volumes', name];
  const result = await callEngine(command, args, { timeoutMs: 20_000 });
  if (result.exitCode !== 0) throw new CommandError('podman rm', result);
}

/** Names of the containers of a node. */
export async function listContainers(
  command: EngineCommand,
  nodeSlug: string,
): Promise<readonly string[]> {
  const filter = `label=${nodeSlugLabel}=${nodeSlug}`;
  const args = ['ps', '--all', `--filter=${filter}`, '--format={{.Names}}'];
  const result = await callEngine(command, args);
  if (result.exitCode !== 0) throw new CommandError('podman ps', result);
  return result.stdout.split('\n').filter((name) => name !== '');
}

/** Removes every container of a node and gives their names. Contract 03 section 6.5. */
export async function removeContainers(
  command: EngineCommand,
  nodeSlug: string,
): Promise<readonly string[]> {
  const names = await listContainers(command, nodeSlug);
  for (const name of names) await forceRemove(command, name);
  return names;
}
