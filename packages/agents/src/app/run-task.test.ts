import { once } from 'node:events';
import { memoryLog, waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { GraphEngine } from '../ports/graph-engine.ts';
import {
  type KeptState,
  LeaseLost,
  NotOurs,
  type WorkflowControl,
  type WorkflowLease,
} from '../ports/workflow.ts';
import { runTask } from './run-task.ts';
import { TaskCanceled } from './task-canceled.ts';

const taskId = '018f0000-0000-7000-8000-000000000001';
const lease: WorkflowLease = { taskId, leaseId: 'l', runId: 'r', contextId: 'c', livesMs: 9000 };
const kept = (lastNode: KeptState['lastNode']): KeptState => ({
  lastNode,
  state: { schema_version: 1, task_id: taskId },
});

interface Scene {
  readonly control?: Partial<WorkflowControl>;
  readonly run: GraphEngine['run'];
}

/** A run with a clock that its sleeps move. */
function scene({ control = {}, run }: Scene) {
  const calls: string[] = [];
  let nowMs = 0;
  const stop = new AbortController();
  const told: WorkflowControl = {
    start: async () => lease,
    resume: async () => undefined,
    checkpoint: async (_lease, { lastNode }) => void calls.push(`keep ${lastNode}`),
    renew: async () => {
      calls.push(`renew at ${nowMs}`);
      return lease.livesMs;
    },
    release: async (_lease, outcome) => void calls.push(`release ${outcome}`),
    ...control,
  };
  const log = memoryLog();
  const ended = () =>
    runTask(
      taskId,
      'user_api',
      {
        control: told,
        engine: { run },
        nodesOf: () => async (_node, state) => state,
        sleep: async (ms, signal) => {
          await new Promise(setImmediate);
          signal.throwIfAborted();
          nowMs += ms;
        },
        elapsedMs: () => nowMs,
        log,
      },
      stop.signal,
    );
  return { calls, ended, stop, log };
}

/** Resolves never, and rejects when the run is told to end. */
async function untilEnded(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

describe('running a task', () => {
  it.each([
    ['finalize_summary', 'completed'],
    ['mark_failed', 'failed'],
  ] as const)('whose graph ends with %s releases it as %s', async (node, outcome) => {
    const { calls, ended } = scene({
      run: async ({ keep }) => {
        await keep(kept(node));
        return kept(node);
      },
    });
    expect(await ended()).toBe(outcome);
    expect(calls.filter((call) => !call.startsWith('renew'))).toEqual([
      `keep ${node}`,
      `release ${outcome}`,
    ]);
  });

  it("that is somebody else's does nothing", async () => {
    const { calls, ended } = scene({
      control: { start: () => Promise.reject(new NotOurs('lease_held')) },
      run: () => Promise.reject(new Error('it must not run')),
    });
    expect(await ended()).toBe('not_ours');
    expect(calls).toEqual([]);
  });

  it('begins where an earlier run stopped', async () => {
    const before = kept('collect_result');
    const { ended } = scene({
      control: { resume: async () => before },
      run: async ({ from }) => {
        expect(from).toBe(before);
        return kept('finalize_summary');
      },
    });
    expect(await ended()).toBe('completed');
  });

  it('renews its lease at every third of it while a node works', async () => {
    const { calls, ended } = scene({
      run: async () => {
        await waitFor(() => calls.length >= 3);
        return kept('finalize_summary');
      },
    });
    await ended();
    expect(calls.slice(0, 3)).toEqual(['renew at 3000', 'renew at 6000', 'renew at 9000']);
  });

  it('ends its graph when the lease is lost, and writes nothing more', async () => {
    const { calls, ended, log } = scene({
      control: { renew: () => Promise.reject(new LeaseLost('over')) },
      run: ({ signal }) => untilEnded(signal),
    });
    expect(await ended()).toBe('lost');
    expect(calls).toEqual([]);
    expect(log.text()).toContain('a graph stopped without its end');
  });

  it('outlives a control plane that is away for less than its lease, and not a longer one', async () => {
    let away = 2;
    const short = scene({
      control: {
        renew: async () => {
          if (away-- > 0) throw new Error('ECONNREFUSED');
          return lease.livesMs;
        },
      },
      run: async () => {
        await waitFor(() => away < 0);
        return kept('finalize_summary');
      },
    });
    expect(await short.ended()).toBe('completed');
    const long = scene({
      control: { renew: () => Promise.reject(new Error('ECONNREFUSED')) },
      run: ({ signal }) => untilEnded(signal),
    });
    expect(await long.ended()).toBe('lost');
  });

  it('keeps a state again while the lease lives, and gives up with it', async () => {
    let away = 2;
    const { calls, ended } = scene({
      control: {
        checkpoint: async (_lease, { lastNode }) => {
          if (away-- > 0) throw new Error('ECONNREFUSED');
          calls.push(`keep ${lastNode}`);
        },
      },
      run: async ({ keep }) => {
        await keep(kept('finalize_summary'));
        return kept('finalize_summary');
      },
    });
    expect(await ended()).toBe('completed');
    expect(calls).toContain('keep finalize_summary');
    const never = scene({
      control: {
        checkpoint: () => Promise.reject(new Error('ECONNREFUSED')),
        renew: () => Promise.reject(new Error('ECONNREFUSED')),
      },
      run: async ({ keep }) => {
        await keep(kept('finalize_summary'));
        return kept('finalize_summary');
      },
    });
    expect(await never.ended()).toBe('lost');
    expect(never.calls).toEqual([]);
  });

  it('gives its lease back when the process stops, and when the task was canceled', async () => {
    const stopped = scene({ run: ({ signal }) => untilEnded(signal) });
    const ending = stopped.ended();
    stopped.stop.abort();
    expect(await ending).toBe('yielded');
    expect(stopped.calls.at(-1)).toBe('release yielded');
    const canceled = scene({ run: () => Promise.reject(new TaskCanceled('by its owner')) });
    expect(await canceled.ended()).toBe('canceled');
    expect(canceled.calls.at(-1)).toBe('release canceled');
  });

  it('leaves the lease to time when a node has a defect, so that another try comes later', async () => {
    const { calls, ended } = scene({ run: () => Promise.reject(new TypeError('a defect')) });
    expect(await ended()).toBe('lost');
    expect(calls.filter((call) => call.startsWith('release'))).toEqual([]);
  });
});
