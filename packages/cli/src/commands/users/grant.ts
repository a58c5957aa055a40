import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { bindingOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { bindingOutput } from './binding-fields.ts';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { grantFlags, userArgs } from './flags.ts';

/**
 * `cynork users grant`: a role everywhere, or in one project; repeating it is harmless.
 * See docs/reference/identity-and-policy.md#grants.
 */
export async function grantRole(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args, flags }: CommandInput<typeof userArgs, typeof grantFlags>,
): Promise<void> {
  const client = await authenticated();
  const { role, projectId } = flags;
  const binding = await client.read(gatewayRoutes.createRoleBinding, {
    body: {
      subject_type: 'user',
      subject_id: await findUserId(client, args.user),
      role,
      ...(projectId === undefined
        ? { scope_type: 'system' }
        : { scope_type: 'project', scope_id: projectId }),
    },
  });
  await output.print(bindingOutput(bindingOf(binding)));
}
