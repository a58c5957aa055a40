import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { bindingOf, holding } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { pagingFlags } from '../shared/flags.ts';
import { printPage } from '../shared/print-page.ts';
import { bindingColumns } from './binding-fields.ts';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { userArgs } from './flags.ts';

/**
 * `cynork users roles`: what was granted to a user, withdrawn grants too.
 * See docs/reference/identity-and-policy.md#grants.
 */
export async function listRoles(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { args, flags }: CommandInput<typeof userArgs, typeof pagingFlags>,
): Promise<void> {
  const client = await authenticated();
  const { limit, cursor } = flags;
  const page = await client.read(gatewayRoutes.listRoleBindings, {
    query: {
      subject_type: 'user',
      subject_id: await findUserId(client, args.user),
      limit: limit ?? 50,
      cursor: cursor || undefined,
    },
  });
  const items = holding(page, 'bindings').bindings.map(bindingOf);
  await printPage(
    { name: 'bindings', columns: bindingColumns, items, next: page.next_cursor },
    { notes, output },
  );
}
