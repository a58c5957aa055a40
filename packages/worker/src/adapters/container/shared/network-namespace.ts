import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import process from 'node:process';
import { defaultPorts } from '@cynodeai/contracts/common';
import { WorkerError } from '../../../domain/errors.ts';
import type { ServedListener, ServeListener } from '../../../ports/sandbox-engine.ts';
import { listenInside, sendmsgNumber } from './listen-inside.ts';
import { programPath } from './host.ts';

/** The call that puts the program named behind its arguments into a namespace. */
export interface EnterNamespace {
  readonly program: string;
  readonly args: readonly string[];
}

/** A network namespace that lasts until it is closed or this process dies. */
export interface NetworkNamespace {
  /** Where the kernel shows it. */
  readonly path: string;
  close(): Promise<void>;
}

/**
 * Time from the start of the helper to its word that the service was reached, ms.
 * See docs/reference/sandbox.md#inference-inside.
 */
const healthLimitMs = 10_000;

const unavailable = (cause: unknown): WorkerError =>
  new WorkerError('inference_unavailable', 'the sandbox cannot be given a way to the model', {
    cause,
  });

class Opening {
  readonly #child: ChildProcess;
  readonly #serve: ServeListener;
  readonly #healthy = Promise.withResolvers<void>();
  #words = '';
  #served: ServedListener | undefined;

  constructor(enter: EnterNamespace, serve: ServeListener) {
    this.#serve = serve;
    const numbers = [String(defaultPorts.ollama), String(sendmsgNumber(process.arch))];
    this.#child = spawn(enter.program, [...enter.args, 'perl', '-e', listenInside, ...numbers], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: programPath },
      cwd: '/',
    });
    this.#healthy.promise.catch(() => {});
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-500);
    });
    this.#child.on('message', (message, handle) => this.#onMessage(message, handle));
    this.#child.on('error', (error) => this.#healthy.reject(error));
    this.#child.on('close', () => {
      this.#healthy.reject(new Error(`the helper ended: ${this.#words.trim()}`));
    });
  }

  /** @throws WorkerError `inference_unavailable` */
  async done(signal: AbortSignal): Promise<NetworkNamespace> {
    const onAbort = (): void => this.#healthy.reject(signal.reason);
    const timer = setTimeout(() => {
      this.#healthy.reject(new Error('the health check was not answered in time'));
    }, healthLimitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await this.#healthy.promise;
      const path = `/proc/${this.#child.pid}/ns/net`;
      // A sandbox in the network of the host would be the worst of all outcomes.
      if ((await readlink(path)) === (await readlink('/proc/self/ns/net'))) {
        throw new Error('the helper is in the network of the host');
      }
      return { path, close: () => this.#close() };
    } catch (error) {
      await this.#close();
      signal.throwIfAborted();
      throw unavailable(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #onMessage(message: unknown, handle: unknown): void {
    if (typeof handle === 'object' && handle !== null) {
      try {
        this.#served = this.#serve(handle);
      } catch (error) {
        this.#healthy.reject(error);
      }
    } else if (message === 'healthy') {
      this.#healthy.resolve();
    }
  }

  async #close(): Promise<void> {
    await this.#served?.close();
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/**
 * Makes a listener on `127.0.0.1:11434` of another network namespace, has it served, and waits until a request from
 * inside was answered. Nothing copies bytes between the two: the listener itself comes here and is handed on.
 * @throws WorkerError `inference_unavailable` with the cause; the signal's reason when it fired
 */
export async function openNamespace(
  enter: EnterNamespace,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<NetworkNamespace> {
  return new Opening(enter, serve).done(signal);
}
