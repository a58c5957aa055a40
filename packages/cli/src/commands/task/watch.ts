import { taskExitCodes } from '@cynodeai/api-client/task-end';
import { parseDurationMs } from '@cynodeai/runtime/std';
import { type TaskStatus, gatewayRoutes, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOf } from '../../base/exit-code.ts';
import { type ShownResult, resultOf } from '../../gateway/answers.ts';
import { type Output, formatTable } from '@cynodeai/command-line/output';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { taskArgs, watchFlags } from './flags.ts';
import { exitStatusOf } from './task-end.ts';
import { nameDemoModel, resultOutput, warnOfCuts } from './print-result.ts';
import { type Watcher, watchEvents, watchResult } from './watch-task.ts';
import { WorkflowStory } from './workflow-story.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'signal'>;

const minIntervalMs = 1000;

function intervalMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= minIntervalMs) return ms;
  throw new CliError(
    'usage',
    `${JSON.stringify(text)} is no interval; give 1s or more, such as 2s, 1500ms or 1m30s`,
  );
}

/** Draws the result and the workflow's story: anew on a screen, below what was there elsewhere. */
function screen(output: Output, keep: boolean): Watcher {
  const story = new WorkflowStory();
  let latest: ShownResult | undefined;
  let drawn = '';
  const draw = async (always: boolean): Promise<void> => {
    const records = [...(latest ? resultOutput(latest).records : []), ...story.records()];
    const text = formatTable({ records });
    if (!always && text === drawn) return;
    drawn = text;
    if (!keep) await output.clear();
    await output.text(text);
  };
  return {
    onEvent: async (event) => {
      if (story.add(event)) await draw(false);
    },
    onResult: async (result, polled) => {
      latest = result;
      await draw(polled);
    },
  };
}

/** One line an event; where there are none, one `task.status` a change seen, with an empty id. */
function lines(output: Output): Watcher {
  let last: TaskStatus | undefined;
  return {
    onEvent: async (event) => {
      if (event.event === 'task.status') last = event.data.status;
      const name = event.event === 'other' ? event.name : event.event;
      await output.line({ event: name, id: event.id, ...event.data });
    },
    onResult: async ({ task_id, status }) => {
      if (status === last) return;
      last = status;
      const at = new Date().toISOString();
      await output.line({ event: 'task.status', id: '', task_id, status, at });
    },
  };
}

/**
 * `cynork task watch`: until the task has ended or SIGINT, exit 0 both times unless `--exit-status` is said.
 * See docs/reference/cli.md#task-commands.
 */
export async function watch(
  { authenticated, notes, output, signal }: Context,
  { args, flags }: CommandInput<typeof taskArgs, typeof watchFlags>,
): Promise<number> {
  const stop = AbortSignal.any([signal, output.closed]);
  const options = { task: args.task, signal: stop, pauseMs: intervalMs(flags.interval ?? '2s') };
  const client = await authenticated();
  let latest: ShownResult | undefined;
  const shown = screen(output, flags.noClear === true);
  try {
    if (output.format === 'jsonl') {
      await watchEvents(client, options, lines(output));
      if (!flags.exitStatus) return 0;
      const ended = await client.read(gatewayRoutes.getTaskResult, { params: { id: args.task } });
      return exitStatusOf(resultOf(ended));
    }
    await watchResult(client, options, {
      onEvent: async (event) => {
        if (output.format === 'table') await shown.onEvent(event);
      },
      onResult: async (result, polled) => {
        latest = result;
        if (output.format === 'table') await shown.onResult(result, polled);
      },
    });
  } catch (error) {
    const interrupted = stop.aborted && exitCodeOf(stop.reason) === 130;
    if (!interrupted) throw error;
  }
  if (latest === undefined) return flags.exitStatus ? taskExitCodes.going : 0;
  if (output.format === 'json') await output.print(resultOutput(latest));
  if (isTerminalTaskStatus(latest.status)) {
    await warnOfCuts(latest, notes);
    await nameDemoModel(latest, notes);
  }
  return flags.exitStatus ? exitStatusOf(latest) : 0;
}
