import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { userArgs } from './flags.ts';
import { userFields } from './user-fields.ts';

/**
 * `cynork users get`. See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function getUser(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof userArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const id = await findUserId(client, args.user);
  const user = userFields(await client.read(gatewayRoutes.getUser, { params: { id } }));
  await output.print({ records: [{ ...user }], json: user });
}
