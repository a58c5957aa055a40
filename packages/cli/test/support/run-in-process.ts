import { alice } from '@cynodeai/testing/doubles';
import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/start/run-command-line.ts';
import type { Home } from './cynork.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs a command line inside this process, with a token in the environment unless told otherwise. */
export async function runInProcess(
  home: Home,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(options.input ?? '');
  const textOf = (stream: PassThrough): string => String(stream.read() ?? '');
  const code = await runCommandLine(args, {
    env: async () => home.env({ CYNORK_TOKEN: alice.token, ...options.env }),
    stdin,
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
