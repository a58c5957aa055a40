import type { Flags, Program } from '../definition/index.ts';
import { type TextStream, writeText } from '../output/index.ts';
import { type RunRequest, parseCommandLine } from './parse-command-line.ts';

/** What a program adds to its definitions. */
export interface ProgramHooks<C, G extends Flags> {
  /** Where help and version go. */
  readonly stdout: TextStream;
  /** The line that tells the version. */
  readonly version: () => Promise<string>;
  /** Makes the context, runs the command in it and answers its exit code. */
  readonly run: (request: RunRequest<C, G>) => Promise<number>;
  /** Says what went wrong and answers the exit code; without a request the command line was not understood. */
  readonly explain: (error: unknown, request: RunRequest<C, G> | undefined) => Promise<number>;
}

/** Everything from the command line to the exit code. See docs/reference/cli.md. */
export async function runProgram<C, G extends Flags>(
  program: Program<C, G>,
  argv: readonly string[],
  hooks: ProgramHooks<C, G>,
): Promise<number> {
  let request: RunRequest<C, G> | undefined;
  try {
    const asked = parseCommandLine(program, argv);
    if (asked.kind === 'run') {
      request = asked;
      return await hooks.run(asked);
    }
    const text = asked.kind === 'help' ? asked.text : `${await hooks.version()}\n`;
    await writeText(hooks.stdout, text);
    return 0;
  } catch (error) {
    return hooks.explain(error, request);
  }
}
