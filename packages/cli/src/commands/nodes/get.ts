import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import type { nodeArgs } from './flags.ts';
import { nodeFields } from './node-fields.ts';

/** `cynork nodes get`. See docs/reference/cli.md#node-commands. */
export async function getNode(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof nodeArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const answer = await client.read(gatewayRoutes.getNode, { params: { id: args.node } });
  const node = {
    ...nodeFields(answer),
    registered_at: answer.registered_at,
    name: answer.reported?.name,
    orchestrator_transport: answer.reported?.orchestrator_transport,
    reregistration_allowed_until: answer.reregistration_allowed_until,
    refused_registration_from: answer.refused_registration?.address,
  };
  await output.print({ records: [node], json: node });
}
