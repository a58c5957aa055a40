import type { Log } from '@cynodeai/runtime/observe';
import { elapsedMs, messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxExit, SandboxRunSpec, SandboxSinks } from '../../../ports/sandbox-engine.ts';
import type { ContainerEnd, EngineContainer } from './engine-container.ts';

type Cause = 'timed_out' | 'stopped';
type Times = Pick<SandboxExit, 'startedAt' | 'endedAt'>;

/** When the first process existed: as it is shown, and as durations are measured from it. */
interface Start {
  readonly at: Date;
  readonly ms: number;
}

/**
 * Time in ms between SIGTERM and SIGKILL when the limit is reached.
 * See docs/reference/worker-api.md#time-limits.
 */
const timeoutGraceMs = 5000;
const defaultCreateLimitMs = 30_000;
/** How long the engine may take to notice that a container was killed. */
const noticeLimitMs = 3000;
/** How long the engine may take to tell the end of a container that was removed by force. */
const releaseLimitMs = 5000;
/** The first process may not listen to signals yet when it is this young. */
const youngMs = 500;
/** An end this long after the time limit was the engine's doing: this process was held up. */
const lateMs = 10_000;
const maxTimerMs = 2 ** 31 - 1;

export interface ContainerRunDeps {
  readonly container: EngineContainer;
  readonly spec: Pick<SandboxRunSpec, 'name' | 'timeoutSeconds'>;
  readonly log: Log;
  /** It was begun by an earlier process: its limit counts from its own start. */
  readonly isAdopted?: boolean;
  /** How long an end waits for a container that is still being created, ms. */
  readonly createLimitMs?: number;
}

/** One container of any engine from its creation to its removal; every end takes the same way. */
export class ContainerRun {
  /** Resolves when nothing is left of the container. */
  readonly done: Promise<SandboxExit>;
  readonly #deps: ContainerRunDeps;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #resists = Promise.withResolvers<never>();
  readonly #terminating: Promise<void>[] = [];
  readonly #askedMs = elapsedMs();
  #start: Start | undefined;
  #cause: Cause | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #over = false;
  #complaint = '';

  constructor(deps: ContainerRunDeps, sinks: SandboxSinks) {
    this.#deps = deps;
    this.#resists.promise.catch(() => {});
    this.done = this.#run(sinks);
    this.done.catch(() => {});
  }

  /** What the engine said about a container that did not run; empty when it said nothing. */
  get complaint(): string {
    return this.#complaint;
  }

  /** Whether its first process existed. */
  get begun(): boolean {
    return this.#start !== undefined;
  }

  /** Ends the container: SIGTERM, `graceMs`, SIGKILL; one that is still being created as soon as it runs. The earliest kill wins. */
  end(cause: Cause, graceMs: number): void {
    if (this.#over) return;
    this.#killAt = Math.min(this.#killAt, elapsedMs() + graceMs);
    if (this.#start !== undefined) {
      this.#terminating.push(this.#terminate(cause, this.#start));
      return;
    }
    this.#cause ??= cause;
    const limitMs = this.#deps.createLimitMs ?? defaultCreateLimitMs;
    this.#after(limitMs, () => void this.#force());
  }

  get #isAdopted(): boolean {
    return this.#deps.isAdopted === true;
  }

  async #run(sinks: SandboxSinks): Promise<SandboxExit> {
    const asked = new Date();
    try {
      const running = this.#deps.container.run(sinks, {
        started: (at) => this.#onStarted(at),
        wanted: () => this.#cause === undefined,
      });
      const end = await Promise.race([running, this.#resists.promise]);
      const start = this.#start ?? { at: asked, ms: this.#askedMs };
      const watchedMs = elapsedMs() - start.ms;
      const lastedMs = end.kind === 'exited' ? (end.lastedMs ?? watchedMs) : watchedMs;
      return await this.#conclude(end, start.at, lastedMs);
    } finally {
      this.#over = true;
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  #onStarted(at: Date): void {
    if (this.#start !== undefined) return;
    // Told a little late. How late, the clock says, unless it was stepped meanwhile.
    const toldMs = Math.max(0, Date.now() - at.getTime());
    const lateMs = this.#isAdopted ? toldMs : Math.min(toldMs, elapsedMs() - this.#askedMs);
    const start = { at, ms: elapsedMs() - lateMs };
    this.#start = start;
    if (this.#cause !== undefined) {
      // Its command may have begun before the engine said so.
      this.#terminating.push(this.#terminate(this.#cause, start));
      return;
    }
    this.#after(this.#deps.spec.timeoutSeconds * 1000 - lateMs, () =>
      this.end('timed_out', timeoutGraceMs),
    );
  }

  /** A container whose first process is gone already has ended by itself: the cause is not ours then. */
  async #terminate(cause: Cause, start: Start): Promise<void> {
    const { container } = this.#deps;
    if (!(await container.signal('SIGTERM'))) return;
    this.#cause ??= cause;
    if (elapsedMs() - start.ms < youngMs)
      this.#after(youngMs, () => void container.signal('SIGTERM'));
    this.#after(this.#killAt - elapsedMs(), () => void this.#kill());
  }

  async #kill(): Promise<void> {
    await this.#deps.container.signal('SIGKILL');
    this.#after(noticeLimitMs, () => void this.#force());
  }

  /** The engine did not notice the kill, or never got as far as a process. */
  async #force(): Promise<void> {
    if (this.#over) return;
    const { container } = this.#deps;
    try {
      await this.#remove();
      this.#after(releaseLimitMs, () => container.release());
    } catch (error) {
      this.#resists.reject(error);
      container.release();
    }
  }

  /** @throws WorkerError `container_resists` */
  async #remove(): Promise<void> {
    const { container, spec } = this.#deps;
    await container.remove().catch((cause: unknown) => {
      const message = `container ${spec.name} could not be removed`;
      throw new WorkerError('container_resists', message, { cause });
    });
  }

  /** The engine was to remove it by itself; what it left is removed, and where that fails the sweep comes later. */
  async #verify(): Promise<void> {
    const { container, spec, log } = this.#deps;
    // An engine that cannot say so now has told the end of the job all the same.
    if (await container.isGone().catch(() => false)) return;
    await this.#remove().catch((error: unknown) => {
      const detail = { container: spec.name, error: messageOf(error) };
      log.error('a container is left behind; it is removed by a later sweep', detail);
    });
  }

  async #conclude(end: ContainerEnd, startedAt: Date, lastedMs: number): Promise<SandboxExit> {
    // The clock may have been stepped: what it says at the end would be another duration.
    const times: Times = { startedAt, endedAt: new Date(startedAt.getTime() + lastedMs) };
    // A signal on its way may be why the container ended.
    await Promise.all(this.#terminating);
    if (end.kind === 'exited' && this.#cause === undefined) {
      await this.#verify();
      // Nobody ended one in time that was without its node.
      const slackMs = this.#isAdopted ? 0 : lateMs;
      const late = lastedMs > this.#deps.spec.timeoutSeconds * 1000 + slackMs;
      return late ? { kind: 'timed_out', ...times } : { ...end, ...times };
    }
    await this.#remove();
    if (this.#cause === 'timed_out') return { kind: 'timed_out', ...times };
    if (this.#cause === 'stopped' || end.kind === 'exited' || end.kind === 'not_wanted') {
      const exitCode = end.kind === 'exited' ? end.exitCode : undefined;
      const neverRan = end.kind !== 'exited' && !this.#mayHaveRun(end);
      return { kind: 'stopped', exitCode, ...(neverRan && { neverRan }), ...times };
    }
    this.#complaint = end.words;
    const detail = { container: this.#deps.spec.name, engine: end.words };
    this.#deps.log.warn('sandbox did not run', { ...detail, end: end.kind });
    if (end.kind === 'fault') throw end.error;
    const { kind, exitCode, reason } = end;
    return { kind, exitCode, reason, ...times };
  }

  /** Whether the command may have run before the engine failed. */
  #mayHaveRun(end: Exclude<ContainerEnd, { readonly kind: 'exited' }>): boolean {
    return end.kind === 'fault' && this.begun && end.error.code !== 'start_lost';
  }

  #after(ms: number, action: () => void): void {
    if (this.#over) return;
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
