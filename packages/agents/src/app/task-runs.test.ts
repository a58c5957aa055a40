import { memoryLog, waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { TaskRuns } from './task-runs.ts';

/** Runs that last until they are let go, or told to stop. */
function scene(atOnce: number) {
  const begun: string[] = [];
  const stopped: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const log = memoryLog();
  const runs = new TaskRuns({
    atOnce,
    log,
    run: (taskId, _trigger, stop) => {
      begun.push(taskId);
      const end = Promise.withResolvers<string>();
      ends.set(taskId, end);
      stop.addEventListener('abort', () => {
        stopped.push(taskId);
        end.resolve('yielded');
      });
      return end.promise;
    },
  });
  return { runs, begun, stopped, log, end: (taskId: string) => ends.get(taskId) };
}

describe('the tasks whose graphs a process runs', () => {
  it('are so many at once, in the order in which it was told of them, each once', async () => {
    const { runs, begun, end } = scene(2);
    for (const taskId of ['a', 'b', 'a', 'c', 'd', 'c']) runs.nudge(taskId, 'user_api');
    expect(begun).toEqual(['a', 'b']);
    end('b')?.resolve('completed');
    await waitFor(() => begun.length === 3);
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a')?.resolve('completed');
    await waitFor(() => begun.length === 4);
    runs.nudge('a', 'user_api');
    end('c')?.resolve('completed');
    await waitFor(() => begun.length === 5);
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'a']);
    await runs.close();
  });

  it('go on without one that could not be run', async () => {
    const { runs, begun, end, log } = scene(1);
    runs.nudge('a', 'user_api');
    runs.nudge('b', 'pm_request');
    end('a')?.reject(new Error('no lease'));
    await waitFor(() => begun.length === 2);
    expect(log.text()).toContain('no lease');
    await runs.close();
  });

  it('are given back at a stop: those that run are told, those that wait are left to others', async () => {
    const { runs, begun, stopped } = scene(2);
    for (const taskId of ['a', 'b', 'c']) runs.nudge(taskId, 'user_api');
    await runs.close();
    expect([begun, stopped]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(runs.nudge('d', 'user_api')).toBe(false);
    expect(begun).toHaveLength(2);
  });
});
