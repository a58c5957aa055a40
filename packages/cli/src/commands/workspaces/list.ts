import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { printPage } from '../shared/print-page.ts';

/** `cynork workspaces list`. See docs/reference/cli.md#workspace-commands. */
export async function listWorkspaces({
  authenticated,
  notes,
  output,
}: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>): Promise<void> {
  const client = await authenticated();
  const page = await client.read(gatewayRoutes.listWorkspaces, {});
  const items = holding(page, 'workspaces').workspaces.map((workspace) => {
    const { name, node, size_bytes, in_use_by, last_used_at } = holding(workspace, 'name');
    return { name, node, size_bytes, in_use_by, last_used_at };
  });
  const columns = ['name', 'node', 'size_bytes', 'in_use_by', 'last_used_at'];
  await printPage({ name: 'workspaces', columns, items, next: undefined }, { notes, output });
}
