import type { CommandInput } from '@cynodeai/command-line/definition';
import { text } from 'node:stream/consumers';
import process from 'node:process';
import { type CreateUserRequest, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { LauncherError } from '../base/launcher-error.ts';
import type { CommandContext } from './command-context.ts';
import type { userArgs, userFlags } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';

/**
 * `user add HANDLE --password-stdin`.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export async function user(
  context: CommandContext,
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
  const { email } = flags;
  return asLocalAdmin(context, async (client) => {
    const body: CreateUserRequest = {
      handle,
      ...(email !== undefined && { email }),
      password: (await text(process.stdin)).replace(/\r?\n$/, ''),
    };
    const created = await client.call(gatewayRoutes.createUser, { body });
    await context.output.text(`user_id=${created.id} user=${created.handle}\n`);
  });
}
