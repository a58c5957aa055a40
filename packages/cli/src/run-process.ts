import process from 'node:process';
import { UsageError } from './cli-error.ts';
import { commands, groups } from './commands/catalogue.ts';
import { exitCodeOf, isSignal } from './exit-code.ts';
import { failureText } from './failure-text.ts';
import { Notes } from './output/notes.ts';
import { isBrokenPipe, writeFully } from './output/stream.ts';
import { parseCommandLine, type Request } from './program/parse-command-line.ts';
import { stopSignal } from './signals.ts';

/** A reader that went away ends the process quietly; nothing else may end it in the middle of a write. */
function guardStreams(): void {
  process.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) process.exit(0);
  });
  process.stderr.on('error', () => {});
}

async function runRequest(
  request: Request & { readonly kind: 'run' },
  notes: Notes,
): Promise<void> {
  const { createContext } = await import('./create-context.ts');
  const { readEnv } = await import('@cynodeai/runtime/config');
  const signal = stopSignal();
  const context = await createContext({ globals: request.globals, env: readEnv(), notes, signal });
  try {
    await request.command.run(context, request.input);
  } finally {
    await context.close();
  }
}

/** Decided only where it can matter: reading the environment loads a library. */
async function colorWanted(): Promise<boolean> {
  if (!process.stderr.isTTY) return false;
  const { readEnv } = await import('@cynodeai/runtime/config');
  return (readEnv()['NO_COLOR'] ?? '') === '';
}

/** Everything from the command line to the exit code. Contract 05 section 2. */
export async function runProcess(argv: readonly string[]): Promise<never> {
  guardStreams();
  let notes = new Notes({ stream: process.stderr, quiet: false, color: await colorWanted() });
  let code = 0;
  let path: readonly string[] = [];
  try {
    const request = parseCommandLine(argv, commands, groups);
    if (request.kind === 'help') {
      await writeFully(process.stdout, request.text);
    } else {
      const { quiet, noColor } = request.globals;
      notes = new Notes({
        stream: process.stderr,
        quiet,
        color: !noColor && (await colorWanted()),
      });
      path = request.command.path;
      await runRequest(request, notes);
    }
  } catch (error) {
    code = exitCodeOf(error);
    if (!isSignal(error)) await notes.error(failureText(error));
    if (error instanceof UsageError) path = error.path;
    if (code === 2) await notes.hint(`see: ${['cynork', ...path, '--help'].join(' ')}`);
  }
  process.exit(code);
}
