import type { InferenceBackend } from '@cynodeai/contracts/control-plane';
import { isOnThisHost } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';
import { bracketed, reachableAt } from '../../domain/inference/bind-address.ts';
import { inferenceContainer, publishedPort } from '../../domain/inference/container.ts';
import type { InferenceFacts } from '../../domain/inference/models.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeSettings } from '../../domain/node/settings.ts';
import type {
  BackendLook,
  InferenceEngine,
  InferenceService,
  ModelBackend,
} from '../../ports/inference.ts';
import type { Timer } from '../../ports/timer.ts';
import { ModelLoads } from './model-loads.ts';
import { OwnContainer, containerRule, removeOwnContainers } from './own-container.ts';

/** How a service is watched once it has answered. */
const watchRule = {
  /** Rounds between two looks at its models. */
  modelRounds: 5,
  /** Looks in a row without an answer in time after which it counts as gone. */
  slowLooks: 3,
  /** How long a start waits for one that nobody ordered while nothing listens there, ms; a slow one has longer. */
  absentMs: 10_000,
} as const;

export interface NodeInferenceDeps {
  readonly settings: NodeSettings;
  readonly connect: (baseUrl: string) => ModelBackend;
  readonly gpus: () => Promise<readonly GpuDevice[]>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  /** Pause between two looks of the watch, ms. */
  readonly watchMs: number;
  /** Ends downloads. */
  readonly signal: AbortSignal;
}

/**
 * The node's inference: finds the service of the host or runs a container of its own when the
 * configuration orders it, watches it and knows its models. At most one service is in use.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export class NodeInference implements InferenceService {
  /** The node's models. */
  readonly models: ModelLoads;
  readonly #deps: NodeInferenceDeps;
  #baseUrl: string;
  #backend: ModelBackend;
  #engine: InferenceEngine | undefined;
  #own: OwnContainer | undefined;
  #change = new AbortController();
  #existing = false;
  #supported = false;
  #running = false;
  #asksCloud: boolean | undefined;
  #slow = 0;

  constructor(deps: NodeInferenceDeps) {
    this.#deps = deps;
    const { upstreamUrl, bindAddress, port } = deps.settings.ollama;
    this.#baseUrl = upstreamUrl ?? `http://${bracketed(reachableAt(bindAddress))}:${port}`;
    this.#backend = deps.connect(this.#baseUrl);
    this.models = new ModelLoads({
      backend: () => (this.#running ? this.#backend : undefined),
      log: deps.log,
      onChange: () => this.#change.abort(),
      signal: deps.signal,
    });
  }

  upstream(): string | undefined {
    return this.#running ? this.#baseUrl : undefined;
  }

  /** What a report says; from here on `changes` waits for something new. */
  facts(): InferenceFacts {
    if (this.#change.signal.aborted) this.#change = new AbortController();
    return {
      supported: this.#supported || this.#existing,
      existingService: this.#existing,
      running: this.#running,
      asksCloud: this.#running ? this.#asksCloud : undefined,
      serviceUrl: this.#existing || this.#running ? new URL(this.#baseUrl).origin : undefined,
      onThisHost:
        this.#deps.settings.ollama.upstreamUrl === undefined || isOnThisHost(this.#baseUrl),
      // What nobody serves is not available, whatever is on the disk.
      models: this.#running ? this.models.known() : [],
    };
  }

  /** Fires when a report would say something else than at the last `facts`; has fired already when it would now. */
  changes(): AbortSignal {
    return this.#change.signal;
  }

  /**
   * Whether this node may use a model service at all.
   * See docs/reference/nodes.md#settings-of-a-node.
   */
  get #allowed(): boolean {
    const { inferenceMode, sandbox } = this.#deps.settings;
    return inferenceMode !== 'disabled' && sandbox.mode !== 'sandbox_only';
  }

  /**
   * Startup step 4: looks once for a service of the host; one in a container of this node is none. One the operator
   * named is relied upon whether it answers already or not, so that no second one is ordered beside it.
   * REQ-WORKER-0255, REQ-WORKER-0256
   */
  async detect(engine: InferenceEngine, signal: AbortSignal): Promise<void> {
    const { log, settings } = this.#deps;
    this.#engine = engine;
    if (settings.sandbox.mode === 'sandbox_only') return;
    const obstacle = await engine.obstacle();
    this.#supported = obstacle === undefined;
    if (!this.#allowed) return;
    const { upstreamUrl, port } = settings.ollama;
    if (upstreamUrl === undefined && (await this.#hasOwn(port))) {
      log.info('an earlier run of this node left its inference container');
      return;
    }
    const answers = (await this.#backend.look(signal)) === 'answers';
    this.#existing = answers || upstreamUrl !== undefined;
    if (answers) {
      log.info('found a model service of this host', { url: this.#baseUrl });
      await this.#arrive(signal);
    } else if (obstacle !== undefined) {
      log.warn('this node cannot run an inference container', { reason: obstacle });
    }
  }

  async #hasOwn(port: number): Promise<boolean> {
    const found = await this.#engine?.find(this.#deps.settings.slug);
    return found?.some((one) => one.running && publishedPort(one.fingerprint) === port) === true;
  }

  /**
   * Startup steps 9 and 10: starts what was ordered and waits until inference answers, when it was
   * ordered or is relied upon. A service of the host that stays away does not keep the node from
   * plain jobs, as if it had vanished later.
   * @throws NodeError `inference_start_failed`
   */
  async bringUp(order: InferenceBackend | undefined, signal: AbortSignal): Promise<void> {
    const { log, settings } = this.#deps;
    if (this.#existing) {
      await this.#removeOwn(0);
      if (order !== undefined)
        log.info('the service of this host is used; no container is started');
      await this.#expectHostService(order !== undefined, signal);
      return;
    }
    if (order !== undefined) {
      await this.#startOwn(order, signal);
      return;
    }
    await this.#removeOwn(0);
    if (settings.inferenceMode === 'require') {
      log.warn('inference.mode is require, but the orchestrator ordered no inference container');
    }
  }

  async #expectHostService(ordered: boolean, signal: AbortSignal): Promise<void> {
    const { timer, settings, log } = this.#deps;
    const isRequired = ordered || settings.inferenceMode === 'require';
    const begun = timer.elapsedMs();
    let limitMs: number = containerRule.startMs;
    while (timer.elapsedMs() - begun <= limitMs) {
      const found = await this.#round(true, signal);
      signal.throwIfAborted();
      if (this.#running) return;
      // Plain jobs need not wait for what may come much later; the watch takes it into use.
      limitMs = found === 'absent' && !isRequired ? watchRule.absentMs : containerRule.startMs;
      await timer.sleep(containerRule.lookMs, signal);
      signal.throwIfAborted();
    }
    const message = `no model service answers at ${this.#baseUrl} within ${limitMs / 1000} s; start it or correct OLLAMA_UPSTREAM_URL`;
    if (isRequired) throw new NodeError('inference_start_failed', message);
    log.warn(`${message}; until then jobs that need a model are refused`);
  }

  async #startOwn(order: InferenceBackend, signal: AbortSignal): Promise<void> {
    const { settings, gpus, connect } = this.#deps;
    const engine = this.#engine;
    if (!this.#allowed || engine === undefined) {
      throw new NodeError('inference_start_failed', 'inference is disabled on this node');
    }
    const container = inferenceContainer({
      order,
      settings: settings.ollama,
      nodeSlug: settings.slug,
      gpus: await gpus(),
    });
    if (container === undefined) {
      const message = 'the ordered inference image is not an image reference';
      throw new NodeError('inference_start_failed', message);
    }
    const { address, port } = container.publish;
    this.#baseUrl = `http://${bracketed(reachableAt(address))}:${port}`;
    this.#backend = connect(this.#baseUrl);
    const own = new OwnContainer({
      ...this.#deps,
      container,
      nodeSlug: settings.slug,
      engine,
      backend: this.#backend,
    });
    await own.start(signal);
    this.#own = own;
    await this.#arrive(signal);
  }

  async #removeOwn(graceSeconds: number): Promise<readonly string[]> {
    if (this.#engine === undefined) return [];
    return removeOwnContainers(this.#engine, this.#deps.settings.slug, graceSeconds);
  }

  /**
   * Ends the node's own container; a service of the host is left alone.
   * See docs/reference/nodes.md#shutdown-of-a-node.
   * @throws WorkerError `container_resists`
   */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    const names = await this.#removeOwn(Math.ceil(graceMs / 1000));
    if (names.length > 0) this.#deps.log.info('inference container stopped', { names });
  }

  /**
   * Watches until the signal fires, so that the going and coming of the service is known at once; one that comes up on
   * this host only now is used from then on.
   */
  async watch(signal: AbortSignal): Promise<void> {
    if (!this.#allowed) return;
    for (let round = 1; ; round += 1) {
      await this.#deps.timer.sleep(this.#deps.watchMs, signal);
      if (signal.aborted) return;
      await this.#round(round % watchRule.modelRounds === 0, signal);
      if (!this.#running && !signal.aborted) await this.#own?.recover(signal);
    }
  }

  async #round(withModels: boolean, signal: AbortSignal): Promise<BackendLook> {
    const found = await this.#backend.look(signal);
    if (signal.aborted) return found;
    this.#slow = found === 'slow' ? this.#slow + 1 : 0;
    if (found === 'answers') {
      if (!this.#running) await this.#arrive(signal);
      else if (withModels) await this.#refresh(signal);
      return found;
    }
    const gone = found === 'absent' || this.#slow >= watchRule.slowLooks;
    if (!this.#running || !gone) return found;
    this.#deps.log.warn('the model service does not answer any more', { url: this.#baseUrl });
    this.#running = false;
    this.#change.abort();
    return found;
  }

  /** Models first, so that no report names a running service without them. */
  async #arrive(signal: AbortSignal): Promise<void> {
    await this.#refresh(signal);
    const asksCloud = await this.#backend.asksCloud(signal);
    if (signal.aborted) return;
    this.#running = true;
    this.#existing = this.#own === undefined;
    this.#asksCloud = asksCloud;
    if (asksCloud === true) {
      const fix = 'start it with OLLAMA_NO_CLOUD=1';
      this.#deps.log.warn('the model service asks the cloud of its maker', {
        url: this.#baseUrl,
        fix,
      });
    }
    this.#deps.log.info('the model service answers', {
      url: this.#baseUrl,
      models: this.models.known().length,
    });
    this.#change.abort();
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    try {
      await this.models.refresh(this.#backend, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.log.warn('the models of the model service cannot be read', {
        reason: messageOf(error),
      });
    }
  }
}
