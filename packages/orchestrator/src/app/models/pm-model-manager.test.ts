import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import type { ModelNode } from '../../domain/models/model-node.ts';
import { pmModelKeys, pmModelSettingsOf } from '../../domain/models/model-settings.ts';
import type { PmModelState } from '../../domain/models/pm-model-state.ts';
import type { LoadOutcome } from '../../domain/models/load-outcome.ts';
import type { NodeConnection } from '../../ports/nodes.ts';
import { PmModelManager } from './pm-model-manager.ts';

const node: ModelNode = {
  nodeId: 'i',
  slug: 'n',
  isOrchestratorHost: true,
  vramTotalMb: 0,
  reportKey: 'r',
  models: new Map(),
};
const connection: NodeConnection = { nodeId: 'i', slug: 'n', url: 'http://n', token: 't' };

/** A manager on one node whose database never shows that a model is there. */
function managed(connections: readonly NodeConnection[], answer: LoadOutcome) {
  const seen = { calls: 0, state: undefined as PmModelState | undefined, failures: 0 };
  let now = new Date(0);
  const manager = new PmModelManager({
    store: {
      transaction: (work) =>
        work({
          look: async () => ({
            view: {
              now,
              state: seen.state,
              settings: pmModelSettingsOf(new Map([[pmModelKeys.needsApproval, false]])),
              loadTimeoutMs: 1_800_000,
              candidates: [node],
              demoModel: undefined,
            },
            connections: new Map(connections.map((one) => [one.nodeId, one])),
          }),
          save: async (state, notes) => {
            seen.state = state ?? seen.state;
            seen.failures += notes.filter(({ model }) => model.status === 'failed').length;
          },
        }),
    },
    worker: {
      loadModel: async () => {
        seen.calls += 1;
        return answer;
      },
      modelStatus: async () => {
        seen.calls += 1;
        return answer;
      },
    },
    log: silentLog,
    newId: () => 'id',
  });
  return { manager, seen, pass: (ms: number) => (now = new Date(now.getTime() + ms)) };
}

describe('a run of the manager', () => {
  it('ends when the next thing is due later, and says when', async () => {
    const { manager, seen, pass } = managed([connection], { kind: 'loading' });
    expect(await manager.run(new AbortController().signal)).toBe(250);
    expect([seen.calls, seen.state?.status]).toEqual([1, 'loading']);
    pass(100);
    expect(await manager.run(new AbortController().signal)).toBe(150);
    expect(seen.calls).toBe(1);
  });

  it('notes a node that cannot be called as a failed load, without a call', async () => {
    const { manager, seen } = managed([], { kind: 'available' });
    await manager.run(new AbortController().signal);
    expect([seen.calls, seen.failures]).toEqual([0, 1]);
  });

  it('stops with the process', async () => {
    const { manager, seen } = managed([connection], { kind: 'available' });
    expect(await manager.run(AbortSignal.abort())).toBe(0);
    expect(seen.calls).toBe(0);
  });
});
