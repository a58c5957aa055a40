import process from 'node:process';
import { GatewayError } from '@cynodeai/api-client';
import {
  type TaskInputFlags,
  TaskInputError,
  parseTimeoutSeconds,
  readTaskInput,
} from '@cynodeai/api-client/task-input';
import type { CreateTaskRequest, TaskResult } from '@cynodeai/contracts';
import { messageOf } from '@cynodeai/runtime/std';
import { isImageImported } from '../image/ensure-image.ts';
import { wantsOtherInference } from '../inference/inference.ts';
import { type Install, findInstall, openInstall } from '../install/install.ts';
import { LauncherError, exitCodes } from '../launcher-error.ts';
import { localClient } from '../run/local-client.ts';
import { findNodeTrouble, waitForNode } from '../run/node-trouble.ts';
import { type Outcome, outcomeOf } from '../run/outcome.ts';
import { runTask } from '../run/run-task.ts';
import { checkoutStamp } from '../stack/checkout-stamp.ts';
import { runningStack } from '../stack/ensure-stack.ts';
import type { StackState } from '../stack/stack-state.ts';
import { Progress } from '../terminal/progress.ts';
import { type CommandContext, commandContext } from './command-context.ts';
import { parse } from './parse.ts';
import { type RunFlags, runCommandLine } from './run-options.ts';

/** Parses and runs; answers the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const parsed = parse<RunFlags>(runCommandLine(), args);
  if (parsed.kind === 'help') return 0;
  const { flags, operands } = parsed;
  const context = commandContext();
  try {
    const request = await readTaskInput(taskInputFlags(flags, operands));
    const { result, outcome } = await runRequest(request, flags, context);
    print(flags, outcome, result);
    return outcome.exitCode;
  } catch (error) {
    return printFailure(flags, error, context);
  }
}

function taskInputFlags(flags: RunFlags, positional: readonly string[]): TaskInputFlags {
  const prompts = [flags.prompt, flags.task, positional[0]].filter((text) => text !== undefined);
  if (prompts.length > 1) throw new TaskInputError('give the prompt once');
  if (flags.command && flags.commands) {
    throw new TaskInputError('use either --command or --commands, not both');
  }
  const commands = flags.command ?? flags.commands;
  const { taskFile, script, commandsFile, inputMode, attach, name, projectId, useInference } =
    flags;
  const { timeout } = flags;
  return {
    ...(prompts[0] !== undefined && { prompt: prompts[0] }),
    ...(taskFile !== undefined && { taskFile }),
    ...(script !== undefined && { script }),
    ...(commands !== undefined && { command: commands }),
    ...(commandsFile !== undefined && { commandsFile }),
    ...(inputMode !== undefined && { inputMode }),
    ...(attach !== undefined && { attach }),
    ...(name !== undefined && { name }),
    ...(projectId !== undefined && { projectId }),
    ...(useInference !== undefined && { useInference }),
    ...(timeout !== undefined && { timeoutSeconds: parseTimeoutSeconds(timeout) }),
  };
}

async function runRequest(
  request: CreateTaskRequest,
  flags: RunFlags,
  context: CommandContext,
): Promise<{ readonly result: TaskResult; readonly outcome: Outcome }> {
  const progress = new Progress({ quiet: flags.quiet ?? false });
  const onStep = (what: string): void => progress.step(what);
  try {
    const install = await readyInstall(flags, context, progress);
    const client = localClient(install);
    await using _closing = { [Symbol.asyncDispose]: () => client.close() };
    const once = (): Promise<TaskResult> =>
      runTask({
        client,
        request,
        signal: context.signal,
        onStep,
        findTrouble: () => findNodeTrouble(install),
        waitUntilGone: async (jobIds) => {
          const { waitUntilGone } = await import('../run/wait-until-gone.ts');
          await waitUntilGone({ install, env: context.env }, jobIds);
        },
      });
    const result = await once();
    const outcome = outcomeOf(result);
    const lost =
      outcome.exitCode === exitCodes.fault &&
      request.input_mode !== 'prompt' &&
      (await wasImageLost(install, context, onStep));
    if (!lost) return { result, outcome };
    const repeated = await once();
    return { result: repeated, outcome: outcomeOf(repeated) };
  } finally {
    progress.done();
  }
}

/** A job that could not be started may have lacked its image, which is then there for the next try. */
async function wasImageLost(
  install: Install,
  context: CommandContext,
  onStep: (what: string) => void,
): Promise<boolean> {
  if (context.signal.aborted) return false;
  const { restoreLostImage } = await import('../image/ensure-image.ts');
  return restoreLostImage({ install, onStep, ...context });
}

/** The install with a running stack. On a warm start this reads three small files and nothing else. */
async function readyInstall(
  flags: RunFlags,
  context: CommandContext,
  progress: Progress,
): Promise<Install> {
  const known = findInstall(context.env);
  const state = known && runningStack(known);
  const settled =
    known !== undefined && !wantsOtherInference(known.inference, flags.inference, context.env);
  if (settled && state !== undefined && isImageImported(known)) {
    if (state.stamp === checkoutStamp(known.checkout)) return known;
    if (!(await restartOutdated(known, state, flags, context, progress))) return known;
  }
  const install = await openInstall(context.env);
  const { bringUp } = await import('../setup/bring-up.ts');
  const started = await bringUp({
    install,
    ...context,
    yes: flags.yes ?? false,
    choice: flags.inference,
    progress,
  });
  await waitForNode(started, context.signal, (what) => progress.step(what));
  return started;
}

async function restartOutdated(
  install: Install,
  state: StackState,
  flags: RunFlags,
  context: CommandContext,
  progress: Progress,
): Promise<boolean> {
  const { offerRestart } = await import('../stack/offer-restart.ts');
  return offerRestart(install, state, {
    env: context.env,
    yes: flags.yes ?? false,
    signal: context.signal,
    progress,
  });
}

function print(flags: RunFlags, outcome: Outcome, result: TaskResult): void {
  if (flags.output === 'json') {
    const { kind, exitCode, ...rest } = outcome;
    const { task_id, task_name, status } = result;
    writeJson({ task_id, task_name, status, outcome: kind, exit_code: exitCode, ...rest });
    return;
  }
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (outcome.truncated[stream]) {
      process.stderr.write(`cynode: ${stream} was longer than what is kept and is cut off\n`);
    }
  }
  if (outcome.message !== undefined) process.stderr.write(`cynode: ${outcome.message}\n`);
}

function printFailure(flags: RunFlags, error: unknown, context: CommandContext): number {
  const interrupted =
    context.signal.aborted || (error instanceof LauncherError && error.code === 'interrupted');
  const expected =
    error instanceof LauncherError ||
    error instanceof GatewayError ||
    error instanceof TaskInputError;
  const message = interrupted ? 'interrupted' : messageOf(error);
  const exitCode = interrupted ? exitCodes.interrupted : exitCodes.fault;
  if (flags.output === 'json') {
    writeJson({ outcome: interrupted ? 'interrupted' : 'fault', exit_code: exitCode, message });
  }
  process.stderr.write(`cynode: ${message}\n`);
  if (!expected && !interrupted && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return exitCode;
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
