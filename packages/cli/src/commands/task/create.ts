import { readTaskInput, taskInputFlags } from '@cynodeai/api-client/task-input';
import { bodyWithFolder } from '@cynodeai/api-client/folder';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { taskOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { createFlags } from './flags.ts';
import { exitStatusOf } from './task-end.ts';
import { printResult } from './print-result.ts';
import { waitForResult } from './wait-for-result.ts';

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
  { flags }: { readonly flags: CreateFlags },
): Promise<number> {
  const { authenticated, env, notes, output, settings, signal } = context;
  const { result, exitStatus, ...typed } = flags;
  if (exitStatus && !result) throw new CliError('usage', '--exit-status needs --result');
  const projectId = typed.projectId ?? settings.activeProjectId;
  await using input = await readTaskInput(
    {
      ...taskInputFlags(typed),
      ...(projectId !== undefined && { projectId }),
    },
    env,
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
  const { task_id: id, task_name: name } = taskOf(answer);
  if (!result) {
    const created = { task_id: id, task_name: name };
    await output.print({ records: [created], json: created });
    return 0;
  }
  try {
    const outcome = await waitForResult(client, id, { notes, signal });
    await printResult(outcome, { notes, output });
    return exitStatus ? exitStatusOf(outcome) : 0;
  } catch (error) {
    if (signal.aborted) await notes.hint(`the task goes on; see it with: cynork task result ${id}`);
    throw error;
  }
}
