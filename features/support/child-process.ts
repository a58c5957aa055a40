import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process of ours under test: what it printed and how it ended. */
export class Child {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number>;

  constructor(
    program: string,
    args: readonly string[],
    options: {
      readonly env: Record<string, string>;
      readonly cwd: string;
      readonly input?: string;
    },
  ) {
    this.process = spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    if (options.input !== undefined) this.process.stdin?.end(options.input);
    this.#ended = once(this.process, 'close').then(([code]) =>
      typeof code === 'number' ? code : -1,
    );
  }

  /** Exit code, -1 when a signal ended it. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Asks it to stop in order and waits for that. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.running) this.process.kill(signal);
    return this.#ended;
  }
}
