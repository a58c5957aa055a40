import type { TaskEvent } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserSession } from '../../domain/identity/actor.ts';
import type { TaskRecord } from '../../domain/tasks/task-record.ts';
import type { StoredTaskStatus } from '../../domain/tasks/task-status.ts';
import type { TaskReader } from '../../ports/tasks.ts';
import { type TaskEventsDeps, streamTaskEvents } from './stream-task-events.ts';

const at = new Date('2026-01-01T00:00:00Z');
const id = '00000000-0000-7000-8000-000000000001';
const me: UserSession = {
  kind: 'session',
  userId: 'me',
  sessionId: 's',
  handle: 'me',
  createdAt: at,
  groupIds: [],
  roles: [],
};
const task: TaskRecord = {
  id,
  createdBy: 'me',
  projectId: undefined,
  name: 't',
  status: 'running',
  inputMode: 'script',
  prompt: '',
  summary: undefined,
  attachments: [],
  createdAt: at,
  updatedAt: at,
};

function eventOf(sequence: number, status: 'running' | 'completed'): TaskEvent {
  return {
    id: String(sequence),
    event: 'task.status',
    data: { task_id: id, status, at: at.toISOString() },
  };
}

/** A task whose events, status and time the test moves; every wait is woken at once. */
function world() {
  const state = {
    events: [] as TaskEvent[],
    status: 'running' as StoredTaskStatus,
    task: task as TaskRecord | undefined,
    elapsed: 0,
    stepMs: 0,
    subscribers: 0,
    reads: 0,
    recheck: async (): Promise<UserSession> => me,
  };
  const tasks: TaskReader = {
    find: async () => state.task,
    list: async () => ({ tasks: [] }),
    jobs: async () => [],
    status: async () => state.status,
    events: async (_taskId, after, limit) => {
      state.reads += 1;
      return state.events.filter((event) => Number(event.id) > after).slice(0, limit);
    },
    resumeAfter: async () => 0,
  };
  const deps: TaskEventsDeps = {
    tasks,
    signals: {
      subscribe: (_taskId, wake) => {
        state.subscribers += 1;
        const timer = setInterval(() => {
          state.elapsed += state.stepMs;
          wake();
        }, 1);
        return () => {
          clearInterval(timer);
          state.subscribers -= 1;
        };
      },
    },
    recheck: () => state.recheck(),
    elapsed: () => state.elapsed,
  };
  return { state, deps };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a stream of task events', () => {
  it('ends after the terminal status and lets go of its subscription', async () => {
    const { state, deps } = world();
    state.events = [eventOf(1, 'running'), eventOf(2, 'completed'), eventOf(3, 'running')];
    const items = await collect(streamTaskEvents(deps, task, 0, new AbortController().signal));
    expect(items).toEqual(state.events.slice(0, 2));
    expect(state.subscribers).toBe(0);
  });

  it('reads on where a full page ended', async () => {
    const { state, deps } = world();
    state.events = Array.from({ length: 1001 }, (_, index) =>
      eventOf(index + 1, index === 1000 ? 'completed' : 'running'),
    );
    const items = await collect(streamTaskEvents(deps, task, 0, new AbortController().signal));
    expect(items).toHaveLength(1001);
    expect(state.reads).toBe(3);
  });

  it('shows a sign of life within every 15 s of silence', async () => {
    const { state, deps } = world();
    state.stepMs = 1000;
    const items = streamTaskEvents(deps, task, 0, new AbortController().signal);
    expect((await items.next()).value).toBe('heartbeat');
    expect(state.elapsed).toBeLessThanOrEqual(15_000);
    const first = state.elapsed;
    expect((await items.next()).value).toBe('heartbeat');
    expect(state.elapsed - first).toBeLessThanOrEqual(15_000);
    await items.return(undefined);
    expect(state.subscribers).toBe(0);
  });

  it('asks again within a minute whether the caller may read, and fails when not', async () => {
    const { state, deps } = world();
    state.stepMs = 1000;
    state.recheck = () => Promise.reject(new OrchestratorError('session_invalid', 'over'));
    const items = streamTaskEvents(deps, task, 0, new AbortController().signal);
    const drain = async (): Promise<void> => {
      for await (const item of items) expect(item).toBe('heartbeat');
    };
    await expect(drain()).rejects.toMatchObject({ code: 'session_invalid' });
    expect(state.elapsed).toBeLessThanOrEqual(60_000);
    const hidden = world();
    hidden.state.stepMs = 1000;
    hidden.state.task = { ...task, createdBy: 'you' };
    const others = collect(streamTaskEvents(hidden.deps, task, 0, new AbortController().signal));
    await expect(others).rejects.toMatchObject({ code: 'task_unknown' });
  });

  it('goes on after a check that went well, ends when the signal fires, and when the task is gone', async () => {
    const { state, deps } = world();
    state.stepMs = 10_000;
    const stop = new AbortController();
    const seen: unknown[] = [];
    for await (const item of streamTaskEvents(deps, task, 0, stop.signal)) {
      seen.push(item);
      if (state.elapsed > 130_000) stop.abort();
    }
    expect(seen.length).toBeGreaterThan(5);
    const gone = world();
    gone.deps.tasks.status = async () => undefined;
    const items = await collect(
      streamTaskEvents(
        { signals: gone.deps.signals, tasks: gone.deps.tasks, recheck: gone.deps.recheck },
        task,
        0,
        new AbortController().signal,
      ),
    );
    expect(items).toEqual([]);
  });
});
