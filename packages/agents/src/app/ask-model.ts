import {
  type Inference,
  type ModelQuestion,
  type ModelReply,
  NoReply,
} from '../ports/inference.ts';
import type { Sleep } from './patient-tools.ts';
import { WorkflowFailure } from './workflow-failure.ts';

export interface AskDeps {
  readonly inference: Inference;
  readonly sleep: Sleep;
  /** Milliseconds of a clock that nobody sets. */
  readonly elapsedMs: () => number;
}

/** Pauses before a call that failed is made again, ms. */
const quickMs = [1000, 4000, 16_000];

/** Pause before somebody is looked for again who can be asked, ms. */
const waitMs = 30_000;

/** A model that was asked again and again and could not answer. */
export class ModelFailed extends WorkflowFailure {}

/**
 * Asks, again while that may help: a call that failed three times more, and where nobody can be asked for so many
 * seconds. See docs/reference/workflow.md#models.
 * @throws WorkflowFailure `inference_unavailable`, as ModelFailed where somebody was asked
 */
export async function askModel(
  question: ModelQuestion,
  { inference, sleep, elapsedMs }: AskDeps,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<ModelReply> {
  const began = elapsedMs();
  let failed = 0;
  for (;;) {
    try {
      return await inference.ask(question, signal);
    } catch (error) {
      if (!(error instanceof NoReply)) throw error;
      const why = { cause: error };
      const code = 'inference_unavailable';
      if (error.kind === 'refused') throw new WorkflowFailure(code, error.message, why);
      let pauseMs: number | undefined = waitMs;
      if (error.kind === 'failed') {
        pauseMs = quickMs[failed];
        failed += 1;
        if (pauseMs === undefined) throw new ModelFailed(code, error.message, why);
      } else if (elapsedMs() - began + waitMs > waitSeconds * 1000) {
        throw new WorkflowFailure(code, error.message, why);
      }
      await sleep(pauseMs, signal);
      signal.throwIfAborted();
    }
  }
}
