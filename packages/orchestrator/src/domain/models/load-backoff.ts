import { backoffMs } from '@cynodeai/runtime/std';
import type { ModelNode, NodeModel } from './model-node.ts';

/** Pause after a failed load. See docs/reference/inference.md#project-manager-model. */
const pause = { firstMs: 30_000, maxMs: 600_000, jitter: 0 } as const;
/**
 * A model service that cannot load says so soon, a download takes its time.
 * See docs/reference/inference.md#loading.
 */
const looks = { firstMs: 250, maxMs: 5000, jitter: 0 } as const;

/** True while a failed model is not asked for again. A failure nobody noted yet pauses too: noting it is due. */
export function isPaused(model: NodeModel, node: ModelNode, now: Date): boolean {
  if (model.status !== 'failed') return false;
  if (model.retryAt === undefined) return true;
  return model.failedUnder === node.reportKey && now < model.retryAt;
}

/** A failure to be noted; it counts anew when the node's report has changed since the last. */
export function failureOf(
  model: NodeModel | undefined,
  node: ModelNode,
  now: Date,
): { readonly attempts: number; readonly retryAt: Date } {
  const before = model === undefined || model.failedUnder !== node.reportKey ? 0 : model.attempts;
  const attempts = before + 1;
  return { attempts, retryAt: new Date(now.getTime() + backoffMs(attempts, 0, pause)) };
}

/** When to look next at a load that was looked at `polls` times. */
export function nextLook(polls: number, now: Date): Date {
  return new Date(now.getTime() + backoffMs(Math.min(polls + 1, 16), 0, looks));
}
