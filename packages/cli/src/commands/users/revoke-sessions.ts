import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { userArgs } from './flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/**
 * `cynork users revoke-sessions`: asks first; the user has to log in again everywhere.
 * See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function revokeSessions(
  context: Context,
  { args, flags }: CommandInput<typeof userArgs, typeof confirmFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { user } = args;
  const question = `Revoke all sessions of user ${user}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { user_id: user } }))) return;
  const id = await findUserId(client, user);
  await client.call(gatewayRoutes.revokeSessions, { params: { id } });
  const revoked = { user_id: id, sessions_revoked: true };
  await context.output.print({ records: [revoked], json: revoked });
}
