import { elapsedMs } from '@cynodeai/runtime/std';
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
import { holdProcess, type HostProcess, signalProcess } from '../shared/host-process.ts';
import type { AdoptedRun, Keepers, KeptRun } from '../shared/keeper/keepers.ts';
import type { KeptEnd } from '../shared/keeper/spool.ts';
import { upperDirOfProcess } from './layer.ts';
import { endMonitors, monitorsOf } from './monitors.ts';
import { type PidWatch, readStarted, type StartedProcess } from './pid-watch.ts';
import { engineCall, pidFileOf, type RunSetting } from './engine-call.ts';

export interface PodmanRunDeps extends RunSetting {
  readonly pidWatch: PidWatch;
  readonly keepers: Keepers;
}

/** How long a removal waits for a client that is still bringing the container up, ms. */
const startRemovalMs = 5000;

/** A container that is one call of the engine: `podman run` creates, starts, follows and removes it, under a keeper. */
export class PodmanContainer implements EngineContainer {
  readonly #deps: PodmanRunDeps;
  readonly #run: SandboxRunSpec | AdoptedRun;
  #kept: KeptRun | undefined;
  #process: Promise<HostProcess | undefined> | undefined;
  #layer: Promise<string | undefined> | undefined;
  /** When its first process was there, on the monotonic clock, ms. */
  #startedMs: number | undefined;
  #startedAt: Date | undefined;
  /** Its call has ended: the number of its process may be somebody else's. */
  #isOver = false;

  constructor(deps: PodmanRunDeps, run: SandboxRunSpec | AdoptedRun) {
    this.#deps = deps;
    this.#run = run;
  }

  async run(sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd> {
    const output = new WatchedOutput(sinks);
    const pidFile = pidFileOf(this.#deps.paths, this.#run.name);
    // One of an earlier run of this job would make the engine's own refusal look like the job's end.
    if (!this.#isAdopted) rmSync(pidFile, { force: true });
    const onStarted = ({ pid, startedAt }: StartedProcess): void => {
      this.#startedMs ??= elapsedMs();
      this.#startedAt ??= startedAt;
      this.#process ??= holdProcess(pid);
      this.#layer ??= upperDirOfProcess(pid, layersDirOf(this.#deps.command));
      hooks.started(startedAt);
    };
    const cancelWatch = this.#deps.pidWatch.onStarted(pidFile, onStarted);
    try {
      this.#kept = this.#begin();
      const end = await this.#kept.follow(output);
      this.#isOver = true;
      if (end?.kind === 'fault') {
        const cause = new Error(end.words);
        throw new WorkerError('internal', 'the container engine cannot be started', { cause });
      }
      // The watch may not have told yet of one that ended at once.
      const late = this.#process === undefined ? await readStarted(pidFile) : undefined;
      if (late !== undefined) onStarted(late);
      const started = this.#process !== undefined;
      return this.#endOf(end, { started, wanted: hooks.wanted() }, output);
    } finally {
      cancelWatch();
      await rm(pidFile, { force: true });
    }
  }

  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    const held = await this.#process;
    return !this.#isOver && held !== undefined && (await signalProcess(held, signal));
  }

  async trace(): Promise<ContainerTrace> {
    const pid = this.#isOver ? undefined : (await this.#process)?.pid;
    return { layer: await this.#layer, ...(pid !== undefined && { pid }) };
  }

  async isGone(): Promise<boolean> {
    const layer = await this.#layer;
    return layer === undefined || !(await exists(layer));
  }

  async remove(): Promise<void> {
    const { command } = this.#deps;
    const { name } = this.#run;
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
    this.#kept?.kill();
  }

  forget(): void {
    this.#deps.keepers.forget(this.#run.name);
  }

  get #isAdopted(): boolean {
    return 'kept' in this.#run;
  }

  #begin(): KeptRun {
    const run = this.#run;
    if ('kept' in run) return run.kept;
    return this.#deps.keepers.start(run.name, engineCall(this.#deps, run), run.isPrivate);
  }

  /** How long its first process was there, ms: of one that was adopted the clock tells. */
  #ageAt(end: KeptEnd | undefined): number {
    const nowMs = elapsedMs();
    const watchedMs = nowMs - (this.#startedMs ?? nowMs);
    if (!this.#isAdopted || end === undefined) return watchedMs;
    return end.at.getTime() - (this.#startedAt ?? end.at).getTime();
  }

  #endOf(
    end: KeptEnd | undefined,
    known: Pick<EndedCall, 'started' | 'wanted'>,
    output: WatchedOutput,
  ): ContainerEnd {
    const { silent, firstWords } = output;
    const { wanted } = known;
    const code = end?.kind === 'exited' ? end.code : null;
    const call = { ...known, code };
    const wrote = !silent || firstWords !== '';
    const ageMs = this.#ageAt(end);
    if (!wanted && code !== null && endedAsInit({ exitCode: code, wrote, ageMs })) {
      return { kind: 'not_wanted' };
    }
    const verdict = classifyExit({ ...call, ageMs, silent, stderr: firstWords });
    const words = engineMessage(firstWords);
    switch (verdict.kind) {
      case 'exited':
        return { ...verdict, ...(this.#isAdopted && { lastedMs: ageMs }) };
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
        // Of one that had begun they are the job's, and in no log.
        const said = call.started ? '' : words;
        return { kind: 'fault', error: new WorkerError('internal', message), words: said };
      }
    }
  }
}
