import { type MockGateway } from '@cynodeai/testing/doubles';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

/** The executable people start. */
export const executable = resolve(import.meta.dirname, '../../../../cynork');

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty and closed when absent. */
  readonly input?: string | Buffer;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves once standard output holds the text. */
  readonly printed: (part: string) => Promise<void>;
  readonly ended: Promise<Outcome>;
}

/** A home folder of one test with the environment of its commands; gone afterwards. */
export class Home implements AsyncDisposable {
  readonly path: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(path: string, gateway: MockGateway | undefined) {
    this.path = path;
    this.#env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: path,
      ...(gateway && { CYNORK_GATEWAY_URL: gateway.url }),
    };
  }

  static async create(gateway?: MockGateway): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'cynork-test-')), gateway);
  }

  get configFile(): string {
    return join(this.path, '.config', 'cynork', 'config.yaml');
  }

  async config(text: string, mode = 0o600): Promise<void> {
    await mkdir(dirname(this.configFile), { recursive: true, mode: 0o700 });
    await writeFile(this.configFile, text, { mode });
  }

  readConfig(): Promise<string> {
    return readFile(this.configFile, 'utf8');
  }

  /** Writes a file below the home and answers its path. */
  async file(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Environment of a command; `undefined` removes a variable. */
  env(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.#env, ...extra };
  }

  start(args: readonly string[], options: RunOptions = {}): Running {
    return startProgram(executable, args, { ...options, env: this.env(options.env) });
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const running = this.start(args, options);
    running.child.stdin.end(options.input ?? '');
    return running.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Starts a program with exactly the given environment. */
export function startProgram(
  program: string,
  args: readonly string[],
  options: RunOptions & { readonly env: Readonly<Record<string, string>> },
): Running {
  const child = spawn(program, args, { env: options.env, stdio: 'pipe' });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => output.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.stderr.push(chunk));
  child.stdin.on('error', () => {});
  const textOf = (stream: 'stdout' | 'stderr'): string => Buffer.concat(output[stream]).toString();
  const ended = once(child, 'close').then(([code, signal]): Outcome => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: textOf('stdout'),
    stderr: textOf('stderr'),
  }));
  const printed = async (part: string): Promise<void> => {
    while (!textOf('stdout').includes(part) && !textOf('stderr').includes(part)) {
      const [winner] = await Promise.race([
        once(child.stdout, 'data').then(() => ['data']),
        once(child.stderr, 'data').then(() => ['data']),
        once(child, 'close').then(() => ['close']),
      ]);
      if (winner === 'close')
        throw new Error(`ended without printing ${part}: ${textOf('stderr')}`);
    }
  };
  return { child, printed, ended };
}
