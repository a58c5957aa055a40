import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { SandboxExit, SandboxRunSpec, SandboxSinks } from '../../../ports/sandbox-engine.ts';
import type { Log } from '@cynodeai/runtime/observe';
import { WorkerError } from '../../../domain/errors.ts';
import { classifyExit, type EndedCall } from './classify-exit.ts';
import { engineMessage } from './client.ts';
import { holdProcess, type HostProcess, killGroup, signalProcess } from './host-process.ts';
import { type PidWatch, readStarted, type StartedProcess } from './pid-watch.ts';
import { pidFileOf, type RunSetting, spawnRun } from './spawn-run.ts';

export interface ContainerRunDeps extends RunSetting {
  readonly pidWatch: PidWatch;
  readonly log: Log;
  /** Removes a container by force, also one that does not exist. @throws when it is still there */
  readonly forceRemove: (name: string) => Promise<void>;
}

type Cause = 'timed_out' | 'stopped';

/** Time in ms between SIGTERM and SIGKILL when the limit is reached. Contract 03 section 5.7. */
const timeoutGraceMs = 5000;
/** How long a stop waits for a container that is still being created. */
const createLimitMs = 30_000;
/** How long the engine may take to notice that a container was killed. */
const noticeLimitMs = 3000;
/** How long the client may live after its container was removed by force. */
const clientLimitMs = 5000;
/** The first process may not listen to signals yet when it is this young. */
const youngMs = 500;
const maxTimerMs = 2 ** 31 - 1;
const stderrKept = 4096;

/** One container from the engine call to its removal. */
export class ContainerRun {
  /** Resolves when nothing is left of the container. */
  readonly done: Promise<SandboxExit>;
  readonly #deps: ContainerRunDeps;
  readonly #spec: SandboxRunSpec;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #call = { silent: true, stderr: '' };
  #child: ChildProcess | undefined;
  #started: StartedProcess | undefined;
  #process: Promise<HostProcess | undefined> | undefined;
  #cause: Cause | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #over = false;
  #resists = Promise.withResolvers<never>();

  constructor(deps: ContainerRunDeps, spec: SandboxRunSpec, sinks: SandboxSinks) {
    this.#deps = deps;
    this.#spec = spec;
    this.#resists.promise.catch(() => {});
    this.done = this.#run(sinks);
    this.done.catch(() => {});
  }

  /** Ends the container: SIGTERM, `graceMs`, SIGKILL; without grace while it is being created. The earliest kill wins. */
  end(cause: Cause, graceMs: number): void {
    if (this.#over) return;
    this.#killAt = Math.min(this.#killAt, Date.now() + graceMs);
    if (this.#started !== undefined) {
      void this.#terminate(cause);
      return;
    }
    this.#cause ??= cause;
    this.#after(createLimitMs, () => void this.#force());
  }

  async #run(sinks: SandboxSinks): Promise<SandboxExit> {
    const spawned = new Date();
    const pidFile = pidFileOf(this.#deps.paths, this.#spec.name);
    // One of an earlier run of this job would make the engine's own refusal look like the job's end.
    rmSync(pidFile, { force: true });
    const cancelWatch = this.#deps.pidWatch.onStarted(pidFile, (started) => {
      this.#onStarted(started);
    });
    try {
      const code = await Promise.race([
        spawnRun(this.#deps, this.#spec, (child) => this.#exitOf(child, sinks)),
        this.#resists.promise,
      ]);
      const endedAt = new Date();
      this.#started ??= await readStarted(pidFile);
      return await this.#conclude(code, this.#started?.startedAt ?? spawned, endedAt);
    } finally {
      this.#over = true;
      cancelWatch();
      for (const timer of this.#timers) clearTimeout(timer);
      await rm(pidFile, { force: true });
    }
  }

  #exitOf(child: ChildProcess, sinks: SandboxSinks): Promise<number | null> {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#call.silent = false;
      sinks.stdout.write(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      const room = stderrKept - this.#call.stderr.length;
      if (room > 0) this.#call.stderr += chunk.subarray(0, room).toString('latin1');
      sinks.stderr.write(chunk);
    });
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.on('error', (cause) => {
      reject(new WorkerError('internal', 'the container engine cannot be started', { cause }));
    });
    child.on('exit', () => {
      // Whatever still holds the pipes is not the container, which is gone by now.
      this.#after(noticeLimitMs, () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    });
    child.on('close', resolve);
    return promise;
  }

  #onStarted(started: StartedProcess): void {
    this.#started = started;
    this.#process = holdProcess(started.pid);
    if (this.#cause !== undefined) {
      void this.#kill();
      return;
    }
    const left = this.#spec.timeoutSeconds * 1000 - (Date.now() - started.startedAt.getTime());
    this.#after(left, () => this.end('timed_out', timeoutGraceMs));
  }

  async #terminate(cause: Cause): Promise<void> {
    const held = await this.#process;
    if (held === undefined || !(await signalProcess(held, 'SIGTERM'))) return;
    this.#cause ??= cause;
    const age = Date.now() - (this.#started?.startedAt.getTime() ?? 0);
    if (age < youngMs) this.#after(youngMs, () => void signalProcess(held, 'SIGTERM'));
    this.#after(this.#killAt - Date.now(), () => void this.#kill());
  }

  async #kill(): Promise<void> {
    const held = await this.#process;
    if (held !== undefined) await signalProcess(held, 'SIGKILL');
    this.#after(noticeLimitMs, () => void this.#force());
  }

  /** The engine did not notice the kill, or never got as far as a process. */
  async #force(): Promise<void> {
    if (this.#over) return;
    try {
      await this.#deps.forceRemove(this.#spec.name);
      this.#after(clientLimitMs, () => killGroup(this.#child?.pid));
    } catch (cause) {
      killGroup(this.#child?.pid);
      const message = `container ${this.#spec.name} could not be removed`;
      this.#resists.reject(new WorkerError('container_resists', message, { cause }));
    }
  }

  async #conclude(code: number | null, startedAt: Date, endedAt: Date): Promise<SandboxExit> {
    const call: EndedCall = { code, started: this.#started !== undefined, ...this.#call };
    const verdict = classifyExit(call);
    const times = { startedAt, endedAt };
    if (verdict.kind === 'exited' && this.#cause === undefined) {
      // The engine's own limit did it: this process was held up.
      const late =
        endedAt.getTime() - startedAt.getTime() > this.#spec.timeoutSeconds * 1000 + 10_000;
      return late ? { kind: 'timed_out', ...times } : { ...verdict, ...times };
    }
    await this.#deps.forceRemove(this.#spec.name).catch((cause: unknown) => {
      const message = `container ${this.#spec.name} could not be removed`;
      throw new WorkerError('container_resists', message, { cause });
    });
    if (this.#cause === 'timed_out') return { kind: 'timed_out', ...times };
    if (this.#cause === 'stopped') {
      const exitCode = verdict.kind === 'exited' ? verdict.exitCode : undefined;
      return { kind: 'stopped', exitCode, ...times };
    }
    const detail = { container: this.#spec.name, engine: engineMessage(this.#call.stderr) };
    this.#deps.log.warn('sandbox did not run', { ...detail, verdict: verdict.kind });
    if (verdict.kind === 'not_started') return { ...verdict, ...times };
    if (verdict.kind === 'name_taken') {
      throw new WorkerError('not_run', 'what an earlier run of the job left was in the way');
    }
    throw new WorkerError('internal', 'the container engine ended without an answer');
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#over) action();
      },
      Math.min(Math.max(0, ms), maxTimerMs),
    );
    this.#timers.add(timer);
  }
}
