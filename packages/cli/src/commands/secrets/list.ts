import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { printPage } from '../shared/print-page.ts';

/** `cynork secrets list`. See docs/reference/cli.md#secret-commands. */
export async function listSecrets({
  authenticated,
  notes,
  output,
}: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>): Promise<void> {
  const client = await authenticated();
  const page = await client.read(gatewayRoutes.listSecrets, {});
  const items = holding(page, 'secrets').secrets.map((secret) => {
    const { name, size_bytes, maskable, updated_at } = holding(secret, 'name');
    return { name, size_bytes, maskable, updated_at };
  });
  const columns = ['name', 'size_bytes', 'maskable', 'updated_at'];
  await printPage({ name: 'secrets', columns, items, next: undefined }, { notes, output });
}
