import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';
import { type InferenceContainer, fingerprint } from '../../domain/inference/container.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { ContainerEnd, InferenceEngine, ModelBackend } from '../../ports/inference.ts';
import type { Timer } from '../../ports/timer.ts';

/**
 * Times of the node's own container, ms. See docs/reference/inference.md#model-service-of-a-node.
 */
export const containerRule = {
  /** How long the service in it may take until it answers. */
  startMs: 120_000,
  /** Pause between two looks while it is waited for. */
  lookMs: 250,
  /** Looks between two questions to the engine, which cost more. */
  looksPerState: 4,
  /** Pause before a restart. */
  backoff: { firstMs: 1000, maxMs: 60_000, jitter: 0.2 },
  /** After this long without an end the next restart begins with the shortest pause. */
  settledMs: 120_000,
} as const;

export interface OwnContainerDeps {
  readonly container: InferenceContainer;
  readonly nodeSlug: string;
  readonly engine: InferenceEngine;
  readonly backend: ModelBackend;
  readonly timer: Timer;
  readonly log: Log;
}

function endText(end: ContainerEnd): string {
  const code = end.exitCode === undefined ? '' : ` with exit code ${end.exitCode}`;
  return `the container ended${code}${end.lastWords === '' ? '' : `: ${end.lastWords}`}`;
}

/** The inference container an order made the node run: started or adopted, and started again when it ends. */
export class OwnContainer {
  readonly #deps: OwnContainerDeps;
  #restarts = 0;
  #startedAt = 0;

  constructor(deps: OwnContainerDeps) {
    this.#deps = deps;
  }

  /**
   * Makes the service answer: takes over a container of an earlier run that serves the same way, else replaces it.
   * @throws NodeError `inference_start_failed`
   */
  async start(signal: AbortSignal): Promise<void> {
    const { container, engine, log } = this.#deps;
    try {
      const obstacle = await engine.obstacle();
      if (obstacle !== undefined) throw new Error(obstacle);
      if (await this.#adopt(signal)) {
        log.info('the inference container of an earlier run is used', { name: container.name });
      } else {
        log.info('starting the inference container', {
          name: container.name,
          image: container.image,
        });
        await engine.start(container, signal);
      }
      this.#startedAt = this.#deps.timer.elapsedMs();
      await this.#waitForAnswer(signal);
    } catch (cause) {
      signal.throwIfAborted();
      const message = `the inference container did not start: ${messageOf(cause)}`;
      throw new NodeError('inference_start_failed', message, { cause });
    }
  }

  /** Whether a container that fits runs and answers; every other one of this node is removed. */
  async #adopt(signal: AbortSignal): Promise<boolean> {
    const { container, engine, backend, nodeSlug } = this.#deps;
    let adopted = false;
    for (const found of await engine.find(nodeSlug)) {
      const same =
        found.running &&
        found.name === container.name &&
        found.fingerprint === fingerprint(container);
      if (same && (await backend.look(signal)) === 'answers') adopted = true;
      else await engine.remove(found.name, 0);
    }
    return adopted;
  }

  async #waitForAnswer(signal: AbortSignal): Promise<void> {
    const { backend, container, engine, timer } = this.#deps;
    const last = timer.elapsedMs() + containerRule.startMs;
    for (let look = 1; timer.elapsedMs() <= last; look += 1) {
      const answers = (await backend.look(signal)) === 'answers';
      signal.throwIfAborted();
      // Somebody else may have the port while the container has ended.
      const ask = answers || look % containerRule.looksPerState === 0;
      const end = ask ? await engine.ended(container.name) : undefined;
      if (end !== undefined) throw new Error(endText(end));
      if (answers) return;
      await timer.sleep(containerRule.lookMs, signal);
      signal.throwIfAborted();
    }
    throw new Error(`it did not answer within ${containerRule.startMs / 1000} s`);
  }

  /** Starts the container again when it has ended, after a pause that grows with every end. Never rejects. */
  async recover(signal: AbortSignal): Promise<void> {
    const { container, engine, timer, log } = this.#deps;
    try {
      const end = await engine.ended(container.name);
      if (end === undefined) return;
      const settled = timer.elapsedMs() - this.#startedAt >= containerRule.settledMs;
      this.#restarts = settled ? 1 : this.#restarts + 1;
      const pause = backoffMs(this.#restarts, timer.random(), containerRule.backoff);
      const retryMs = Math.min(pause, containerRule.backoff.maxMs);
      log.error('the inference container ended', { reason: endText(end), retry_ms: retryMs });
      await timer.sleep(retryMs, signal);
      if (signal.aborted) return;
      await engine.remove(container.name, 0);
      await engine.start(container, signal);
      this.#startedAt = timer.elapsedMs();
    } catch (error) {
      if (signal.aborted) return;
      log.error('the inference container could not be started again', {
        reason: messageOf(error),
      });
    }
  }
}

/** Removes every inference container of a node and gives their names. @throws WorkerError `container_resists` */
export async function removeOwnContainers(
  engine: InferenceEngine,
  nodeSlug: string,
  graceSeconds: number,
): Promise<readonly string[]> {
  const found = await engine.find(nodeSlug);
  for (const { name } of found) await engine.remove(name, graceSeconds);
  return found.map(({ name }) => name);
}
