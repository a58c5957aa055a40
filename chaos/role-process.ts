import process from 'node:process';
import { Child } from '../features/support/child-process.ts';
import { root } from '../features/support/orchestrator.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface RoleSpec {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

/** A role that can be killed, frozen and brought back with the same address and state. */
export class RoleProcess {
  readonly name: string;
  /** Everything its processes printed. */
  log = '';
  readonly #spec: RoleSpec;
  #child: Child | undefined;
  #stopping = false;

  constructor(spec: RoleSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  start(): void {
    const child = new Child(process.execPath, [this.#spec.script, ...this.#spec.args], {
      cwd: root,
      env: this.#spec.env,
    });
    this.#child = child;
    void child.ended.then(async (code) => {
      this.log += `${child.stdout}${child.stderr}\n-- ${this.name} ended with ${code}\n`;
      // A role may also end by itself, for instance a node that finds no orchestrator; a supervisor brings it back.
      await delay(200);
      if (!this.#stopping && this.#child === child) this.start();
    });
  }

  get alive(): boolean {
    return this.#child?.running ?? false;
  }

  /** `kill -9`; it comes back by itself. */
  kill(): void {
    this.#child?.process.kill('SIGKILL');
  }

  /** Stops it for a while as a stalled machine would. */
  async freeze(ms: number): Promise<void> {
    const child = this.#child;
    child?.process.kill('SIGSTOP');
    await delay(ms);
    child?.process.kill('SIGCONT');
  }

  async stop(): Promise<number> {
    this.#stopping = true;
    const code = (await this.#child?.stop()) ?? 0;
    this.log += this.#child === undefined ? '' : `${this.#child.stdout}${this.#child.stderr}`;
    return code;
  }
}
