import type { GatewayClient } from '@cynodeai/api-client';
import { type TaskPrune, type TaskPruneRequest, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { parseDurationMs } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { pruneFlags } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';

function secondsOf(text: string | undefined): number {
  const ms = text === undefined ? undefined : parseDurationMs(text, { days: true });
  if (ms !== undefined) return Math.ceil(ms / 1000);
  throw new LauncherError('usage', 'say how old, such as: cynode prune --older-than 30d');
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** What went, as people read it. */
export function pruneText({ tasks, jobs, files, bytes, dry_run: isDry }: TaskPrune): string {
  const mib = (bytes / 1024 ** 2).toFixed(1);
  const what = `${counted(tasks, 'task')}, ${counted(jobs, 'job')}, ${counted(files, 'file')} (${mib} MiB)`;
  return `${isDry ? 'would remove' : 'removed'} ${what}\n`;
}

/** Asks until there is nothing more to remove; `onStep` hears the sum so far. @throws GatewayError. */
export async function pruneAll(
  client: Pick<GatewayClient, 'call'>,
  body: TaskPruneRequest,
  onStep: (sum: TaskPrune) => void,
): Promise<void> {
  let sum = await client.call(gatewayRoutes.pruneTasks, { body });
  onStep(sum);
  while (sum.more) {
    const step = await client.call(gatewayRoutes.pruneTasks, { body });
    sum = {
      tasks: sum.tasks + step.tasks,
      jobs: sum.jobs + step.jobs,
      files: sum.files + step.files,
      bytes: sum.bytes + step.bytes,
      dry_run: step.dry_run,
      more: step.more,
    };
    onStep(sum);
  }
}

/** `prune --older-than DURATION`. See docs/reference/tasks-and-jobs.md#prune. */
export async function prune(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof pruneFlags> },
): Promise<number> {
  const age = secondsOf(flags.olderThan);
  const body = { older_than_seconds: age, dry_run: flags.dryRun === true };
  let sum: TaskPrune | undefined;
  const code = await asLocalAdmin(context, (client) =>
    pruneAll(client, body, (now) => (sum = now)),
  );
  // Also what went before something failed.
  if (sum !== undefined) await context.output.text(pruneText(sum));
  return code;
}
