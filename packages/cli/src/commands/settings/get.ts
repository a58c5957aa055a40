import type { CommandInput } from '@cynodeai/command-line/definition';
import { Verbatim } from '@cynodeai/command-line/output';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import type { settingKeyFlags } from './flags.ts';
import { settingOf, valueText } from './setting-fields.ts';

/** `cynork settings get`. See docs/reference/cli.md#setting-commands. */
export async function getSetting(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { flags }: CommandInput<Record<string, never>, typeof settingKeyFlags>,
): Promise<void> {
  const client = await authenticated();
  const answer = await client.read(gatewayRoutes.getSetting, { params: { key: flags.key } });
  const setting = settingOf(answer);
  const { key, value } = setting;
  await output.print({
    records: [{ key, value: new Verbatim(valueText(setting)) }],
    json: { key, value },
  });
}
