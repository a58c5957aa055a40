import { parseTimeoutSeconds, readTaskInput } from '@cynodeai/api-client/task-input';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { readRoutes } from '../../gateway/read-routes.ts';
import type { CommandInput } from '../../program/flag.ts';
import type { createFlags } from './flags.ts';
import { printResult } from './print-result.ts';
import { waitForResult } from './wait-for-result.ts';

type CreateFlags = CommandInput<Record<string, never>, typeof createFlags>['flags'];
type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'settings' | 'signal'>;

/** Longest time an upload may stand still. Contract 05 section 5. */
const uploadStallMs = 60_000;

function promptOf({ task, prompt }: CreateFlags): string | undefined {
  if (task !== undefined && prompt !== undefined) {
    throw new CliError('usage', '--task and --prompt are the same; give one of them');
  }
  return task ?? prompt;
}

/** `cynork task create`: every file is checked before the session, the session before the request. Contract 05 section 7.1. */
export async function create(
  context: Context,
  { flags }: { readonly flags: CreateFlags },
): Promise<void> {
  const { authenticated, notes, output, settings, signal } = context;
  const { task: _task, prompt: _prompt, result, projectId, timeout, ...others } = flags;
  const prompt = promptOf(flags);
  const project = projectId ?? settings.activeProjectId;
  await using input = await readTaskInput({
    ...others,
    ...(prompt !== undefined && { prompt }),
    ...(project !== undefined && { projectId: project }),
    ...(timeout !== undefined && { timeoutSeconds: parseTimeoutSeconds(timeout) }),
  });
  const client = await authenticated();
  const { task_id: id, task_name: name } = await client.call(readRoutes.createTask, {
    body: input.body,
    files: input.files,
    ...(input.files.length > 0 && { stallMs: uploadStallMs }),
  });
  if (!result) {
    const created = { task_id: id, task_name: name };
    await output.print({ records: [created], json: created });
    return;
  }
  try {
    await printResult(await waitForResult(client, id, { notes, signal }), { notes, output });
  } catch (error) {
    if (signal.aborted) await notes.hint(`the task goes on; see it with: cynork task result ${id}`);
    throw error;
  }
}
