import type { CommandContext } from '../context.ts';
import { versionText } from '../../base/version.ts';

/** `cynork version`. Contract 05 section 6.1. */
export async function version({ output }: Pick<CommandContext, 'output'>): Promise<void> {
  const text = versionText();
  await output.print({ records: [{ version: text }], json: { version: text } });
}
