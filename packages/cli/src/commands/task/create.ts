import { readTaskInput, taskInputFlags } from '@cynodeai/api-client/task-input';
import { bodyWithFolder } from '@cynodeai/api-client/folder';
import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { taskOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { afterCreate, checkAfterCreate } from './after-create.ts';
import type { createFlags } from './flags.ts';

type CreateFlags = CommandInput<Record<string, never>, typeof createFlags>['flags'];
type Context = Pick<
  CommandContext,
  'authenticated' | 'env' | 'notes' | 'output' | 'settings' | 'signal'
>;

/** Longest time an upload may stand still. See docs/reference/cli.md#requests. */
const uploadStallMs = 60_000;

/**
 * `cynork task create`: every file is checked before the session, the session before the request.
 * See docs/reference/cli.md#create-a-task.
 */
export async function create(
  context: Context,
  { flags, rest }: { readonly flags: CreateFlags; readonly rest?: readonly string[] },
): Promise<number> {
  const { authenticated, env, notes, settings, signal } = context;
  const { result, exitStatus, ...typed } = flags;
  checkAfterCreate(flags);
  const projectId = typed.projectId ?? settings.activeProjectId;
  await using input = await readTaskInput(
    {
      ...taskInputFlags(typed),
      ...(projectId !== undefined && { projectId }),
      ...(rest && { rest }),
    },
    { env, signal },
  );
  for (const note of input.folder?.notes ?? []) await notes.hint(note);
  const client = await authenticated();
  const onSend = (): void => void notes.progress('sending the folder');
  const body = await bodyWithFolder(client, input, { env, signal, onSend });
  const answer = await client.read(gatewayRoutes.createTask, {
    body,
    files: input.files,
    ...(input.files.length > 0 && { stallMs: uploadStallMs }),
  });
  return afterCreate(client, taskOf(answer), { result, exitStatus }, context);
}
