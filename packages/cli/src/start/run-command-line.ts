import type { ParsedInput } from '@cynodeai/command-line/definition';
import { UsageError } from '@cynodeai/command-line/error';
import { Notes } from '@cynodeai/command-line/output';
import { type RunRequest, runProgram } from '@cynodeai/command-line/program';
import type { CommandContext } from '../commands/context.ts';
import { cynork } from '../commands/catalogue.ts';
import type { ProcessIo } from './create-context.ts';
import { exitCodeOf, isSignal } from '../base/exit-code.ts';
import { failureText } from '../base/failure-text.ts';
import type { globalFlags } from '../base/global-flags.ts';

type Request = RunRequest<CommandContext, typeof globalFlags>;

/** Decided only where it can matter: reading the environment loads a library. */
async function notesFor(io: ProcessIo, globals: Partial<Request['globals']>): Promise<Notes> {
  const { quiet = false, noColor = false } = globals;
  const color = !noColor && io.stderr.isTTY === true && !(await io.env())['NO_COLOR'];
  return new Notes({ stream: io.stderr, quiet, color });
}

function takesJsonLines({ jsonLines }: Request['command'], { flags }: ParsedInput): boolean {
  if (jsonLines === undefined) return false;
  return jsonLines === 'always' || flags[jsonLines.flag] === true;
}

function checkGlobals({ command, input, globals }: Request): void {
  const { gateway, context } = globals;
  if (gateway !== undefined && context !== undefined && command.path.join(' ') !== 'auth login') {
    throw new UsageError('give --gateway or --context, not both', command.path);
  }
  if (globals.config === '') throw new UsageError('--config needs a path', command.path);
  if (globals.output !== 'jsonl' || takesJsonLines(command, input)) return;
  throw new UsageError(
    'the output format jsonl is only for task watch and task logs --follow',
    command.path,
  );
}

async function run(request: Request, io: ProcessIo): Promise<number> {
  checkGlobals(request);
  const { command, input, globals } = request;
  const notes = await notesFor(io, globals);
  const { createContext } = await import('./create-context.ts');
  const { config, gateway, context: name, output: format = 'table' } = globals;
  const named = { gateway, context: name };
  const context = await createContext({ config, named, format, io, notes });
  try {
    return await command.run(context, input);
  } finally {
    await context.close();
  }
}

/** Loaded where it is read alone: a person who meets an error. */
async function tellNextStep(
  error: unknown,
  request: Request | undefined,
  { io, notes }: { readonly io: ProcessIo; readonly notes: Notes },
): Promise<void> {
  const { nextStep } = await import('../base/next-step.ts');
  const { command, globals: named = {} } = request ?? {};
  const hasToken = Boolean((await io.env())['CYNORK_TOKEN']);
  const next = nextStep(error, { path: command?.path ?? [], hasToken, named });
  if (next !== undefined) await notes.progress(next);
}

async function explain(
  error: unknown,
  request: Request | undefined,
  io: ProcessIo,
): Promise<number> {
  const notes = await notesFor(io, request?.globals ?? {});
  const code = exitCodeOf(error);
  if (!isSignal(error)) await notes.error(failureText(error));
  const path = error instanceof UsageError ? error.path : (request?.command.path ?? []);
  if (code === 2) await notes.hint(`see: ${['cynork', ...path, '--help'].join(' ')}`);
  if (io.stderr.isTTY) await tellNextStep(error, request, { io, notes });
  return code;
}

/** Everything from the command line to the exit code. See docs/reference/cli.md. */
export async function runCommandLine(argv: readonly string[], io: ProcessIo): Promise<number> {
  if (argv[0] === '__complete') {
    const { runComplete } = await import('./run-complete.ts');
    return runComplete(argv.slice(1), io, cynork);
  }
  return runProgram(cynork, argv, {
    stdout: io.stdout,
    version: async () => (await import('./print-version.ts')).versionLine(),
    run: (request) => run(request, io),
    explain: (error, request) => explain(error, request, io),
  });
}
