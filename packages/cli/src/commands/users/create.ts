import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { userOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { passwordFromInput, promptPassword } from '@cynodeai/command-line/terminal';
import type { createUserFlags, newUserArgs } from './flags.ts';

/**
 * `cynork users create`: the password comes by prompt or standard input only.
 * See docs/reference/identity-and-policy.md#user-administration and
 * docs/reference/cli.md#user-commands.
 */
export async function createUser(
  {
    authenticated,
    output,
    terminal,
  }: Pick<CommandContext, 'authenticated' | 'output' | 'terminal'>,
  { args, flags }: CommandInput<typeof newUserArgs, typeof createUserFlags>,
): Promise<void> {
  const given = flags.passwordStdin ? await passwordFromInput(terminal) : undefined;
  const client = await authenticated();
  const password = given ?? (await promptPassword(terminal, `Password for ${args.handle}:`));
  const { id, handle } = userOf(
    await client.read(gatewayRoutes.createUser, {
      body: {
        handle: args.handle,
        password,
        ...(flags.email !== undefined && { email: flags.email }),
      },
    }),
  );
  const created = { user_id: id, handle };
  await output.print({ records: [created], json: created });
}
