import { readCheckedText } from '@cynodeai/api-client/task-input';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes, settingLimits } from '@cynodeai/contracts/gateway';
import { parseJson } from '@cynodeai/runtime/std';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { setSettingFlags } from './flags.ts';

type Flags = CommandInput<Record<string, never>, typeof setSettingFlags>['flags'];

async function valueOf({ value, valueFile }: Flags): Promise<unknown> {
  if ((value === undefined) === (valueFile === undefined)) {
    throw new CliError('usage', 'give the value by either --value or --value-file');
  }
  const text = value ?? (await readCheckedText(valueFile ?? '', settingLimits.valueBytes));
  try {
    return parseJson(text);
  } catch (cause) {
    const message = `the value is not JSON; a text needs its quotes: --value '${JSON.stringify('text')}'`;
    throw new CliError('usage', message, { cause });
  }
}

/** `cynork settings set`. See docs/reference/cli.md#setting-commands. */
export async function setSetting(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { flags }: CommandInput<Record<string, never>, typeof setSettingFlags>,
): Promise<void> {
  const value = await valueOf(flags);
  const { key, reason, expectedVersion } = flags;
  const client = await authenticated();
  await client.read(gatewayRoutes.putSetting, {
    params: { key },
    body: {
      value,
      ...(reason !== undefined && { reason }),
      ...(expectedVersion !== undefined && { expected_version: expectedVersion }),
    },
  });
  await output.print({ records: [{ ok: true }], json: { ok: true } });
}
