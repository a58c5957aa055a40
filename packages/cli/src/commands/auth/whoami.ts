import type { CommandContext } from '../context.ts';
import { readRoutes } from '../../gateway/read-routes.ts';

/** `cynork auth whoami`: asks the gateway, so that a revoked session does not look valid. Contract 05 section 6.5. */
export async function whoami({
  authenticated,
  output,
}: Pick<CommandContext, 'authenticated' | 'output'>): Promise<void> {
  const client = await authenticated();
  const { id, handle } = await client.call(readRoutes.me, {});
  await output.print({ records: [{ id, user: handle }], json: { id, user: handle } });
}
