import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.ts';

export interface RoleSpec {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Pause before a role that ended is started again, ms. */
const restartMs = 200;

/** A role that can be killed, frozen and brought back with the same address and state. */
export class RestartingProcess {
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
    const { script, args, cwd, env } = this.#spec;
    const child = Child.ofScript(script, args, { cwd, env });
    this.#child = child;
    void child.ended.then(async (code) => {
      this.log += `${child.output}\n-- ${this.name} ended with ${code}\n`;
      // A role may also end by itself, for instance a node that finds no orchestrator; a supervisor brings it back.
      await delay(restartMs);
      if (!this.#stopping && this.#child === child) this.start();
    });
  }

  get alive(): boolean {
    return this.#child?.running ?? false;
  }

  /** `kill -9`; it comes back by itself. */
  kill(): void {
    this.#child?.kill();
  }

  /** Stops it for a while as a stalled machine would. */
  async freeze(ms: number): Promise<void> {
    const child = this.#child;
    child?.freeze();
    await delay(ms);
    child?.thaw();
  }

  async stop(): Promise<number> {
    this.#stopping = true;
    const code = (await this.#child?.stop()) ?? 0;
    this.log += this.#child?.output ?? '';
    return code;
  }
}
