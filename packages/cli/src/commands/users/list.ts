import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { printPage } from '../shared/print-page.ts';
import type { userListFlags } from './flags.ts';
import { userColumns, userFields } from './user-fields.ts';

type Input = Pick<CommandInput<Record<string, never>, typeof userListFlags>, 'flags'>;

/**
 * `cynork users list`: one page per call.
 * See docs/reference/identity-and-policy.md#user-administration, docs/reference/cli.md#paging and
 * docs/reference/cli.md#user-commands.
 */
export async function listUsers(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { flags }: Input,
): Promise<void> {
  const client = await authenticated();
  const { active, query, limit, cursor } = flags;
  const page = await client.read(gatewayRoutes.listUsers, {
    query: { is_active: active, q: query, limit: limit ?? 50, cursor: cursor || undefined },
  });
  const users = holding(page, 'users').users.map(userFields);
  await printPage(
    { name: 'users', columns: userColumns, items: users, next: page.next_cursor },
    { notes, output },
  );
}
