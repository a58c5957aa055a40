import type { CommandInput } from '@cynodeai/command-line/definition';
import { CliError } from '../../base/cli-error.ts';
import { localContext } from '../../config/contexts.ts';
import { isMarkOf, originOf } from '../../config/gateway-address.ts';
import type { CommandContext } from '../context.ts';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import { revoke } from '../shared/revoke.ts';

type Context = Pick<
  CommandContext,
  'contexts' | 'notes' | 'output' | 'sessions' | 'signingInAt' | 'terminal'
>;

/** `cynork context delete`: ends the session there first. See docs/reference/cli.md#contexts. */
export async function deleteContext(
  context: Context,
  { args, flags }: CommandInput<{ readonly name: string }, typeof confirmFlags>,
): Promise<void> {
  const { contexts, notes, output, sessions, signingInAt } = context;
  const { name } = args;
  if (name === localContext) throw new CliError('usage', `${localContext} is always there`);
  const { url } = await contexts.named(name);
  const { current } = await contexts.all();
  if (current?.name === name) {
    const first = `cynork context use ${localContext}`;
    throw new CliError('usage', `context ${name} is in use; first use another: ${first}`);
  }
  const question = `Delete context ${name}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { context: name } }))) return;
  const origin = originOf(url);
  await sessions.lock(async () => {
    if (origin !== undefined) {
      await revoke(await sessions.read(origin), () => signingInAt(url), notes);
      await sessions.clear((gateway) => isMarkOf(gateway, origin));
    }
    await contexts.remove(name);
  }, false);
  const deleted = { context: name, deleted: true };
  await output.print({ records: [deleted], json: deleted });
}
