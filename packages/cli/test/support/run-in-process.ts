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

/** As `runInProcess`, with standard output byte for byte. */
export async function bytesInProcess(
  home: Home,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran & { readonly bytes: Buffer }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(options.input ?? '');
  const bytesOf = (stream: PassThrough): Buffer => (stream.read() ?? Buffer.alloc(0)) as Buffer;
  const code = await runCommandLine(args, {
    env: async () => home.env({ CYNORK_TOKEN: alice.token, ...options.env }),
    stdin,
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
  });
  const bytes = bytesOf(stdout);
  return { code, stdout: String(bytes), stderr: String(bytesOf(stderr)), bytes };
}

/** Runs a command line inside this process, with a token in the environment unless told otherwise. */
export async function runInProcess(
  home: Home,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await bytesInProcess(home, args, options);
  return { code, stdout, stderr };
}
