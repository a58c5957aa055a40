import type { GraphState } from '@cynodeai/contracts/agents';
import { type WorkflowNode, workflowNodes } from '@cynodeai/contracts/control-plane';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint';
import type { KeptState } from '../../ports/workflow.ts';

const isNode = (name: unknown): name is WorkflowNode =>
  (workflowNodes as readonly unknown[]).includes(name);

/**
 * Saver of one run of one graph. Behind each node it hands the state on, and the library waits for that; of its own
 * form it keeps the last checkpoint in memory and nothing else, because a run that is resumed begins anew from a state
 * and the name of its node.
 */
export class CheckpointSaver extends BaseCheckpointSaver {
  readonly #keep: (kept: KeptState) => Promise<void>;
  #last: CheckpointTuple | undefined;

  constructor(keep: (kept: KeptState) => Promise<void>) {
    super();
    this.#keep = keep;
  }

  override async getTuple(): Promise<CheckpointTuple | undefined> {
    return this.#last;
  }

  override async *list(): AsyncGenerator<CheckpointTuple> {
    if (this.#last !== undefined) yield this.#last;
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
  ): Promise<RunnableConfig> {
    const { state, last } = checkpoint.channel_values;
    // The first of a run is the state it began with, behind no node.
    if (metadata.source === 'loop' && isNode(last)) {
      await this.#keep({ state: state as GraphState, lastNode: last });
    }
    const next = { configurable: { ...config.configurable, checkpoint_id: checkpoint.id } };
    this.#last = { config: next, checkpoint, metadata, pendingWrites: [] };
    return next;
  }

  /** Of a node that did not end nothing is kept: it begins anew. */
  override async putWrites(): Promise<void> {}

  override async deleteThread(): Promise<void> {
    this.#last = undefined;
  }
}
