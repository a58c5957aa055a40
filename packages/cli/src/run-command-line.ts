import { UsageError } from './cli-error.ts';
import { commands, groups } from './commands/catalogue.ts';
import type { ProcessIo } from './create-context.ts';
import { exitCodeOf, isSignal } from './exit-code.ts';
import { failureText } from './failure-text.ts';
import { Notes } from './output/notes.ts';
import { writeFully } from './output/stream.ts';
import { parseCommandLine, type Request } from './program/parse-command-line.ts';

type RunRequest = Request & { readonly kind: 'run' };

/** Decided only where it can matter: reading the environment loads a library. */
async function notesFor(io: ProcessIo, quiet: boolean, noColor: boolean): Promise<Notes> {
  const color = !noColor && io.stderr.isTTY === true && !(await io.env())['NO_COLOR'];
  return new Notes({ stream: io.stderr, quiet, color });
}

async function runRequest(
  { command, input, globals }: RunRequest,
  io: ProcessIo,
  notes: Notes,
): Promise<void> {
  const { createContext } = await import('./create-context.ts');
  const context = await createContext({ globals, io, notes });
  try {
    await command.run(context, input);
  } finally {
    await context.close();
  }
}

async function explain(error: unknown, path: readonly string[], notes: Notes): Promise<number> {
  const code = exitCodeOf(error);
  if (!isSignal(error)) await notes.error(failureText(error));
  const help = error instanceof UsageError ? error.path : path;
  if (code === 2) await notes.hint(`see: ${['cynork', ...help, '--help'].join(' ')}`);
  return code;
}

/** Everything from the command line to the exit code. Contract 05 section 2. */
export async function runCommandLine(argv: readonly string[], io: ProcessIo): Promise<number> {
  if (argv[0] === '__complete') {
    const { runComplete } = await import('./completion/run-complete.ts');
    return runComplete(argv.slice(1), io, commands, groups);
  }
  let request: Request;
  try {
    request = parseCommandLine(argv, commands, groups);
  } catch (error) {
    return explain(error, [], await notesFor(io, false, false));
  }
  if (request.kind === 'help') {
    await writeFully(io.stdout, request.text);
    return 0;
  }
  const { quiet, noColor } = request.globals;
  const notes = await notesFor(io, quiet, noColor);
  try {
    await runRequest(request, io, notes);
    return 0;
  } catch (error) {
    return explain(error, request.command.path, notes);
  }
}
