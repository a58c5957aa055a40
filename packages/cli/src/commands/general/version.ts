import type { CommandContext } from '../context.ts';
import { versionText } from '../../base/version.ts';

/** `cynork version`. See docs/reference/cli.md#log-in-and-out. */
export async function version({ output }: Pick<CommandContext, 'output'>): Promise<void> {
  const text = versionText();
  await output.print({ records: [{ version: text }], json: { version: text } });
}
