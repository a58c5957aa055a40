import process from 'node:process';
import { CommandError, UsageError } from '@cynodeai/command-line/error';
import { Notes, Output } from '@cynodeai/command-line/output';
import { runAsProcess } from '@cynodeai/command-line/process';
import { runProgram } from '@cynodeai/command-line/program';
import { Terminal } from '@cynodeai/command-line/terminal';
import { readEnv } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import { cynode } from './commands/catalogue.ts';
import { exitCodeOf } from './base/exit-code.ts';
import { LauncherError, isInterruption } from './base/launcher-error.ts';

/** One line for a person; a defect of ours shows where it happened. */
function textOf(error: unknown): string {
  if (error instanceof UsageError) {
    const help = error.path.length === 0 ? 'cynode help' : `cynode ${error.path.join(' ')} --help`;
    return `cynode: ${error.message}; see: ${help}`;
  }
  const expected =
    error instanceof LauncherError || error instanceof CommandError || isInterruption(error);
  const stack = !expected && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  return `cynode: ${messageOf(error)}${stack}`;
}

// `-V` is short for the version, as it is with most programs of this kind.
const argv = process.argv
  .slice(2)
  .map((word, index) => (index === 0 && word === '-V' ? '--version' : word));

const output = new Output('table', process.stdout);
const notes = new Notes({ stream: process.stderr, quiet: false, color: false });

await runAsProcess(
  (stop) =>
    runProgram(cynode, argv, {
      stdout: process.stdout,
      version: async () => (await import('./install/product-version.ts')).productVersion(),
      run: ({ command, input }) => {
        const context = {
          env: readEnv(),
          output,
          notes,
          get terminal() {
            return new Terminal({
              input: process.stdin,
              prompts: process.stderr,
              signal: stop(),
            });
          },
          get signal() {
            return stop();
          },
        };
        return command.run(context, input);
      },
      explain: async (error) => {
        await notes.text(`${textOf(error)}\n`);
        return exitCodeOf(error);
      },
    }),
  { exitCodeOf, textOf, hangsUp: !readEnv()['CYNODE_NOHUP'] },
);
