import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { printPage } from '../shared/print-page.ts';
import type { settingListFlags } from './flags.ts';
import { settingColumns, settingOf, valueText } from './setting-fields.ts';

/** `cynork settings list`: what was set; whatever is not there has its default. See docs/reference/cli.md#setting-commands. */
export async function listSettings(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { flags }: CommandInput<Record<string, never>, typeof settingListFlags>,
): Promise<void> {
  const client = await authenticated();
  const { prefix, limit, cursor } = flags;
  const page = await client.read(gatewayRoutes.listSettings, {
    query: { key_prefix: prefix, limit: limit ?? 50, cursor: cursor || undefined },
  });
  const items = holding(page, 'settings').settings.map(settingOf);
  await printPage(
    {
      name: 'settings',
      columns: settingColumns,
      items,
      rows: items.map((item) => ({
        key: item.key,
        value_json: valueText(item),
        version: item.version,
        updated_at: item.updated_at,
      })),
      next: page.next_cursor,
    },
    { notes, output },
  );
}
