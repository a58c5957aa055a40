import type { Log } from '@cynodeai/runtime/observe';
import { elapsedMs, messageOf, parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { diskFull, isDiskFull, WorkerError } from '../../../domain/errors.ts';
import type {
  ContainerTrace,
  SandboxMount,
  SandboxRunSpec,
  SandboxSinks,
} from '../../../ports/sandbox-engine.ts';
import type { ContainerEnd, EngineContainer, RunHooks } from '../shared/engine-container.ts';
import { longestStartMs } from '../shared/exit-reasons.ts';
import { endedAsInit } from '../shared/ended-as-init.ts';
import type { AdoptedRun, Keepers, KeptRun } from '../shared/keeper/keepers.ts';
import type { KeptEnd, SpoolSinks } from '../shared/keeper/spool.ts';
import { WatchedOutput } from '../shared/watched-output.ts';
import { classifyRefusal, initRefusal } from './classify.ts';
import { createBody, type DockerProfile } from './create-body.ts';
import { forceRemove } from './containers.ts';
import { type Daemon, type DaemonAnswer, type DaemonCall, daemonMessage } from './daemon.ts';

export interface DockerRunDeps {
  readonly daemon: Daemon;
  readonly profile: DockerProfile;
  /** Files shown in every sandbox instead of the host's. */
  readonly hostFiles: readonly SandboxMount[];
  readonly keepers: Keepers;
  readonly log: Log;
}

/** What a daemon says of a container; where its layers lie in no folders, nothing of them. */
const traceSchema = z.object({
  GraphDriver: z
    .object({ Data: z.object({ UpperDir: z.string().optional() }).nullish() })
    .nullish(),
  State: z.object({ Pid: z.int() }),
});

/** Of one that was adopted: whether it was ever started, and when. */
const startSchema = z.object({
  State: z.object({ Status: z.string(), StartedAt: z.coerce.date() }),
});

function refused(answer: DaemonAnswer): ContainerEnd {
  const words = daemonMessage(answer);
  if (!isDiskFull(new Error(words))) return { ...classifyRefusal(answer), words };
  return { kind: 'fault', error: new WorkerError('not_run', diskFull), words };
}

/** What went wrong in the middle; whatever the daemon did is a fault of the node. */
function faultOf(cause: unknown): ContainerEnd {
  const passes = cause instanceof WorkerError && cause.code !== 'engine_unusable';
  const error = passes
    ? cause
    : new WorkerError('internal', 'the Docker daemon failed a run', { cause });
  return { kind: 'fault', error, words: messageOf(cause) };
}

/** A container that is created and started by calls of the daemon and followed by a keeper; it removes itself. */
export class DockerContainer implements EngineContainer {
  readonly #deps: DockerRunDeps;
  readonly #run: SandboxRunSpec | AdoptedRun;
  readonly #released = new AbortController();

  constructor(deps: DockerRunDeps, run: SandboxRunSpec | AdoptedRun) {
    this.#deps = deps;
    this.#run = run;
  }

  async run(sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd> {
    try {
      const run = this.#run;
      return 'kept' in run
        ? await this.#resume(run.kept, sinks, hooks)
        : await this.#perform(run, sinks, hooks);
    } catch (error) {
      return faultOf(error);
    }
  }

  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    const { daemon, log } = this.#deps;
    try {
      const answer = await daemon.call('POST', `${this.#path}/kill?signal=${signal}`, {
        timeoutMs: 10_000,
      });
      // 404 and 409: there is none, or it does not run any more.
      return answer.status !== 404 && answer.status !== 409;
    } catch (error) {
      const detail = { container: this.#run.name, error: messageOf(error) };
      log.warn('a sandbox could not be signalled', detail);
      return true;
    }
  }

  async trace(limitMs: number): Promise<ContainerTrace> {
    const answer = await this.#call('GET', `${this.#path}/json`, { timeoutMs: limitMs });
    const told = answer.status === 200 ? traceSchema.safeParse(parseJson(answer.text)) : undefined;
    if (told?.data === undefined) return {};
    const { GraphDriver, State } = told.data;
    return { layer: GraphDriver?.Data?.UpperDir, ...(State.Pid > 0 && { pid: State.Pid }) };
  }

  async isGone(): Promise<boolean> {
    return (await this.#call('GET', `${this.#path}/json`)).status === 404;
  }

  remove(): Promise<void> {
    return forceRemove(this.#deps.daemon, this.#run.name);
  }

  release(): void {
    this.#released.abort();
  }

  forget(): void {
    this.#deps.keepers.forget(this.#run.name);
  }

  get #path(): string {
    return `/containers/${this.#run.name}`;
  }

  #call(method: string, path: string, options: Pick<DaemonCall, 'body' | 'timeoutMs'> = {}) {
    return this.#deps.daemon.call(method, path, { ...options, signal: this.#released.signal });
  }

  async #perform(
    spec: SandboxRunSpec,
    sinks: SandboxSinks,
    hooks: RunHooks,
  ): Promise<ContainerEnd> {
    const created = await this.#create(spec);
    if (created.status !== 201) return refused(created);
    if (!hooks.wanted()) return { kind: 'not_wanted' };
    const output = new WatchedOutput(sinks);
    const { daemon, keepers } = this.#deps;
    const { socketPath } = daemon;
    const call = { kind: 'daemon', socketPath, id: spec.name } as const;
    const kept = keepers.start(spec.name, call, spec.isPrivate);
    const attached = Promise.withResolvers<void>();
    const { stdout, stderr } = output;
    const ended = this.#endOf(kept, { stdout, stderr, attached: attached.resolve });
    ended.catch(() => {});
    await Promise.race([attached.promise, ended]);
    const answer = await this.#call('POST', `${this.#path}/start`).catch((error: unknown) => {
      // A call without an answer may have started it: the job must not run once more.
      hooks.started(new Date());
      throw error;
    });
    if (answer.status !== 204) {
      kept.kill();
      return refused(answer);
    }
    const startedMs = elapsedMs();
    hooks.started(new Date());
    const { code: exitCode } = await ended;
    return this.#verdict({ exitCode, ageMs: elapsedMs() - startedMs }, output, hooks);
  }

  /** Goes on with one of which nobody watched the whole. */
  async #resume(kept: KeptRun, sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd> {
    const output = new WatchedOutput(sinks);
    const ended = this.#endOf(kept, output);
    ended.catch(() => {});
    const answer = await this.#call('GET', `${this.#path}/json`);
    const told =
      answer.status === 200 ? startSchema.safeParse(parseJson(answer.text)).data : undefined;
    if (told?.State.Status === 'created') {
      kept.kill();
      throw new WorkerError('start_lost', 'the run was never started');
    }
    const startedAt = told?.State.StartedAt;
    if (startedAt !== undefined) hooks.started(startedAt);
    const { code: exitCode, at, begunAt } = await ended;
    const ageMs = at.getTime() - (startedAt ?? begunAt).getTime();
    if (startedAt === undefined) hooks.started(begunAt);
    const end = this.#verdict({ exitCode, ageMs }, output, hooks);
    return end.kind === 'exited' ? { ...end, lastedMs: ageMs } : end;
  }

  /** The end of a container whose first process existed. */
  #verdict(
    { exitCode, ageMs }: { readonly exitCode: number; readonly ageMs: number },
    { silent, firstWords }: WatchedOutput,
    hooks: RunHooks,
  ): ContainerEnd {
    const wrote = !silent || firstWords !== '';
    if (!hooks.wanted() && endedAsInit({ exitCode, wrote, ageMs })) return { kind: 'not_wanted' };
    const isStart = silent && ageMs <= longestStartMs;
    const refusal = isStart ? initRefusal(exitCode, firstWords) : undefined;
    return refusal === undefined
      ? { kind: 'exited', exitCode }
      : { ...refusal, words: firstWords.trim() };
  }

  /** @throws WorkerError `internal` without an exit code */
  async #endOf(kept: KeptRun, sinks: SpoolSinks): Promise<KeptEnd & { readonly kind: 'exited' }> {
    const release = (): void => kept.kill();
    const { signal } = this.#released;
    signal.addEventListener('abort', release, { once: true });
    try {
      const end = await kept.follow(sinks);
      if (end?.kind === 'exited') return end;
      const words = end?.kind === 'fault' ? end.words : 'its keeper is gone';
      throw new WorkerError('internal', `no exit code: ${words}`);
    } finally {
      signal.removeEventListener('abort', release);
    }
  }

  /** @throws WorkerError `not_run` */
  async #create(spec: SandboxRunSpec): Promise<DaemonAnswer> {
    const { profile, hostFiles } = this.#deps;
    const body = createBody(profile, spec, hostFiles);
    const answer = await this.#call('POST', `/containers/create?name=${spec.name}`, { body });
    if (answer.status !== 409) return answer;
    throw new WorkerError('not_run', 'what an earlier run of the job left was in the way');
  }
}
