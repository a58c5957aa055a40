import type { Log } from '@cynodeai/runtime/observe';
import {
  type NodeCall,
  type PmModelStep,
  advanceModel,
} from '../../domain/models/advance-model.ts';
import { applyOutcome } from '../../domain/models/load-outcome.ts';
import type { PmModelState } from '../../domain/models/pm-model-state.ts';
import type { NodeConnection } from '../../ports/nodes.ts';
import type { ModelWorker, PmModelStore } from '../../ports/models.ts';

export interface PmModelManagerDeps {
  readonly store: PmModelStore;
  readonly worker: ModelWorker;
  readonly log: Log;
  readonly newId: () => string;
}

/** Steps of one run; whatever is left waits for the next, so that a fault cannot keep a process busy. */
const maxSteps = 100;

interface Outgoing {
  readonly call: NodeCall;
  readonly connection: NodeConnection | undefined;
}

/**
 * Selects the Project Manager's model, has it loaded and watches it. Any number of control planes
 * may do so: a step is decided and stored in one short transaction, one at a time; calls of nodes
 * happen outside of it, and only by who stored that they are under way.
 * See docs/reference/inference.md (REQ-ORCHES-0116, REQ-ORCHES-0117, REQ-MODELS-0003).
 */
export class PmModelManager {
  readonly #deps: PmModelManagerDeps;

  constructor(deps: PmModelManagerDeps) {
    this.#deps = deps;
  }

  /** Brings the selection up to date; answers when to look again if nothing changes meanwhile, ms from now. */
  async run(signal: AbortSignal): Promise<number | undefined> {
    for (let step = 0; step < maxSteps && !signal.aborted; step += 1) {
      const { call, connection, waitMs } = await this.#advance();
      if (call === undefined) return waitMs;
      await this.#make({ call, connection }, signal);
    }
    return 0;
  }

  async #advance(): Promise<Partial<Outgoing> & { readonly waitMs: number | undefined }> {
    const { store, newId } = this.#deps;
    const { look, step } = await store.transaction(async (tx) => {
      const look = await tx.look();
      const step = advanceModel(look.view, newId);
      await tx.save(step.state === look.view.state ? undefined : step.state, step.notes);
      return { look, step };
    });
    this.#logChange(look.view.state, step);
    return {
      ...(step.call && { call: step.call, connection: look.connections.get(step.call.nodeId) }),
      waitMs: step.nextAt && Math.max(0, step.nextAt.getTime() - look.view.now.getTime()),
    };
  }

  async #make({ call, connection }: Outgoing, signal: AbortSignal): Promise<void> {
    const { store, worker, log } = this.#deps;
    const { loadId, modelRef } = call;
    if (call.kind === 'load') {
      log.info('a model is to be loaded', { node_slug: connection?.slug, model_ref: modelRef });
    }
    const ask = call.kind === 'load' ? 'loadModel' : 'modelStatus';
    const outcome =
      connection === undefined
        ? ({ kind: 'failed', error: 'the node cannot be called' } as const)
        : await worker[ask](connection, modelRef, signal);
    if (outcome.kind === 'failed') {
      log.warn('a model could not be loaded', {
        node_slug: connection?.slug,
        model_ref: modelRef,
        error: outcome.error,
      });
    }
    await store.transaction(async (tx) => {
      const { view } = await tx.look();
      const applied = applyOutcome(view, loadId, outcome);
      if (applied === undefined) return;
      await tx.save(applied.state === view.state ? undefined : applied.state, applied.notes);
    });
  }

  #logChange(before: PmModelState | undefined, { state }: PmModelStep): void {
    const same =
      before?.status === state.status &&
      before.nodeSlug === state.nodeSlug &&
      before.modelRef === state.modelRef;
    if (same) return;
    this.#deps.log.info('the Project Manager model changed', {
      status: state.status,
      node_slug: state.nodeSlug,
      model_ref: state.modelRef,
      selection_reason: state.reasons,
    });
  }
}
