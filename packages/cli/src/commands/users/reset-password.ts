import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { passwordFromInput, promptPassword } from '@cynodeai/command-line/terminal';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { resetPasswordFlags, userArgs } from './flags.ts';

/**
 * `cynork users reset-password`: by prompt or standard input only; every session of the user ends.
 * Entering the new password is the confirmation.
 * See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function resetPassword(
  {
    authenticated,
    output,
    terminal,
  }: Pick<CommandContext, 'authenticated' | 'output' | 'terminal'>,
  { args, flags }: CommandInput<typeof userArgs, typeof resetPasswordFlags>,
): Promise<void> {
  const given = flags.passwordStdin ? await passwordFromInput(terminal) : undefined;
  const client = await authenticated();
  const id = await findUserId(client, args.user);
  const password = given ?? (await promptPassword(terminal, `New password for ${args.user}:`));
  await client.call(gatewayRoutes.resetPassword, {
    params: { id },
    body: { new_password: password },
  });
  const reset = { user_id: id, password_reset: true };
  await output.print({ records: [reset], json: reset });
}
