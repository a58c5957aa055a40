import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { userOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { userArgs } from './flags.ts';

/**
 * `cynork users enable`: ended sessions stay ended.
 * See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function enableUser(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof userArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const { id } = userOf(
    await client.read(gatewayRoutes.enableUser, {
      params: { id: await findUserId(client, args.user) },
    }),
  );
  const enabled = { user_id: id, enabled: true };
  await output.print({ records: [enabled], json: enabled });
}
