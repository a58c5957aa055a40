import type { GraphState } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';
import { describe, expect, it } from 'vitest';
import { langGraphEngine } from '../src/adapters/graph/langgraph-engine.ts';
import type { KeptState } from '../src/ports/workflow.ts';
import { playedNodes, taskId } from './support/played-nodes.ts';

const engine = langGraphEngine({ maxAttempts: 3 });
const never = new AbortController().signal;

interface Course {
  readonly ran: WorkflowNode[];
  readonly kept: KeptState[];
  readonly last: KeptState;
}

async function walk(from?: KeptState, stopAt?: WorkflowNode): Promise<Course> {
  const ran: WorkflowNode[] = [];
  const kept: KeptState[] = [];
  const play = playedNodes({ steps: 2, failures: 1 });
  const last = await engine.run({
    taskId,
    from,
    signal: never,
    keep: async (each) => {
      // What a node is given must be what was kept, also through a wire.
      kept.push(structuredClone(each));
    },
    runNode: async (node, state: GraphState) => {
      if (node === stopAt) throw new Error('the process is killed');
      ran.push(node);
      return play(node, state);
    },
  });
  return { ran, kept, last };
}

describe('a graph on LangGraph', () => {
  it('keeps its state behind every node, once, before the next begins', async () => {
    const { ran, kept, last } = await walk();
    expect(kept.map(({ lastNode }) => lastNode)).toEqual(ran);
    expect(ran.filter((node) => node === 'dispatch_step')).toHaveLength(4);
    expect(last).toEqual(kept.at(-1));
    expect(last.lastNode).toBe('finalize_summary');
  });

  it('goes on from each of its states as if nothing had happened', async () => {
    const whole = await walk();
    for (const [index, from] of whole.kept.entries()) {
      const rest = await walk(from);
      expect(rest.ran).toEqual(whole.ran.slice(index + 1));
      expect(rest.last).toEqual(whole.last);
    }
  });

  it('keeps nothing of a node that does not end', async () => {
    const kept: KeptState[] = [];
    const play = playedNodes({ steps: 1, failures: 0 });
    const run = engine.run({
      taskId,
      from: undefined,
      signal: never,
      keep: async (each) => void kept.push(each),
      runNode: async (node, state) => {
        if (node === 'collect_result') throw new Error('gone');
        return play(node, state);
      },
    });
    await expect(run).rejects.toThrow('gone');
    expect(kept.at(-1)?.lastNode).toBe('dispatch_step');
  });

  it('does not begin a node whose predecessor could not be kept', async () => {
    const ran: WorkflowNode[] = [];
    const play = playedNodes({ steps: 1, failures: 0 });
    const run = engine.run({
      taskId,
      from: undefined,
      signal: never,
      keep: async ({ lastNode }) => {
        if (lastNode === 'plan_steps') throw new Error('the lease is over');
      },
      runNode: async (node, state) => {
        ran.push(node);
        return play(node, state);
      },
    });
    await expect(run).rejects.toThrow('the lease is over');
    expect(ran).toEqual(['load_task_context', 'plan_steps']);
  });

  it('ends at once when it is told to, inside a node', async () => {
    const stop = new AbortController();
    const run = engine.run({
      taskId,
      from: undefined,
      signal: stop.signal,
      keep: async () => {},
      runNode: (_node, _state, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
          stop.abort();
        }),
    });
    await expect(run).rejects.toThrow();
  });

  it('walks plans of twenty steps whose every step fails twice', async () => {
    const play = playedNodes({ steps: 20, failures: 2 });
    let nodes = 0;
    const last = await engine.run({
      taskId,
      from: undefined,
      signal: never,
      keep: async () => void (nodes += 1),
      runNode: async (node, state) => play(node, state),
    });
    expect(last.lastNode).toBe('finalize_summary');
    expect(nodes).toBe(3 + 20 * 3 * 3);
  });
});
