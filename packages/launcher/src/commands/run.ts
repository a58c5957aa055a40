import type { CommandInput } from '@cynodeai/command-line/definition';
import { CommandError } from '@cynodeai/command-line/error';
import { GatewayError } from '@cynodeai/api-client';
import { type LocalFolder, bodyWithFolder } from '@cynodeai/api-client/folder';
import { SaveError } from '@cynodeai/api-client/save-files';
import {
  type TaskInput,
  type TaskInputFlags,
  TaskInputError,
  readTaskInput,
  taskInputFlags,
} from '@cynodeai/api-client/task-input';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { messageOf } from '@cynodeai/runtime/std';
import type { Install } from '../install/install.ts';
import { exitCodeOf, exitCodes } from '../base/exit-code.ts';
import { LauncherError, isInterruption } from '../base/launcher-error.ts';
import { localClient } from '../run/local-client.ts';
import { looksLikeCommand } from '../domain/looks-like-command.ts';
import { outcomeOf } from '../run/outcome.ts';
import { type LeftFiles, type SaveWish, checkWish, takeFiles } from '../run/left-files.ts';
import { LivePrinter } from '../run/live-printer.ts';
import { printJson, printText, printed } from '../run/print-outcome.ts';
import { findTrouble, needOf, readyInstall } from '../run/ready-install.ts';
import { runTask } from '../run/run-task.ts';
import { runningStack } from '../stack/running-stack.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { runArgs, runFlags } from './flags.ts';

type RunFlags = FlagsOf<typeof runFlags>;

/** Runs a task and prints what came of it; answers the exit code. */
export async function run(
  context: CommandContext,
  { args, flags, rest }: CommandInput<typeof runArgs, typeof runFlags>,
): Promise<number> {
  try {
    const typed = { ...inputOf(flags, args.prompt), ...(rest && { rest }) };
    await using input = await readTaskInput(typed, context);
    return await runRequest(input, flags, context);
  } catch (error) {
    return await printFailure(flags, error, context);
  }
}

/** What the flags of a task say here, where a prompt needs no flag and commands may stand together behind one. */
function inputOf(flags: RunFlags, positional: string | undefined): TaskInputFlags {
  const {
    commands,
    output: _o,
    inference: _i,
    ports: _p,
    database: _d,
    yes: _y,
    quiet: _q,
    out: _out,
    force: _f,
    ...typed
  } = flags;
  if (typed.command && commands) {
    throw new TaskInputError('use either --command or --commands, not both');
  }
  const input = taskInputFlags(typed);
  if (positional !== undefined && input.prompt !== undefined) {
    throw new TaskInputError('give the prompt once');
  }
  return {
    ...input,
    ...(positional !== undefined && { prompt: positional }),
    ...(commands !== undefined && { command: commands }),
  };
}

function wishOf({ out, force: replace = false }: RunFlags): SaveWish | undefined {
  if (out === '') throw new TaskInputError('--out is empty: name the folder for the files');
  if (out === undefined && replace) throw new TaskInputError('--force is for --out');
  return out === undefined ? undefined : { out, replace };
}

async function runRequest(
  input: TaskInput,
  flags: RunFlags,
  context: CommandContext,
): Promise<number> {
  const { body: request, files } = input;
  const progress = new Progress({ quiet: flags.quiet ?? false });
  const onBegin = (): void => progress.done();
  const isAnswer = needOf(request) === 'answer';
  const live = new LivePrinter({ ...context, onBegin, isAnswer });
  const { prompt = '' } = request;
  if (isAnswer && looksLikeCommand(prompt)) {
    progress.note(`a prompt goes to a model; to run it: cynode run --command ${quoted(prompt)}`);
  }
  for (const note of input.folder?.notes ?? []) progress.note(note);
  const onStep = (what: string): void => {
    if (!live.begun) progress.step(what);
  };
  try {
    const need = needOf(request);
    const wish = wishOf(flags);
    await checkWish(wish);
    // The words of a model on their way into a pipe are the whole answer or none.
    const isWatched = flags.output !== 'json' && (context.output.isScreen || !isAnswer);
    const { yes = false, inference: choice, ports, database } = flags;
    const starting = { progress, yes, choice, ports, database, need };
    const install = await readyInstall({ ...context, ...starting });
    const couldAskDemo = need !== undefined && runningStack(install)?.inference.kind === 'demo';
    const client = localClient(install);
    await using _closing = { [Symbol.asyncDispose]: () => client.close() };
    const { env, signal } = context;
    const onSend = ({ entries }: LocalFolder): void =>
      onStep(`sending the folder (${entries} files)`);
    const body = await bodyWithFolder(client, input, { env, signal, onSend });
    const once = (): Promise<TaskResult> =>
      runTask({
        client,
        request: body,
        files,
        signal: context.signal,
        onStep,
        ...(isWatched && { follow: (id, signal) => live.follow(client, id, signal) }),
        working: need === 'answer' ? 'asking the model' : 'running the job',
        findTrouble: () => findTrouble(install, need),
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
    const last = lost ? await once() : result;
    progress.done();
    const take = (): Promise<LeftFiles> => takeFiles(client, last, wish, context.signal);
    const ran = { result: last, outcome: outcomeOf(last), couldAskDemo, live, takeFiles: take };
    const print = flags.output === 'json' ? printJson : printText;
    return await printed(() => print(context, ran), ran.outcome, context);
  } finally {
    progress.done();
  }
}

/** As a shell would take it. */
function quoted(text: string): string {
  return `'${text.trim().replaceAll("'", String.raw`'\''`)}'`;
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

async function printFailure(
  flags: RunFlags,
  error: unknown,
  context: CommandContext,
): Promise<number> {
  const interrupted = context.signal.aborted || isInterruption(error);
  const expected =
    error instanceof LauncherError ||
    error instanceof GatewayError ||
    error instanceof CommandError ||
    error instanceof SaveError ||
    error instanceof TaskInputError;
  const message = interrupted ? 'interrupted' : messageOf(error);
  const exitCode = interrupted ? exitCodes.interrupted : exitCodeOf(error);
  if (flags.output === 'json') {
    const outcome = interrupted ? 'interrupted' : 'fault';
    await context.output.json({ outcome, exit_code: exitCode, message }).catch(() => {});
  }
  await context.notes.text(`cynode: ${message}\n`);
  if (!expected && !interrupted && error instanceof Error) {
    await context.notes.text(`${error.stack ?? ''}\n`);
  }
  return exitCode;
}
