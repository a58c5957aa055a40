import { describe, expect, it } from 'vitest';
import {
  type NewTaskEvent,
  endEvents,
  expiryEvents,
  moveEvents,
  queuedEvents,
  startEvents,
} from './job-events.ts';

const at = new Date('2026-01-01T00:00:00Z');
const job = (taskId: string, jobId: string) => ({ taskId, jobId });
/** Whom an event is about and what it says. */
const brief = (events: readonly NewTaskEvent[]): string[] =>
  events.map(({ event, data }) => {
    if (event === 'task.status') return `task ${data.task_id} ${data.status}`;
    if (event === 'job.status') return `job ${data.job_id} ${data.status}`;
    return event === 'job.log' ? `job ${data.job_id} ${data.text}` : event;
  });

describe('events of jobs', () => {
  it('say once that a task runs, before its jobs', () => {
    const jobs = [job('t', 'a'), job('t', 'b'), job('u', 'c')];
    expect(brief(startEvents(jobs, at))).toEqual([
      'task t running',
      'job a running',
      'job b running',
      'task u running',
      'job c running',
    ]);
    expect(startEvents(jobs, at)[0]?.data).toMatchObject({ at: '2026-01-01T00:00:00.000Z' });
  });

  it('tell every step of a lease that is over, also when the row rests in none', () => {
    expect(brief(queuedEvents([job('t', 'a')], at))).toEqual(['job a queued']);
    expect(brief(moveEvents(job('t', 'a'), at))).toEqual([
      'job a lease_expired',
      'job a queued',
      'job a running',
    ]);
    const requeue = { ...job('t', 'a'), expiry: { kind: 'requeue', delayMs: 1 } as const };
    expect(brief(expiryEvents(requeue, new Set(), at))).toEqual([
      'job a lease_expired',
      'job a queued',
    ]);
    const exhausted = { ...job('t', 'a'), expiry: { kind: 'exhausted' } as const };
    expect(brief(expiryEvents(exhausted, new Set(['t']), at))).toEqual([
      'job a lease_expired',
      'job a failed',
      'task t failed',
    ]);
  });

  it('end with logs, status and that of the task, when it ended with the job', () => {
    const logs = [{ stream: 'stdout', text: 'hello' } as const];
    const ended = { ...job('t', 'a'), status: 'completed', logs } as const;
    expect(brief(endEvents(ended, new Set(), at))).toEqual(['job a hello', 'job a completed']);
    expect(brief(endEvents(ended, new Set(['t']), at)).at(-1)).toBe('task t completed');
  });
});
