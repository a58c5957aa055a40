import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads; without it its standard input is empty. */
  readonly input?: string;
}

const running = new Set<Child>();

// Nothing a test started outlives it, also when the test could not end it.
process.on('exit', () => {
  for (const child of running) child.kill();
});

/** A process of ours under test: what it printed and how it ended. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number>;

  constructor(program: string, args: readonly string[], options: ChildOptions) {
    this.process = spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    running.add(this);
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    if (options.input !== undefined) this.process.stdin?.end(options.input);
    this.#ended = once(this.process, 'close').then(([code]) => {
      running.delete(this);
      return typeof code === 'number' ? code : -1;
    });
  }

  /** A script of ours under the Node that runs the tests. */
  static ofScript(script: string, args: readonly string[], options: ChildOptions): Child {
    return new Child(process.execPath, [script, ...args], options);
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** Everything it printed. */
  get output(): string {
    return `${this.stdout}${this.stderr}`;
  }

  /** Exit code, -1 when a signal ended it. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** `kill -9` unless told otherwise. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.process.kill(signal);
  }

  /** It stands still, as on a stalled machine, until `thaw`. */
  freeze(): void {
    this.kill('SIGSTOP');
  }

  thaw(): void {
    this.kill('SIGCONT');
  }

  /** Asks it to stop in order and waits for that. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.running) this.process.kill(signal);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}
