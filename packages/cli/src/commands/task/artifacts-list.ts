import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { taskArgs } from './flags.ts';

interface Listed {
  readonly artifact_id: string;
  readonly name: string;
  readonly content_type: string | undefined;
  readonly size_bytes: number;
}

/** Far beyond what one task leaves; keeps a broken server from leading us on without end. */
const maxPages = 500;

/**
 * `cynork task artifacts list`: every file of a task, newest first.
 * See docs/reference/cli.md#task-commands.
 */
export async function listArtifacts(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof taskArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const artifacts: Listed[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const answer = await client.read(gatewayRoutes.listTaskArtifacts, {
      params: { id: args.task },
      query: { limit: 200, cursor },
    });
    const page = holding(answer, 'task_id', 'artifacts');
    for (const artifact of page.artifacts) {
      const { content_type, ...rest } = artifact;
      const { artifact_id, name, size_bytes } = holding(rest, 'artifact_id', 'name', 'size_bytes');
      artifacts.push({ artifact_id, name, content_type, size_bytes });
    }
    if (page.next_cursor && page.artifacts.length > 0) {
      if (pages >= maxPages) throw new CliError('gateway', 'the list of files has no end');
      cursor = page.next_cursor;
      continue;
    }
    const { task_id, task_name } = page;
    await output.print({
      list: {
        columns: ['artifact_id', 'name', 'content_type', 'size_bytes'],
        rows: artifacts.map((artifact) => ({ ...artifact })),
      },
      json: { task_id, ...(task_name !== undefined && { task_name }), artifacts },
    });
    return;
  }
}
