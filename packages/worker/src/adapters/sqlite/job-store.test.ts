import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunJobResult } from '@cynodeai/contracts/common';
import { uuidv7 } from '@cynodeai/runtime/std';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenJobStore, openJobStore } from './job-store.ts';

const at = new Date('2026-11-20T10:00:00.000Z');

function resultOf(jobId: string, stdout = 'ä'): RunJobResult {
  return {
    version: 1,
    task_id: uuidv7(),
    job_id: jobId,
    status: 'completed',
    exit_code: 0,
    stdout,
    stderr: '',
    started_at: at.toISOString(),
    ended_at: at.toISOString(),
    truncated: { stdout: false, stderr: false },
  };
}

describe('the job store', () => {
  let base: string;
  let store: OpenJobStore;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'cynode-store-'));
    store = openJobStore(join(base, 'jobs'));
  });
  afterEach(async () => {
    store.close();
    await rm(base, { recursive: true });
  });

  function reopen(): void {
    store.close();
    store = openJobStore(join(base, 'jobs'));
  }

  function accepted(leaseId?: string): string {
    const jobId = uuidv7();
    const lease = leaseId === undefined ? {} : { leaseId };
    store.accept({ jobId, taskId: uuidv7(), ...lease, acceptedAt: at });
    return jobId;
  }

  it('keeps jobs and results across openings, in a folder only its user can read', async () => {
    const lease = uuidv7();
    const ended = accepted(lease);
    const open = accepted();
    const result = resultOf(ended);
    await store.finish(result, at);
    reopen();
    expect(store.find(ended)).toMatchObject({ jobId: ended, leaseId: lease, result });
    expect(store.find(open)).not.toHaveProperty('result');
    expect(store.find(open)).not.toHaveProperty('leaseId');
    expect(store.unfinished()).toMatchObject([{ jobId: open, acceptedAt: at }]);
    expect(store.find(uuidv7())).toBeUndefined();
    expect((await stat(join(base, 'jobs'))).mode & 0o777).toBe(0o700);
  });

  it('counts the bytes of its results, in order of their end, and forgets removed ones', async () => {
    const [first, second] = [accepted(), accepted()];
    await store.finish(resultOf(second), new Date(at.getTime() + 1));
    await store.finish(resultOf(first, 'x'.repeat(1000)), at);
    const bytes = (jobId: string, stdout?: string): number =>
      Buffer.byteLength(JSON.stringify(resultOf(jobId, stdout)));
    expect(store.results()).toEqual([
      { jobId: first, storedAt: at, bytes: bytes(first, 'x'.repeat(1000)) },
      { jobId: second, storedAt: new Date(at.getTime() + 1), bytes: bytes(second) },
    ]);
    const total = bytes(first, 'x'.repeat(1000)) + bytes(second);
    expect(store.resultBytes).toBe(total);
    reopen();
    expect(store.resultBytes).toBe(total);
    store.remove(first);
    store.remove(first);
    expect(store.resultBytes).toBe(bytes(second));
    expect(store.find(first)).toBeUndefined();
  });

  it('stores results that end together in one go, and what waits when it is closed', async () => {
    const ids = [accepted(), accepted(), accepted()];
    const stored = Promise.all(ids.map((id) => store.finish(resultOf(id), at)));
    reopen();
    await stored;
    expect(store.results()).toHaveLength(3);
    expect(store.unfinished()).toEqual([]);
  });

  it('takes an id once', () => {
    const job = { jobId: uuidv7(), taskId: uuidv7(), acceptedAt: at };
    store.accept(job);
    expect(() => store.accept(job)).toThrow('UNIQUE');
  });

  it('tells every waiting caller when a result cannot be stored, and goes on', async () => {
    const jobId = accepted();
    const broken = { ...resultOf(jobId), status: 'odd' as 'failed' };
    const good = accepted();
    const both = await Promise.allSettled([
      store.finish(broken, at),
      store.finish(resultOf(good), at),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await store.finish(resultOf(good), at);
    expect(store.results()).toHaveLength(1);
  });

  it('refuses a file that is no store', async () => {
    await writeFile(join(base, 'jobs.db'), 'x'.repeat(5000));
    expect(() => openJobStore(base)).toThrow('not a database');
  });
});
