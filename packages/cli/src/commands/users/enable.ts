import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { userOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { findUserId } from './find-user.ts';
import type { userArgs } from './flags.ts';

/** `cynork users enable`: ended sessions stay ended. Contract 04 section 4.5, 05 section 10.7. */
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
