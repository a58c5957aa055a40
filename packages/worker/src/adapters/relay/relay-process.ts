import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { type BackoffOptions, backoffMs } from '@cynodeai/runtime/std';
import type { InferenceService } from '../../ports/inference.ts';
import type { InferenceRelay } from '../../ports/relay.ts';
import type { ServeListener } from '../../ports/sandbox-engine.ts';
import { InFlight, type WaitForPlace } from './in-flight.ts';
import { type FromRelay, type ToRelay, fromRelaySchema } from './relay-messages.ts';

/** How the relay's process is started. */
export interface RelayCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface RelayProcessOptions {
  readonly command: RelayCommand;
  readonly service: Pick<InferenceService, 'upstream'>;
  /** Counted here, because the node's other callers take of the same. Absent: no limit. */
  readonly places?: InFlight;
  readonly log: Log;
  /** How often it is asked whether it hears, ms. */
  readonly hearMs?: number;
}

/** A listening handle as the kernel gave it; nobody accepts on it here. */
interface Handle {
  close(): void;
}

const isHandle = (value: object): value is Handle =>
  'close' in value && typeof value.close === 'function';

const hearMs = 5000;
/** Questions in a row after whose silence the process is taken for deaf. */
const maxUnheard = 6;
/** Places it may hold or wait for; more, or one twice, is no honest relay. */
const maxPlaces = 4096;
/** Messages a ms on average, between two questions; one that says more keeps the node from its other work. */
const maxMessagesPerMs = 20;
const pauses: BackoffOptions = { firstMs: 50, maxMs: 5000, jitter: 0.3 };
/** Whoever ran this long has recovered from whatever ended it before. */
const recoveredMs = 60_000;

/**
 * The relay in a process of its own, where the bytes of sandboxes are read: without rights, bounded, and started
 * again when it ends or goes deaf. The listeners stay open here meanwhile, so that who connects only waits.
 * See docs/reference/sandbox.md#relay.
 */
export class RelayProcess implements InferenceRelay {
  readonly #options: RelayProcessOptions;
  readonly #listeners = new Map<number, Handle>();
  /** Listeners whose end the process was told, and who waits for it. */
  readonly #closing = new Map<number, () => void>();
  readonly #waiting = new Map<number, WaitForPlace>();
  readonly #taken = new Set<number>();
  readonly #end = new AbortController();
  #child: ChildProcess | undefined;
  #ready = false;
  #unheard = 0;
  #messages = 0;
  #told: string | undefined;
  #running = Promise.resolve();
  #serial = 0;

  /** Serves one sandbox; it is handed on as a function. */
  readonly serve: ServeListener = (listener) => {
    if (!isHandle(listener)) throw new TypeError('the listener is no handle');
    this.#serial += 1;
    const id = this.#serial;
    this.#listeners.set(id, listener);
    this.#tellService();
    this.#tell({ kind: 'serve', id }, listener);
    return { close: () => this.#close(id) };
  };

  constructor(options: RelayProcessOptions) {
    this.#options = options;
  }

  /** The process that serves now; undefined between two. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get #maxMessages(): number {
    return maxMessagesPerMs * (this.#options.hearMs ?? hearMs);
  }

  /** Starts the process and keeps it running until `close`. */
  start(): void {
    this.#running = this.#keepRunning();
  }

  available(): boolean {
    return this.#options.service.upstream() !== undefined;
  }

  /** Resolves when no connection of the listener is left; one process takes all its connections with it. */
  async #close(id: number): Promise<void> {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#listeners.delete(id);
    listener.close();
    if (!this.#ready) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closing.set(id, resolve);
    this.#tell({ kind: 'close', id });
    await promise;
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    this.#end.abort();
    this.#child?.kill('SIGKILL');
    await this.#running;
  }

  async #keepRunning(): Promise<void> {
    const { log } = this.#options;
    let failures = 0;
    while (!this.#end.signal.aborted) {
      const startedMs = performance.now();
      const end = await this.#runOnce();
      if (this.#end.signal.aborted) return;
      failures = performance.now() - startedMs > recoveredMs ? 1 : failures + 1;
      const pauseMs = backoffMs(failures, Math.random(), pauses);
      log.warn('the relay of sandboxes ended and will be started again', {
        end,
        pause_ms: pauseMs,
        listeners: this.#listeners.size,
      });
      await sleep(pauseMs, this.#end.signal);
    }
  }

  /** Runs one process to its end and tells how it ended. */
  async #runOnce(): Promise<string> {
    const { program, args, env } = this.#options.command;
    const child = spawn(program, args, {
      cwd: '/',
      env: { ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#onMessage(message));
    // A process that is ending is told things in vain; its end is told below.
    child.on('error', () => {});
    const timer = setInterval(() => this.#ask(), this.#options.hearMs ?? hearMs);
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
      return signal === null ? `exited with ${code}` : `ended by ${signal}`;
    } catch (error) {
      return `could not be started: ${String(error)}`;
    } finally {
      clearInterval(timer);
      this.#forget();
    }
  }

  #ask(): void {
    this.#tellService();
    this.#messages = 0;
    this.#unheard += 1;
    if (this.#unheard > maxUnheard) this.#child?.kill('SIGKILL');
    else this.#tell({ kind: 'hear' });
  }

  /** What the process held is free again. */
  #forget(): void {
    this.#child = undefined;
    this.#ready = false;
    this.#unheard = 0;
    this.#messages = 0;
    this.#told = undefined;
    for (const resolve of this.#closing.values()) resolve();
    this.#closing.clear();
    for (const place of this.#waiting.values()) place.giveUp();
    this.#waiting.clear();
    for (const _id of this.#taken) this.#options.places?.leave();
    this.#taken.clear();
  }

  #tellService(): void {
    const upstream = this.#options.service.upstream();
    const limited = this.#options.places !== undefined;
    const message = { kind: 'service', limited, ...(upstream && { upstream }) } as const;
    const text = JSON.stringify(message);
    if (!this.#ready || this.#told === text) return;
    this.#told = text;
    this.#tell(message);
  }

  #tell(message: ToRelay, handle?: Handle): void {
    if (!this.#ready || this.#child?.connected !== true) return;
    // Node passes any handle of its own on; its types know servers and sockets only.
    this.#child.send(message, handle as never, () => {});
  }

  #onMessage(text: unknown): void {
    this.#messages += 1;
    const parsed = fromRelaySchema.safeParse(text);
    if (parsed.success && this.#messages <= this.#maxMessages) this.#obey(parsed.data);
    else this.#child?.kill('SIGKILL');
  }

  #obey(message: FromRelay): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        this.#tellService();
        for (const [id, handle] of this.#listeners) this.#tell({ kind: 'serve', id }, handle);
        return;
      case 'heard':
        this.#unheard = 0;
        return;
      case 'closed':
        this.#closing.get(message.id)?.();
        this.#closing.delete(message.id);
        return;
      case 'enter':
        void this.#enter(message.id);
        return;
      case 'giveUp':
        this.#waiting.get(message.id)?.giveUp();
        return;
      case 'leave':
        if (this.#taken.delete(message.id)) this.#options.places?.leave();
    }
  }

  /** Takes a place for the process, or waits for one on its behalf. */
  async #enter(id: number): Promise<void> {
    const { places } = this.#options;
    const child = this.#child;
    const isKnown = this.#waiting.has(id) || this.#taken.has(id);
    if (isKnown || this.#waiting.size + this.#taken.size >= maxPlaces) {
      child?.kill('SIGKILL');
      return;
    }
    const wait = places === undefined || places.tryEnter() ? undefined : places.wait();
    if (wait !== undefined) this.#waiting.set(id, wait);
    const admitted = wait === undefined || (await wait.admitted);
    if (this.#child !== child) {
      if (admitted) places?.leave();
      return;
    }
    this.#waiting.delete(id);
    if (admitted) this.#taken.add(id);
    this.#tell({ kind: 'place', id, admitted });
  }
}
