import { findUserId } from '@cynodeai/api-client/find-user';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { AskingContext } from './command-context.ts';
import type { userPasswdArgs, userPasswdFlags } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';
import { newPassword } from '../terminal/new-password.ts';

/**
 * `user passwd [HANDLE]`: asks for no password of before, and ends every session of the user. The session that
 * `cynode` keeps for its administrator begins anew by the key of the install.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export async function userPasswd(
  context: AskingContext,
  { args, flags }: CommandInput<typeof userPasswdArgs, typeof userPasswdFlags>,
): Promise<number> {
  const { handle = 'admin' } = args;
  return asLocalAdmin(context, async (client) => {
    const id = await findUserId(client, handle);
    const new_password = await newPassword(handle, flags, context.terminal);
    await client.call(gatewayRoutes.resetPassword, { params: { id }, body: { new_password } });
    await context.output.text(`user=${handle} password_changed=true\n`);
  });
}
