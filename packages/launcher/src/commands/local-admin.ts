import { type GatewayClient, GatewayError } from '@cynodeai/api-client';
import { LauncherError } from '../base/launcher-error.ts';
import { exitCodes } from '../base/exit-code.ts';
import { findInstall } from '../install/install.ts';
import { localClient } from '../run/local-client.ts';
import { runningStack } from '../stack/running-stack.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Asks the gateway of the running stack as its first administrator; what it refuses is told in one line.
 * @throws LauncherError `stack` when nothing runs.
 */
export async function asLocalAdmin(
  { env, notes }: Pick<CommandContext, 'env' | 'notes'>,
  work: (client: GatewayClient) => Promise<void>,
): Promise<number> {
  const install = findInstall(env);
  if (install === undefined || runningStack(install) === undefined) {
    throw new LauncherError('stack', 'the stack is not running; start it with: cynode up');
  }
  const client = localClient(install);
  try {
    await work(client);
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    await notes.text(`cynode: ${error.message}\n`);
    return exitCodes.fault;
  } finally {
    await client.close();
  }
}
