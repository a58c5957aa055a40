import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import { isConfirmed } from '../shared/confirm.ts';
import type { deleteSettingFlags } from './flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/** `cynork settings delete`: the default holds again. See docs/reference/cli.md#setting-commands. */
export async function deleteSetting(
  context: Context,
  { flags }: CommandInput<Record<string, never>, typeof deleteSettingFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { key, reason, expectedVersion, yes } = flags;
  const question = `Delete setting ${key}?`;
  if (!(await isConfirmed(context, { question, yes, id: { key } }))) return;
  await client.read(gatewayRoutes.deleteSetting, {
    params: { key },
    query: { reason, expected_version: expectedVersion },
  });
  await context.output.print({ records: [{ deleted: true }], json: { deleted: true } });
}
