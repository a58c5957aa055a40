import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { AskingContext } from './command-context.ts';
import type { userAddArgs, userAddFlags } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';
import { newPassword } from '../terminal/new-password.ts';

/**
 * `user add HANDLE`: the password from a terminal, a file or standard input.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export async function userAdd(
  context: AskingContext,
  { args: { handle }, flags }: CommandInput<typeof userAddArgs, typeof userAddFlags>,
): Promise<number> {
  const { email } = flags;
  return asLocalAdmin(context, async (client) => {
    const password = await newPassword(handle, flags, context.terminal);
    const body = { handle, ...(email !== undefined && { email }), password };
    const created = await client.call(gatewayRoutes.createUser, { body });
    await context.output.text(`user_id=${created.id} user=${created.handle}\n`);
  });
}
