import type { CommandInput } from '@cynodeai/command-line/definition';
import { workspaceNameSchema } from '@cynodeai/contracts/common';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/** A name as the gateway takes it. @throws CliError `usage` */
function checkedName(name: string): string {
  const parsed = workspaceNameSchema.safeParse(name);
  if (parsed.success) return name;
  const why = parsed.error.issues[0]?.message ?? '';
  throw new CliError(
    'usage',
    `${JSON.stringify(name)} cannot be the name of a workspace: it ${why}`,
  );
}

/** `cynork workspaces delete`. See docs/reference/cli.md#workspace-commands. */
export async function deleteWorkspace(
  context: Context,
  { args, flags }: CommandInput<{ readonly name: string }, typeof confirmFlags>,
): Promise<void> {
  const name = checkedName(args.name);
  const client = await context.authenticated();
  const question = `Delete workspace ${name} and all that is in it?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { name } }))) return;
  await client.read(gatewayRoutes.deleteWorkspace, { params: { name } });
  await context.output.print({ records: [{ deleted: true }], json: { deleted: true } });
}
