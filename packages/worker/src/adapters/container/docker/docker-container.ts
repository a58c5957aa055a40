import type { Socket } from 'node:net';
import { within } from '@cynodeai/runtime/lifecycle';
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
import { WatchedOutput } from '../shared/watched-output.ts';
import { classifyRefusal, initRefusal } from './classify.ts';
import { createBody, type DockerProfile } from './create-body.ts';
import { forceRemove } from './containers.ts';
import { type Daemon, type DaemonAnswer, type DaemonCall, daemonMessage } from './daemon.ts';
import { demultiplexer } from './demultiplex.ts';

export interface DockerRunDeps {
  readonly daemon: Daemon;
  readonly profile: DockerProfile;
  /** Files shown in every sandbox instead of the host's. */
  readonly hostFiles: readonly SandboxMount[];
  readonly log: Log;
}

/** What a daemon says of a container; where its layers lie in no folders, nothing of them. */
const traceSchema = z.object({
  GraphDriver: z
    .object({ Data: z.object({ UpperDir: z.string().optional() }).nullish() })
    .nullish(),
  State: z.object({ Pid: z.int() }),
});

const exitSchema = z.object({ StatusCode: z.int() });

/** How long the last output may take after the container is gone, ms. */
const outputLimitMs = 3000;

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

/** A container that is created, attached to, waited for and started by calls of the daemon; it removes itself. */
export class DockerContainer implements EngineContainer {
  readonly #deps: DockerRunDeps;
  readonly #spec: SandboxRunSpec;
  readonly #released = new AbortController();

  constructor(deps: DockerRunDeps, spec: SandboxRunSpec) {
    this.#deps = deps;
    this.#spec = spec;
  }

  async run(sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd> {
    let attached: Socket | undefined;
    try {
      const created = await this.#create();
      if (created.status !== 201) return refused(created);
      if (!hooks.wanted()) return { kind: 'not_wanted' };
      attached = await this.#deps.daemon.attach(this.#spec.name, 'stdout=1&stderr=1');
      const output = new WatchedOutput(sinks);
      const outputEnded = this.#follow(attached, output);
      const exit = await this.#awaitExit();
      const answer = await this.#call('POST', `${this.#path}/start`).catch((error: unknown) => {
        // A call without an answer may have started it: the job must not run once more.
        hooks.started(new Date());
        throw error;
      });
      if (answer.status !== 204) return refused(answer);
      const startedMs = elapsedMs();
      hooks.started(new Date());
      const exitCode = await exit.code;
      const ageMs = elapsedMs() - startedMs;
      await within(outputLimitMs, outputEnded, undefined);
      const { silent, firstWords } = output;
      const wrote = !silent || firstWords !== '';
      if (!hooks.wanted() && endedAsInit({ exitCode, wrote, ageMs })) return { kind: 'not_wanted' };
      const isStart = silent && ageMs <= longestStartMs;
      const refusal = isStart ? initRefusal(exitCode, firstWords) : undefined;
      return refusal === undefined
        ? { kind: 'exited', exitCode }
        : { ...refusal, words: firstWords.trim() };
    } catch (error) {
      return faultOf(error);
    } finally {
      attached?.destroy();
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
      const detail = { container: this.#spec.name, error: messageOf(error) };
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
    return forceRemove(this.#deps.daemon, this.#spec.name);
  }

  release(): void {
    this.#released.abort();
  }

  get #path(): string {
    return `/containers/${this.#spec.name}`;
  }

  #call(method: string, path: string, options: Pick<DaemonCall, 'body' | 'timeoutMs'> = {}) {
    return this.#deps.daemon.call(method, path, { ...options, signal: this.#released.signal });
  }

  /** @throws WorkerError `not_run` */
  async #create(): Promise<DaemonAnswer> {
    const { profile, hostFiles } = this.#deps;
    const body = createBody(profile, this.#spec, hostFiles);
    const answer = await this.#call('POST', `/containers/create?name=${this.#spec.name}`, { body });
    if (answer.status !== 409) return answer;
    throw new WorkerError('not_run', 'what an earlier run of the job left was in the way');
  }

  /** Follows the output; resolves at its end. */
  #follow(socket: Socket, sinks: SandboxSinks): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on('data', demultiplexer(sinks));
    socket.on('close', () => resolve());
    // A broken connection ends the output; whether the container ended, its exit code tells.
    socket.on('error', () => resolve());
    return promise;
  }

  /** Asks for the exit code; resolves once the daemon is waiting for it. */
  async #awaitExit(): Promise<{ readonly code: Promise<number> }> {
    const taken = Promise.withResolvers<void>();
    const path = `${this.#path}/wait?condition=removed`;
    const options = { timeoutMs: 0, onTaken: taken.resolve, signal: this.#released.signal };
    const code = this.#deps.daemon.call('POST', path, options).then((answer) => {
      const exit = answer.status === 200 ? exitSchema.safeParse(parseJson(answer.text)) : undefined;
      if (exit?.success === true) return exit.data.StatusCode;
      throw new WorkerError('internal', `no exit code: ${daemonMessage(answer)}`);
    });
    code.catch(() => {});
    await Promise.race([taken.promise, code]);
    return { code };
  }
}
