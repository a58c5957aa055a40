import { withoutAvoided } from '../../domain/dispatch/select-node.ts';
import { leaseMsOf, leaseTimes } from '../../domain/jobs/job-lease.ts';
import { type PromptPath, choosePath } from '../../domain/prompts/choose-path.ts';
import type { JobQueue } from '../../ports/dispatch.ts';
import type { ModelEndpoint } from '../../ports/model-client.ts';
import type { PmModelReader } from '../../ports/models.ts';
import type { ClaimedPrompt, PromptQueue } from '../../ports/prompts.ts';
import { type RunPromptDeps, logLostPrompt, runPrompt } from './run-prompt.ts';

export interface PromptDispatcherDeps extends RunPromptDeps {
  readonly prompts: PromptQueue;
  readonly queue: Pick<JobQueue, 'renew' | 'requeue' | 'canceledAmong' | 'taskInput'>;
  readonly models: PmModelReader;
  /** `OLLAMA_BASE_URL`, else `INFERENCE_URL`. Contract 01 section 1.2. */
  readonly directUrl: string | undefined;
  /** `INFERENCE_MODEL`. */
  readonly defaultModel: string;
  /** Path of a node's relay below its Worker API, without a trailing slash. */
  readonly relayPath: string;
  /** Calls under way at once in this process. */
  readonly maxCalls: number;
  /** Called when a call of this process is over and the next prompt may be claimed. */
  readonly onSlotFree: () => void;
  /** Called when leases became shorter than `renewMs` said so far. */
  readonly onShorterLease: () => void;
}

/** How long a node that did not answer is left alone while another may answer, ms. */
const avoidMs = 10_000;

interface InFlight {
  readonly prompt: ClaimedPrompt;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

interface Route {
  readonly path: Exclude<PromptPath, { readonly kind: 'waiting' }>;
  readonly endpoint: ModelEndpoint;
}

/**
 * Claims prompts and has models answer them, a bounded number at once and apart from sandbox jobs, so that neither
 * holds up the other. Contract 01 section 4.4 (REQ-ORCHES-0118, 0125).
 */
export class PromptDispatcher {
  readonly #deps: PromptDispatcherDeps;
  readonly #inFlight = new Map<string, InFlight>();
  /** Nodes that did not answer, until when, on the monotonic clock. */
  readonly #silent = new Map<string, number>();
  #leaseMs = leaseMsOf(undefined);
  #closing = false;

  constructor(deps: PromptDispatcherDeps) {
    this.#deps = deps;
  }

  /** Leases this process holds. */
  get leaseIds(): readonly string[] {
    return [...this.#inFlight.values()].map(({ prompt }) => prompt.leaseId);
  }

  /** Pause between two renewals, ms. */
  get renewMs(): number {
    return leaseTimes(this.#leaseMs).renewMs;
  }

  /**
   * Claims and starts what fits now, or says on the tasks of the prompts what they wait for; resolves without waiting
   * for the answers.
   */
  async dispatch(): Promise<void> {
    const { prompts, maxCalls, monotonicMs } = this.#deps;
    if (this.#closing || this.#inFlight.size >= maxCalls || !(await prompts.due())) return;
    const route = await this.#route();
    if (route.kind === 'waiting') return prompts.noteWaiting(route.reason);
    const { path, endpoint } = route;
    const claimedAt = monotonicMs();
    const claimed = await prompts.claim({
      limit: maxCalls - this.#inFlight.size,
      note: {
        path: path.kind,
        reasons: path.reasons,
        ...(path.kind === 'node_relay' && { node_slug: path.node.slug }),
      },
    });
    for (const prompt of claimed) this.#start(prompt, { path, endpoint }, claimedAt);
  }

  /** Ends calls whose jobs were canceled. Contract 01 section 4.6. */
  async stopCanceled(): Promise<void> {
    const jobIds = [...this.#inFlight.keys()];
    if (jobIds.length === 0) return;
    for (const jobId of await this.#deps.queue.canceledAmong(jobIds)) this.#abort(jobId);
  }

  /** Extends the leases of all calls under way and ends those whose lease is gone. Contract 01 section 5.6. */
  async renew(): Promise<void> {
    const leases = [...this.#inFlight.values()].map(({ prompt }) => prompt);
    if (leases.length === 0) return;
    const renewal = await this.#deps.queue.renew(leases);
    this.#leaseMs = renewal.leaseMs;
    for (const jobId of renewal.canceled) this.#abort(jobId);
    const asked = new Map(leases.map((lease) => [lease.jobId, lease.leaseId]));
    for (const jobId of renewal.lost) {
      const current = this.#inFlight.get(jobId)?.prompt.leaseId;
      if (current === undefined || current !== asked.get(jobId)) continue;
      this.#deps.log.warn('the lease of a prompt is gone', { job_id: jobId });
      this.#abort(jobId);
    }
  }

  /** No new claims from now on. */
  close(): void {
    this.#closing = true;
  }

  /** Waits up to `limitMs` for answers under way; then the calls are ended and their prompts given back. */
  async drain(limitMs: number): Promise<void> {
    const { sleep, log } = this.#deps;
    const over = new AbortController();
    const all = Promise.all([...this.#inFlight.values()].map((entry) => entry.done));
    await Promise.race([all, sleep(limitMs, over.signal)]);
    over.abort();
    const left = [...this.#inFlight.values()];
    if (left.length === 0) return;
    log.warn('prompts are given back at shutdown', { prompts: left.length });
    for (const entry of left) entry.abort.abort();
    await Promise.all(left.map((entry) => entry.done));
    await Promise.all(left.map(({ prompt }) => this.#giveBack(prompt)));
  }

  /** Not an attempt, and at once for others; without a database the lease ends by itself. */
  async #giveBack(prompt: ClaimedPrompt): Promise<void> {
    const reason = 'the control-plane ended before the model answered';
    try {
      await this.#deps.queue.requeue(prompt, { delayMs: 0, reason, refusedBy: undefined });
    } catch (error) {
      logLostPrompt(this.#deps.log, prompt, error);
    }
  }

  async #route(): Promise<Extract<PromptPath, { kind: 'waiting' }> | (Route & { kind: 'open' })> {
    const { models, prompts, directUrl, defaultModel, relayPath } = this.#deps;
    const hasUrl = directUrl !== undefined;
    const nodes = hasUrl ? [] : await prompts.nodes();
    const path = choosePath({
      hasUrl,
      defaultModel,
      selected: await models.current(),
      nodes: withoutAvoided(
        nodes.map((node) => node.facts),
        this.#avoided(),
      ),
    });
    if (path.kind === 'waiting') return path;
    if (path.kind === 'direct_url') {
      return { kind: 'open', path, endpoint: { baseUrl: directUrl ?? '' } };
    }
    const connection = nodes.find((one) => one.facts.nodeId === path.node.nodeId)?.connection;
    // A dispatchable node has URL and token.
    if (connection === undefined) return { kind: 'waiting', reason: 'no_inference_path' };
    const { url, token } = connection;
    return { kind: 'open', path, endpoint: { baseUrl: `${url}${relayPath}`, token } };
  }

  #avoided(): ReadonlySet<string> {
    const now = this.#deps.monotonicMs();
    for (const [nodeId, until] of this.#silent) if (until <= now) this.#silent.delete(nodeId);
    return new Set(this.#silent.keys());
  }

  #abort(jobId: string): void {
    this.#inFlight.get(jobId)?.abort.abort();
  }

  #start(prompt: ClaimedPrompt, { path, endpoint }: Route, claimedAt: number): void {
    const { log, onSlotFree, onShorterLease } = this.#deps;
    this.#abort(prompt.jobId);
    const shorter = prompt.leaseMs < this.#leaseMs;
    this.#leaseMs = prompt.leaseMs;
    if (shorter) onShorterLease();
    const abort = new AbortController();
    const onSilent = (): boolean => {
      if (path.kind !== 'node_relay') return false;
      this.#silent.set(path.node.nodeId, this.#deps.monotonicMs() + avoidMs);
      return path.hasOther;
    };
    const { model } = path;
    const call = { prompt, model, endpoint, claimedAt, signal: abort.signal, onSilent };
    log.info('a prompt goes to a model', {
      job_id: prompt.jobId,
      task_id: prompt.taskId,
      path: path.kind,
      model,
    });
    const done = runPrompt(call, this.#deps)
      .catch((error: unknown) => logLostPrompt(log, prompt, error))
      .finally(() => {
        if (this.#inFlight.get(prompt.jobId)?.prompt === prompt) {
          this.#inFlight.delete(prompt.jobId);
        }
        onSlotFree();
      });
    this.#inFlight.set(prompt.jobId, { prompt, abort, done });
  }
}
