import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { userOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { userArgs } from './flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/**
 * `cynork users disable`: asks first; every session of the user ends.
 * See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function disableUser(
  context: Context,
  { args, flags }: CommandInput<typeof userArgs, typeof confirmFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { user } = args;
  const question = `Disable user ${user}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { user_id: user } }))) return;
  const { id } = userOf(
    await client.read(gatewayRoutes.disableUser, {
      params: { id: await findUserId(client, user) },
    }),
  );
  const disabled = { user_id: id, disabled: true };
  await context.output.print({ records: [disabled], json: disabled });
}
