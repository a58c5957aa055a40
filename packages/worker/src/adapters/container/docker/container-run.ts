import type { Socket } from 'node:net';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { WorkerError } from '../../../domain/errors.ts';
import type {
  SandboxExit,
  SandboxMount,
  SandboxRunSpec,
  SandboxSinks,
} from '../../../ports/sandbox-engine.ts';
import { classifyRefusal, initRefusal } from './classify.ts';
import { createBody, type DockerProfile } from './create-body.ts';
import { forceRemove } from './containers.ts';
import { type Daemon, type DaemonAnswer, daemonMessage } from './daemon.ts';
import { demultiplexer } from './demultiplex.ts';

export interface ContainerRunDeps {
  readonly daemon: Daemon;
  readonly profile: DockerProfile;
  /** Files shown in every sandbox instead of the host's. */
  readonly hostFiles: readonly SandboxMount[];
  readonly log: Log;
}

const exitSchema = z.object({ StatusCode: z.int() });

type Cause = 'timed_out' | 'stopped';
type Times = Pick<SandboxExit, 'startedAt' | 'endedAt'>;

/** Time in ms between SIGTERM and SIGKILL when the limit is reached. Contract 03 section 5.7. */
const timeoutGraceMs = 5000;
/** How long the daemon may take to notice that a container was killed. */
const noticeLimitMs = 3000;
/** How long the last output may take after the container is gone. */
const outputLimitMs = 3000;
/** The first process may not listen to signals yet when it is this young. */
const youngMs = 500;
const maxTimerMs = 2 ** 31 - 1;
const stderrKept = 4096;

/** One container from its creation to its removal. */
export class ContainerRun {
  /** Resolves when nothing is left of the container. */
  readonly done: Promise<SandboxExit>;
  readonly #deps: ContainerRunDeps;
  readonly #spec: SandboxRunSpec;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #call = { silent: true, stderr: '' };
  readonly #resists = Promise.withResolvers<never>();
  #startedAt: Date | undefined;
  #cause: Cause | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #over = false;

  constructor(deps: ContainerRunDeps, spec: SandboxRunSpec, sinks: SandboxSinks) {
    this.#deps = deps;
    this.#spec = spec;
    this.#resists.promise.catch(() => {});
    this.done = this.#run(this.#watched(sinks));
    this.done.catch(() => {});
  }

  /** Ends the container: SIGTERM, `graceMs`, SIGKILL; a container that is not started yet never is. The earliest kill wins. */
  end(cause: Cause, graceMs: number): void {
    if (this.#over) return;
    this.#cause ??= cause;
    this.#killAt = Math.min(this.#killAt, Date.now() + graceMs);
    if (this.#startedAt !== undefined) this.#terminate(this.#startedAt);
  }

  async #run(sinks: SandboxSinks): Promise<SandboxExit> {
    const { name } = this.#spec;
    const asked = new Date();
    let output: Socket | undefined;
    try {
      const refusal = await this.#create();
      if (refusal !== undefined) return this.#notStarted(refusal, asked);
      if (this.#cause !== undefined) {
        await forceRemove(this.#deps.daemon, name);
        return this.#neverStarted(asked);
      }
      output = await this.#deps.daemon.attach(name, 'stdout=1&stderr=1');
      const ended = this.#follow(output, sinks);
      const exit = await this.#awaitExit();
      const fault = await this.#start();
      if (fault !== undefined) {
        await forceRemove(this.#deps.daemon, name);
        return this.#notStarted(fault, asked);
      }
      const code = await Promise.race([exit.code, this.#resists.promise]);
      await Promise.race([ended, this.#pause(outputLimitMs)]);
      return this.#conclude(code, { startedAt: this.#startedAt ?? asked, endedAt: new Date() });
    } catch (error) {
      await forceRemove(this.#deps.daemon, name).catch((cause: unknown) => {
        throw new WorkerError('container_resists', `container ${name} could not be removed`, {
          cause,
        });
      });
      if (error instanceof WorkerError && error.code !== 'engine_unusable') throw error;
      throw new WorkerError('internal', 'the Docker daemon failed a run', { cause: error });
    } finally {
      this.#over = true;
      output?.destroy();
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** Notes what is needed to tell a fault of the init process from one of the job. */
  #watched({ stdout, stderr }: SandboxSinks): SandboxSinks {
    return {
      stdout: {
        write: (chunk) => {
          this.#call.silent = false;
          stdout.write(chunk);
        },
      },
      stderr: {
        write: (chunk) => {
          const room = stderrKept - this.#call.stderr.length;
          if (room > 0)
            this.#call.stderr += Buffer.from(chunk.subarray(0, room)).toString('latin1');
          stderr.write(chunk);
        },
      },
    };
  }

  /** The daemon's complaint when it does not create the container. */
  async #create() {
    const { daemon, profile, hostFiles } = this.#deps;
    const body = createBody(profile, this.#spec, hostFiles);
    const path = `/containers/create?name=${this.#spec.name}`;
    const answer = await daemon.call('POST', path, { body });
    if (answer.status === 409) {
      throw new WorkerError('not_run', 'what an earlier run of the job left was in the way');
    }
    return answer.status === 201 ? undefined : answer;
  }

  async #start() {
    const answer = await this.#deps.daemon.call('POST', `/containers/${this.#spec.name}/start`);
    if (answer.status !== 204) return answer;
    const startedAt = new Date();
    this.#startedAt = startedAt;
    this.#after(this.#spec.timeoutSeconds * 1000, () => this.end('timed_out', timeoutGraceMs));
    // It was asked to end while the daemon was starting it.
    if (this.#cause !== undefined) this.#terminate(startedAt);
    return undefined;
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
    const path = `/containers/${this.#spec.name}/wait?condition=removed`;
    const onTaken = taken.resolve;
    const code = this.#deps.daemon.call('POST', path, { timeoutMs: 0, onTaken }).then((answer) => {
      const exit =
        answer.status === 200 ? exitSchema.safeParse(JSON.parse(answer.text)) : undefined;
      if (exit?.success === true) return exit.data.StatusCode;
      throw new WorkerError('internal', `no exit code: ${daemonMessage(answer)}`);
    });
    code.catch(() => {});
    await Promise.race([taken.promise, code]);
    return { code };
  }

  #terminate(startedAt: Date): void {
    void this.#signal('SIGTERM');
    const age = Date.now() - startedAt.getTime();
    if (age < youngMs) this.#after(youngMs, () => void this.#signal('SIGTERM'));
    this.#after(this.#killAt - Date.now(), () => void this.#kill());
  }

  async #kill(): Promise<void> {
    await this.#signal('SIGKILL');
    this.#after(noticeLimitMs, () => void this.#force());
  }

  async #signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const path = `/containers/${this.#spec.name}/kill?signal=${signal}`;
    try {
      await this.#deps.daemon.call('POST', path, { timeoutMs: 10_000 });
    } catch (error) {
      this.#deps.log.warn('a sandbox could not be signalled', {
        container: this.#spec.name,
        error: messageOf(error),
      });
    }
  }

  /** The daemon did not notice the kill. */
  async #force(): Promise<void> {
    if (this.#over) return;
    const { name } = this.#spec;
    await forceRemove(this.#deps.daemon, name).catch((cause: unknown) => {
      const message = `container ${name} could not be removed`;
      this.#resists.reject(new WorkerError('container_resists', message, { cause }));
    });
  }

  #neverStarted(startedAt: Date): SandboxExit {
    return { kind: 'stopped', exitCode: undefined, startedAt, endedAt: new Date() };
  }

  #notStarted(answer: DaemonAnswer, startedAt: Date): SandboxExit {
    const detail = { container: this.#spec.name, engine: daemonMessage(answer) };
    this.#deps.log.warn('sandbox did not run', detail);
    return { ...classifyRefusal(answer), startedAt, endedAt: new Date() };
  }

  #conclude(exitCode: number, times: Times): SandboxExit {
    const lasted = times.endedAt.getTime() - times.startedAt.getTime();
    if (this.#cause === 'stopped') return { kind: 'stopped', exitCode, ...times };
    // Without a cause the engine's own limit did it: this process was held up.
    if (this.#cause === 'timed_out' || lasted > this.#spec.timeoutSeconds * 1000 + 10_000) {
      return { kind: 'timed_out', ...times };
    }
    const refused = this.#call.silent ? initRefusal(exitCode, this.#call.stderr) : undefined;
    return { ...(refused ?? { kind: 'exited' as const, exitCode }), ...times };
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#after(ms, resolve);
    return promise;
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
