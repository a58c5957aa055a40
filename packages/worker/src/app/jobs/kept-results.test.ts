import { describe, expect, it, vi } from 'vitest';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { idOf, request, stage } from '../../../test/support/job-stage.ts';
import { AckedJobs } from './acked-jobs.ts';

describe('results that are kept (REQ-WORKER-0149)', () => {
  const leased = (index: number): RunJobRequest => ({ ...request(index), lease_id: idOf(9) });

  it('are in the store before the caller hears of them', async () => {
    const { jobs, store } = stage();
    await jobs.run(leased(0));
    expect(store.find(idOf(0))?.result).toMatchObject({ status: 'completed' });
    expect(jobs.get(idOf(0))).toMatchObject({ status: 'completed', lease_id: idOf(9) });
  });

  it('go, the oldest first, when they are too many', async () => {
    const { jobs, lines } = stage({ output: { stdout: 'x'.repeat(800) } });
    await jobs.run(leased(0));
    await jobs.run(leased(1));
    expect(() => jobs.get(idOf(0))).toThrow('knows no such job');
    expect(jobs.get(idOf(1)).result?.stdout).toHaveLength(800);
    expect(lines).toContain('an undelivered job result was dropped');
  });

  it('of a run whose engine failed are failed: its lease never runs again', async () => {
    const { jobs } = stage({
      run: async () => {
        throw new Error('no answer');
      },
    });
    await expect(jobs.run(leased(0))).rejects.toMatchObject({ code: 'internal' });
    expect(await jobs.run(leased(0))).toMatchObject({ status: 'failed', exit_code: 125 });
  });

  it('are not told before they are stored, and a store that fails is a fault of the node', async () => {
    const { jobs, store, lines } = stage();
    const running = jobs.run(leased(0));
    vi.spyOn(store, 'finish').mockRejectedValue(new Error('disk full'));
    await expect(running).rejects.toMatchObject({ code: 'internal' });
    expect(lines).toContain('the end of a job could not be stored');
    expect(jobs.get(idOf(0)).status).toBe('in_progress');
    await expect(jobs.run(leased(0))).rejects.toMatchObject({ code: 'job_conflict' });
  });

  it('an id whose directory is still being removed waits for it', async () => {
    const gate = Promise.withResolvers<void>();
    const { jobs, specs } = stage({ remove: () => gate.promise });
    await jobs.run(leased(0));
    jobs.acknowledge(leased(0));
    const again = jobs.run({ ...leased(0), lease_id: idOf(8) });
    await new Promise(setImmediate);
    expect(specs).toHaveLength(1);
    gate.resolve();
    expect(await again).toMatchObject({ lease_id: idOf(8) });
    expect(specs).toHaveLength(2);
  });

  it('an acknowledged job is remembered among the last few thousand', () => {
    const acked = new AckedJobs();
    for (let index = 0; index <= 4096; index += 1) acked.add(String(index), 't');
    expect([acked.has('0', 't'), acked.has('1', 't'), acked.has('1', 'u')]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
