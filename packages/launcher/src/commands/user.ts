import type { CommandInput } from '@cynodeai/command-line/definition';
import { text } from 'node:stream/consumers';
import process from 'node:process';
import { GatewayError } from '@cynodeai/api-client';
import { type CreateUserRequest, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { findInstall } from '../install/install.ts';
import { exitCodes } from '../domain/exit-codes.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { localClient } from '../run/local-client.ts';
import { runningStack } from '../stack/ensure-stack.ts';
import type { CommandContext } from './command-context.ts';
import type { userArgs, userFlags } from './flags.ts';

/**
 * `user add HANDLE --password-stdin`.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export async function user(
  { env, output, notes }: CommandContext,
  { args, flags }: CommandInput<typeof userArgs, typeof userFlags>,
): Promise<number> {
  const { action, handle } = args;
  if (action !== 'add') throw new LauncherError('usage', 'the only action is: cynode user add');
  if (!flags.passwordStdin) {
    throw new LauncherError(
      'usage',
      'give the password on standard input and say --password-stdin; it never belongs on a command line',
    );
  }
  const install = findInstall(env);
  if (install === undefined || runningStack(install) === undefined) {
    throw new LauncherError('stack', 'the stack is not running; start it with: cynode up');
  }
  const { email } = flags;
  const body: CreateUserRequest = {
    handle,
    ...(email !== undefined && { email }),
    password: (await text(process.stdin)).replace(/\r?\n$/, ''),
  };
  await using client = disposable(localClient(install));
  try {
    const created = await client.value.call(gatewayRoutes.createUser, { body });
    await output.text(`user_id=${created.id} user=${created.handle}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    await notes.text(`cynode: ${error.message}\n`);
    return exitCodes.fault;
  }
}

function disposable<T extends { close(): Promise<void> }>(
  value: T,
): AsyncDisposable & { readonly value: T } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
