import { type FakeGateway } from '@cynodeai/testing/doubles';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

/** The executable people start. */
export const executable = resolve(import.meta.dirname, '../../../../cynork');

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty and closed when absent. */
  readonly input?: string | Buffer;
}

/** A home folder of one test with the environment of its commands; gone afterwards. */
export class Home implements AsyncDisposable {
  readonly path: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(path: string, gateway: FakeGateway | undefined) {
    this.path = path;
    this.#env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: path,
      ...(gateway && { CYNORK_GATEWAY_URL: gateway.url }),
    };
  }

  static async create(gateway?: FakeGateway): Promise<Home> {
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

  /** Starts a command that reads what the test writes. */
  start(args: readonly string[], { env }: Pick<RunOptions, 'env'> = {}): Child {
    return new Child(executable, args, { env: this.env(env), input: { open: true } });
  }

  /** Runs a command to its end. */
  run(args: readonly string[], { env, input = '' }: RunOptions = {}): Promise<Outcome> {
    return new Child(executable, args, { env: this.env(env), input }).outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
