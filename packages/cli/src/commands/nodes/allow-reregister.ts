import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import type { nodeArgs } from './flags.ts';

/**
 * `cynork nodes allow-reregister`. See docs/reference/cli.md#node-commands and
 * docs/reference/nodes.md#identity.
 */
export async function allowReregister(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof nodeArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const answer = await client.read(gatewayRoutes.allowReregister, { params: { id: args.node } });
  const { node_id, node_slug, reregistration_allowed_until } = holding(
    answer,
    'node_id',
    'reregistration_allowed_until',
  );
  const allowed = { node_id, node_slug, reregistration_allowed_until };
  await output.print({ records: [allowed], json: allowed });
}
