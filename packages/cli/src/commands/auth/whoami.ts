import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';

/**
 * `cynork auth whoami`: asks the gateway, so that a revoked session does not look valid.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function whoami({
  authenticated,
  output,
}: Pick<CommandContext, 'authenticated' | 'output'>): Promise<void> {
  const client = await authenticated();
  const { id, handle } = holding(await client.read(gatewayRoutes.me, {}), 'id', 'handle');
  await output.print({ records: [{ id, user: handle }], json: { id, user: handle } });
}
