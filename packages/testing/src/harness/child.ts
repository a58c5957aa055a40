import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

export interface ChildOptions extends Pick<SpawnOptions, 'argv0' | 'cwd' | 'detached'> {
  /** Its whole environment; without one it gets that of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; `open` lets the test write. Without it its standard input is empty. */
  readonly input?: string | Buffer | { readonly open: true };
}

/** How a process ended: one of both is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a process ended and what it said. */
export interface Outcome extends Exit {
  readonly stdout: string;
  readonly stderr: string;
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
  /** As soon as it ended; what it started may still hold its output. */
  readonly exit: Promise<Exit>;
  /** When it ended and everything it printed is here. */
  readonly outcome: Promise<Outcome>;
  #isOver = false;
  #heard = Promise.withResolvers<void>();

  constructor(program: string, args: readonly string[], options: ChildOptions = {}) {
    const { input, ...others } = options;
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] as const;
    this.process = spawn(program, args, { ...others, stdio: [...stdio] });
    running.add(this);
    for (const name of ['stdout', 'stderr'] as const) {
      this.process[name]?.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        this.#hear();
      });
    }
    // It may end without reading what it is given.
    this.process.stdin?.on('error', () => {});
    if (typeof input === 'string' || Buffer.isBuffer(input)) this.end(input);
    this.exit = once(this.process, 'exit').then(([code, signal]) => ({ code, signal }));
    // A program that cannot be started fails the outcome too, which may be all that is asked for.
    this.exit.catch(() => {});
    this.outcome = once(this.process, 'close').then(([code, signal]) => {
      running.delete(this);
      this.#isOver = true;
      this.#hear();
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** A script of ours under the Node that runs the tests. */
  static ofScript(script: string, args: readonly string[], options: ChildOptions = {}): Child {
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
    return this.outcome.then(({ code }) => code ?? -1);
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Waits until it printed this, and gives the match. @throws Error when it ends without. */
  async printed(part: string | RegExp): Promise<RegExpExecArray> {
    const pattern = typeof part === 'string' ? new RegExp(RegExp.escape(part)) : part;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.#isOver) throw new Error(`it ended without printing ${pattern}: ${this.output}`);
      await this.#heard.promise;
    }
  }

  #hear(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  /** Writes to its open input. */
  write(text: string): void {
    this.process.stdin?.write(text);
  }

  /** Ends its open input. */
  end(text: string | Buffer = ''): void {
    this.process.stdin?.end(text);
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
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}
