import { messageOf } from '@cynodeai/runtime/std';
import { promptsAtOnce } from '../../domain/prompts/model-limits.ts';
import type { ClaimedPrompt, PromptClaims } from '../../ports/prompts.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import type { HeldLeases } from '../leases/held-leases.ts';
import {
  type AskModelDeps,
  type ModelRoute,
  findModelRoute,
  modelAtOnce,
} from '../models/ask-model.ts';
import { type RunPromptDeps, runPrompt } from './run-prompt.ts';

export interface PromptDispatcherDeps extends RunPromptDeps {
  readonly held: HeldLeases<ClaimedPrompt>;
  readonly prompts: PromptClaims;
  readonly model: AskModelDeps;
  /** Calls under way at once in this process, whatever the service takes. */
  readonly maxCalls: number;
}

/**
 * Claims prompts and has models answer them, a bounded number at once and apart from sandbox jobs,
 * so that neither holds up the other. See docs/reference/inference.md#prompts (REQ-ORCHES-0118,
 * REQ-ORCHES-0125).
 */
export class PromptDispatcher {
  readonly #deps: PromptDispatcherDeps;

  constructor(deps: PromptDispatcherDeps) {
    this.#deps = deps;
  }

  /**
   * Claims and starts what fits now, or says on the tasks of the prompts what they wait for; resolves without waiting
   * for the answers.
   */
  async dispatch(): Promise<void> {
    const { held, prompts, model, maxCalls } = this.#deps;
    if (held.isClosed || held.size >= maxCalls) return;
    const { isDue, underWay, atOnce } = await prompts.queue();
    if (!isDue) return;
    // While every place is taken nothing else is looked at.
    const most = atOnce ?? (underWay > 0 ? await modelAtOnce(model) : undefined);
    if (most !== undefined && underWay >= most) return prompts.noteWaiting('model_answers_others');
    const route = await findModelRoute(model);
    if (route.kind === 'waiting') return prompts.noteWaiting(route.reason);
    const { path } = route;
    const note = {
      path: path.kind,
      reasons: path.reasons,
      ...(path.kind === 'node_relay' && { node_slug: path.node.slug }),
    };
    const limit = maxCalls - held.size;
    await held.claim(
      () => prompts.claim({ limit, atOnce: promptsAtOnce(path.model), note }),
      (prompt) => this.#run(prompt, route),
    );
  }

  /** Waits up to `limitMs` for answers under way; then the calls are ended and their prompts given back. */
  drain(limitMs: number, hurry?: AbortSignal): Promise<void> {
    const { held, completer, log } = this.#deps;
    return held.drain(limitMs, {
      hurry,
      onLeft: (prompts) => {
        log.warn('prompts are given back at shutdown', { prompts });
        completer.giveUp();
      },
      handBack: async (left) => {
        await Promise.all(left.map((prompt) => this.#giveBack(prompt)));
      },
    });
  }

  async #run(held: HeldLease<ClaimedPrompt>, route: ModelRoute): Promise<void> {
    const { jobId, taskId } = held.lease;
    const { kind, model } = route.path;
    const fields = { job_id: jobId, task_id: taskId, path: kind, model };
    this.#deps.log.info('a prompt goes to a model', fields);
    await runPrompt({ held, route }, this.#deps);
  }

  /** Not an attempt, and at once for others; without a database the lease ends by itself. */
  async #giveBack(prompt: ClaimedPrompt): Promise<void> {
    const reason = 'the control-plane ended before the model answered';
    try {
      await this.#deps.leases.requeue(prompt, { delayMs: 0, reason, refusedBy: undefined });
    } catch (error) {
      this.#deps.log.error('a prompt could not be given back', {
        job_id: prompt.jobId,
        error: messageOf(error),
      });
    }
  }
}
