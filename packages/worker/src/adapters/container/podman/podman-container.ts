import { elapsedMs } from '@cynodeai/runtime/std';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { exists } from '@cynodeai/runtime/files';
import { diskFull, isDiskFull, WorkerError } from '../../../domain/errors.ts';
import type {
  ContainerTrace,
  SandboxRunSpec,
  SandboxSinks,
} from '../../../ports/sandbox-engine.ts';
import type { ContainerEnd, EngineContainer, RunHooks } from '../shared/engine-container.ts';
import { endedAsInit } from '../shared/ended-as-init.ts';
import { WatchedOutput } from '../shared/watched-output.ts';
import { classifyExit, type EndedCall } from './classify-exit.ts';
import { engineMessage } from './client.ts';
import { forceRemove, layersDirOf, removeRemainsOf } from './containers.ts';
import { holdProcess, type HostProcess, killGroup, signalProcess } from './host-process.ts';
import { upperDirOfProcess } from './layer.ts';
import { endMonitors, monitorsOf } from './monitors.ts';
import { type PidWatch, readStarted, type StartedProcess } from './pid-watch.ts';
import { pidFileOf, type RunSetting, spawnRun } from './spawn-run.ts';

export interface PodmanRunDeps extends RunSetting {
  readonly pidWatch: PidWatch;
}

/** How long a removal waits for a client that is still bringing the container up, ms. */
const startRemovalMs = 5000;

/** How long something beside the container may hold its pipes, ms. */
const pipesLimitMs = 3000;

/** A container that is one call of the engine: `podman run` creates, starts, follows and removes it. */
export class PodmanContainer implements EngineContainer {
  readonly #deps: PodmanRunDeps;
  readonly #spec: SandboxRunSpec;
  #child: ChildProcess | undefined;
  #process: Promise<HostProcess | undefined> | undefined;
  #layer: Promise<string | undefined> | undefined;
  /** When its first process was there, on the monotonic clock, ms. */
  #startedMs: number | undefined;

  constructor(deps: PodmanRunDeps, spec: SandboxRunSpec) {
    this.#deps = deps;
    this.#spec = spec;
  }

  async run(sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd> {
    const output = new WatchedOutput(sinks);
    const pidFile = pidFileOf(this.#deps.paths, this.#spec.name);
    // One of an earlier run of this job would make the engine's own refusal look like the job's end.
    rmSync(pidFile, { force: true });
    const onStarted = ({ pid, startedAt }: StartedProcess): void => {
      this.#startedMs ??= elapsedMs();
      this.#process ??= holdProcess(pid);
      this.#layer ??= upperDirOfProcess(pid, layersDirOf(this.#deps.command));
      hooks.started(startedAt);
    };
    const cancelWatch = this.#deps.pidWatch.onStarted(pidFile, onStarted);
    try {
      const code = await spawnRun(this.#deps, this.#spec, (child) => this.#exitOf(child, output));
      // The watch may not have told yet of one that ended at once.
      const late = this.#process === undefined ? await readStarted(pidFile) : undefined;
      if (late !== undefined) onStarted(late);
      const started = this.#process !== undefined;
      return this.#endOf({ code, started, wanted: hooks.wanted() }, output);
    } finally {
      cancelWatch();
      await rm(pidFile, { force: true });
    }
  }

  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    const held = await this.#process;
    return held !== undefined && (await signalProcess(held, signal));
  }

  async trace(): Promise<ContainerTrace> {
    return { layer: await this.#layer, pid: (await this.#process)?.pid };
  }

  async isGone(): Promise<boolean> {
    const layer = await this.#layer;
    return layer === undefined || !(await exists(layer));
  }

  async remove(): Promise<void> {
    const { command } = this.#deps;
    const { name } = this.#spec;
    const begun = this.#process !== undefined;
    try {
      await forceRemove(command, name, begun ? undefined : startRemovalMs);
    } catch {
      // While it waits for a start that does not come about, the client holds the container.
      this.release();
      const monitors = await monitorsOf(command);
      await endMonitors(monitors.filter(({ container }) => container === name));
      await forceRemove(command, name);
    }
    if (!begun || !(await this.isGone())) await removeRemainsOf(command, name);
  }

  release(): void {
    const child = this.#child;
    // The number of one that has ended may be somebody else's.
    if (child?.exitCode === null && child.signalCode === null) killGroup(child.pid);
  }

  #exitOf(child: ChildProcess, output: WatchedOutput): Promise<number | null> {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => output.stdout.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.stderr.write(chunk));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.on('error', (cause) => {
      reject(new WorkerError('internal', 'the container engine cannot be started', { cause }));
    });
    child.on('exit', () => {
      // Whatever still holds the pipes is not the container, which is gone by now.
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipesLimitMs);
      child.once('close', () => clearTimeout(timer));
    });
    child.on('close', resolve);
    return promise;
  }

  #endOf(
    call: Pick<EndedCall, 'code' | 'started' | 'wanted'>,
    output: WatchedOutput,
  ): ContainerEnd {
    const { silent, firstWords } = output;
    const { code, wanted } = call;
    const wrote = !silent || firstWords !== '';
    const nowMs = elapsedMs();
    const ageMs = nowMs - (this.#startedMs ?? nowMs);
    if (!wanted && code !== null && endedAsInit({ exitCode: code, wrote, ageMs })) {
      return { kind: 'not_wanted' };
    }
    const verdict = classifyExit({ ...call, ageMs, silent, stderr: firstWords });
    const words = engineMessage(firstWords);
    switch (verdict.kind) {
      case 'exited':
      case 'not_wanted':
        return verdict;
      case 'not_started': {
        // Of one that had a process these may be the job's words.
        if (call.started || !isDiskFull(new Error(firstWords))) return { ...verdict, words };
        return { kind: 'fault', error: new WorkerError('not_run', diskFull), words };
      }
      case 'name_taken': {
        const message = 'what an earlier run of the job left was in the way';
        return { kind: 'fault', error: new WorkerError('not_run', message), words };
      }
      case 'start_lost': {
        const message = 'processes or memory were wanting when the sandbox was to start';
        return { kind: 'fault', error: new WorkerError('start_lost', message), words };
      }
      case 'engine_fault': {
        const message = 'the container engine ended without an answer';
        return { kind: 'fault', error: new WorkerError('internal', message), words };
      }
    }
  }
}
