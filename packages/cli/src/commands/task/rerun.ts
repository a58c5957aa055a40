import { bodyWithFolder } from '@cynodeai/api-client/folder';
import { readTaskChanges, taskInputFlags } from '@cynodeai/api-client/task-input';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { taskOf } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { afterCreate, checkAfterCreate } from './after-create.ts';
import type { rerunFlags, taskArgs } from './flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'env' | 'notes' | 'output' | 'signal'>;

/**
 * `cynork task rerun`: a new task like an old one; what is named is other than there.
 * See docs/reference/cli.md#create-a-task.
 */
export async function rerun(
  context: Context,
  { args, flags, rest }: CommandInput<typeof taskArgs, typeof rerunFlags>,
): Promise<number> {
  const { authenticated, env, notes, signal } = context;
  const { result, exitStatus, ...typed } = flags;
  checkAfterCreate(flags);
  const input = await readTaskChanges(
    { ...taskInputFlags(typed), ...(rest && { rest }) },
    { env, signal },
  );
  for (const note of input.folder?.notes ?? []) await notes.hint(note);
  const client = await authenticated();
  const onSend = (): void => void notes.progress('sending the folder');
  const body = await bodyWithFolder(client, input, { env, signal, onSend });
  const answer = await client.read(gatewayRoutes.rerunTask, { params: { id: args.task }, body });
  return afterCreate(client, taskOf(answer), { result, exitStatus }, context);
}
