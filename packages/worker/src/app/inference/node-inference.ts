import type { InferenceBackend } from '@cynodeai/contracts';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import type { InferenceFacts } from '../../domain/inference/models.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeSettings } from '../../domain/node/settings.ts';
import type { InferenceService, ModelBackend } from '../../ports/inference.ts';
import type { Timer } from '../../ports/timer.ts';
import { ModelCatalogue } from './model-catalogue.ts';

/** Times of the watch over a model service, ms. Contract 03 section 2.1 step 10. */
export const inferenceRule = {
  /** How long a service may take until it answers for the first time. */
  startMs: 120_000,
  /** Pause between two looks while it is waited for. */
  startLookMs: 250,
  /** Rounds of the watch between two looks at its models. */
  modelRounds: 5,
  /** Looks in a row without an answer in time after which it counts as gone. */
  slowLooks: 3,
} as const;

export interface NodeInferenceDeps {
  readonly settings: NodeSettings;
  readonly connect: (baseUrl: string) => ModelBackend;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  /** Pause between two looks of the watch, ms. */
  readonly watchMs: number;
}

/**
 * The node's inference: finds the service of the host, waits for it, watches it and knows its models. At most one
 * service is in use. Contract 03 section 8.1.
 */
export class NodeInference implements InferenceService {
  readonly #deps: NodeInferenceDeps;
  readonly #baseUrl: string;
  readonly #backend: ModelBackend;
  readonly #catalogue = new ModelCatalogue();
  #change = new AbortController();
  #existing = false;
  #running = false;
  #slow = 0;

  constructor(deps: NodeInferenceDeps) {
    this.#deps = deps;
    const { upstreamUrl, port } = deps.settings.ollama;
    this.#baseUrl = upstreamUrl ?? `http://127.0.0.1:${port}`;
    this.#backend = deps.connect(this.#baseUrl);
  }

  upstream(): string | undefined {
    return this.#running ? this.#baseUrl : undefined;
  }

  /** What a report says; from here on `changes` waits for something new. */
  facts(): InferenceFacts {
    if (this.#change.signal.aborted) this.#change = new AbortController();
    return {
      supported: this.#existing,
      existingService: this.#existing,
      running: this.#running,
      models: this.#catalogue.list(),
    };
  }

  /** Fires when a report would say something else than at the last `facts`; has fired already when it would now. */
  changes(): AbortSignal {
    return this.#change.signal;
  }

  /** Whether this node may use a model service at all. Contract 03 section 8.3. */
  get #allowed(): boolean {
    const { inferenceMode, sandbox } = this.#deps.settings;
    return inferenceMode !== 'disabled' && sandbox.mode !== 'sandbox_only';
  }

  /**
   * Startup step 4: looks once for a service of the host. One the operator named is relied upon whether it answers
   * already or not, so that no second one is ordered beside it. REQ-WORKER-0255, REQ-WORKER-0256
   */
  async detect(signal: AbortSignal): Promise<void> {
    if (!this.#allowed) return;
    const { log, settings } = this.#deps;
    const answers = (await this.#backend.look(signal)) === 'answers';
    this.#existing = answers || settings.ollama.upstreamUrl !== undefined;
    if (!answers) return;
    log.info('found a model service of this host', { url: this.#baseUrl });
    await this.#arrive(signal);
  }

  /**
   * Startup steps 9 and 10: waits until inference answers, when it was ordered or is relied upon. A service of the
   * host that stays away does not keep the node from plain jobs, as if it had vanished later (D-6).
   * @throws NodeError `inference_start_failed`
   */
  async bringUp(order: InferenceBackend | undefined, signal: AbortSignal): Promise<void> {
    const { log, settings } = this.#deps;
    if (!this.#allowed || !this.#existing) {
      if (order === undefined) return;
      const why = this.#allowed
        ? 'this version of the node cannot run an inference container'
        : 'inference is disabled on this node';
      throw new NodeError('inference_start_failed', why);
    }
    if (order !== undefined) log.info('the service of this host is used; no container is started');
    if (await this.#waitForAnswer(signal)) return;
    const message = `no model service answers at ${this.#baseUrl} within ${inferenceRule.startMs / 1000} s; start it or correct OLLAMA_UPSTREAM_URL`;
    if (order !== undefined || settings.inferenceMode === 'require') {
      throw new NodeError('inference_start_failed', message);
    }
    log.warn(`${message}; until then jobs that need a model are refused`);
  }

  async #waitForAnswer(signal: AbortSignal): Promise<boolean> {
    const { clock, timer } = this.#deps;
    const end = clock.now().getTime() + inferenceRule.startMs;
    while (clock.now().getTime() <= end) {
      await this.#round(true, signal);
      signal.throwIfAborted();
      if (this.#running) return true;
      await timer.sleep(inferenceRule.startLookMs, signal);
    }
    return false;
  }

  /** Watches the service until the signal fires, so that its going and coming is known at once. */
  async watch(signal: AbortSignal): Promise<void> {
    if (!this.#allowed || !this.#existing) return;
    for (let round = 1; ; round += 1) {
      await this.#deps.timer.sleep(this.#deps.watchMs, signal);
      if (signal.aborted) return;
      await this.#round(round % inferenceRule.modelRounds === 0, signal);
    }
  }

  async #round(withModels: boolean, signal: AbortSignal): Promise<void> {
    const found = await this.#backend.look(signal);
    if (signal.aborted) return;
    this.#slow = found === 'slow' ? this.#slow + 1 : 0;
    if (found === 'answers') {
      if (!this.#running) await this.#arrive(signal);
      else if (withModels) await this.#refresh(signal);
      return;
    }
    const gone = found === 'absent' || this.#slow >= inferenceRule.slowLooks;
    if (!this.#running || !gone) return;
    this.#deps.log.warn('the model service does not answer any more', { url: this.#baseUrl });
    this.#running = false;
    this.#changed();
  }

  /** Models first, so that no report names a running service without them. */
  async #arrive(signal: AbortSignal): Promise<void> {
    await this.#refresh(signal);
    if (signal.aborted) return;
    this.#running = true;
    this.#deps.log.info('the model service answers', {
      url: this.#baseUrl,
      models: this.#catalogue.list().length,
    });
    this.#changed();
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const before = JSON.stringify(this.#catalogue.list());
    try {
      this.#catalogue.setAvailable(await this.#backend.models(signal));
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.log.warn('the models of the model service cannot be read', {
        reason: messageOf(error),
      });
    }
    if (JSON.stringify(this.#catalogue.list()) !== before) this.#changed();
  }

  #changed(): void {
    this.#change.abort();
  }
}
