import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import type { eventArgs } from './flags.ts';

/** `cynork audit get`. See docs/reference/cli.md#audit-commands. */
export async function getAudit(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof eventArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const event = await client.read(gatewayRoutes.getAuditEvent, { params: { id: args.event } });
  await output.print({ records: [{ ...event }], json: event });
}
