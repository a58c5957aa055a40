import { describe, expect, it, vi } from 'vitest';
import { request, stage, startedAt, taskId, times } from '../../../test/support/job-stage.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import type { WorkspaceStore } from '../../ports/workspace.ts';

const accepted = { jobId: request(0).job_id, taskId, acceptedAt: startedAt };
const stored = { ...accepted, run: { timeoutSeconds: 60, useInference: false } };

describe('going on with a job', () => {
  it('stops a job that it goes on with also before its container is found', async () => {
    const find: WorkspaceStore['find'] = async (id) => ({
      workspaceDir: `/m/${id}/workspace`,
      jobDir: `/m/${id}/job`,
    });
    const adopt: SandboxEngine['adopt'] = async (_spec, _sinks, signal) =>
      signal?.aborted === true
        ? { kind: 'stopped', exitCode: 137, ...times }
        : { kind: 'exited', exitCode: 0, ...times };
    const { jobs, store } = stage({ find, adopt });
    const { jobId } = accepted;
    store.accept(stored);
    jobs.adopt(stored);
    expect(jobs.stop(jobId, 30)).toBe('stopping');
    await vi.waitFor(() => expect(store.find(jobId)?.result).toBeDefined());
    expect(store.find(jobId)?.result).toMatchObject({ status: 'failed', exit_code: 137 });
    expect(store.find(jobId)?.result?.stderr).toContain('canceled');
  });

  it('fails a job whose folder is gone as restarted, when it is to go on with it', async () => {
    const { jobs, store } = stage();
    const { jobId } = accepted;
    store.accept(stored);
    jobs.adopt(stored);
    await vi.waitFor(() => expect(store.find(jobId)?.result).toBeDefined());
    expect(store.find(jobId)?.result).toMatchObject({
      status: 'failed',
      exit_code: 125,
      stderr: 'cynode: node restarted\n',
    });
  });
});
