import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import { checkedName } from './set.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/** `cynork secrets delete`. See docs/reference/cli.md#secret-commands. */
export async function deleteSecret(
  context: Context,
  { args, flags }: CommandInput<{ readonly name: string }, typeof confirmFlags>,
): Promise<void> {
  const name = checkedName(args.name);
  const client = await context.authenticated();
  const question = `Delete secret ${name}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { name } }))) return;
  await client.read(gatewayRoutes.deleteSecret, { params: { name } });
  await context.output.print({ records: [{ deleted: true }], json: { deleted: true } });
}
