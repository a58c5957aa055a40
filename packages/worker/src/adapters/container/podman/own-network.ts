import { WorkerError } from '../../../domain/errors.ts';
import { callEngine, type EngineCommand, engineMessage } from './client.ts';

/** Name of the network of a container, as it is none of the engine's words for others. */
const networkOf = (container: string): string => `${container}-network`;

/**
 * A network for one container that publishes a port, made anew so that the engine chooses a subnet and a bridge which
 * nobody on the host uses at this moment: its default network has the same ones for every install and for both kinds of
 * network helpers, and answers nobody where another has them. @throws WorkerError `engine_unusable`
 * @returns its name
 */
export async function renewNetwork(
  command: EngineCommand,
  container: string,
  labels: readonly string[],
): Promise<string> {
  const name = networkOf(container);
  await removeNetwork(command, container);
  const made = await callEngine(command, ['network', 'create', '--disable-dns', ...labels, name]);
  if (made.exitCode === 0) return name;
  throw new WorkerError('engine_unusable', engineMessage(made.stderr));
}

/** Removes the network of a container that is gone; one that does not exist is fine. */
export async function removeNetwork(command: EngineCommand, container: string): Promise<void> {
  await callEngine(command, ['network', 'rm', networkOf(container)]);
}
