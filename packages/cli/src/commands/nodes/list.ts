import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import type { pagingFlags } from '../shared/flags.ts';
import { printPage } from '../shared/print-page.ts';
import { nodeColumns, nodeFields } from './node-fields.ts';

/** `cynork nodes list`. See docs/reference/cli.md#node-commands. */
export async function listNodes(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { flags }: CommandInput<Record<string, never>, typeof pagingFlags>,
): Promise<void> {
  const client = await authenticated();
  const { limit, cursor } = flags;
  const page = await client.read(gatewayRoutes.listNodes, {
    query: { limit: limit ?? 50, cursor: cursor || undefined },
  });
  const nodes = holding(page, 'nodes').nodes.map(nodeFields);
  await printPage(
    { name: 'nodes', columns: nodeColumns, items: nodes, next: page.next_cursor },
    { notes, output },
  );
}
