import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import type { NodeConnection } from '../../ports/dispatch.ts';
import { NodeErrands } from './node-errands.ts';

const node: NodeConnection = { nodeId: 'n', slug: 'n', url: 'http://n', token: 't' };
const job = { taskId: 't', jobId: 'j' };

function setUp(
  answers: {
    readonly acks?: ('done' | 'running' | 'failed')[];
    readonly stops?: ('stopping' | 'not_running' | 'failed')[];
    readonly wanted?: boolean | 'unknown';
  } = {},
) {
  const calls: string[] = [];
  const naps: number[] = [];
  const idle = Promise.withResolvers<void>();
  const errands = new NodeErrands({
    worker: {
      ackJob: async (_node, { jobId }) => {
        const answer = answers.acks?.shift() ?? 'done';
        calls.push(`ack ${jobId} ${answer}`);
        if (answer === 'done') idle.resolve();
        return answer;
      },
      stopJob: async (_node, { jobId }) => {
        const answer = answers.stops?.shift() ?? 'not_running';
        calls.push(`stop ${jobId} ${answer}`);
        return answer;
      },
    },
    queue: {
      isWanted: async () => {
        if (answers.wanted === 'unknown') throw new Error('no database');
        return answers.wanted ?? false;
      },
    },
    log: silentLog,
    sleep: async (ms) => void naps.push(ms),
  });
  return { errands, calls, naps, idle: idle.promise };
}

describe('errands', () => {
  it('acknowledge a result until the node takes it, with growing pauses (REQ-WORKER-0149)', async () => {
    const { errands, calls, naps, idle } = setUp({ acks: ['failed', 'running', 'failed'] });
    errands.acknowledge(node, job);
    await idle;
    expect(calls).toEqual(['ack j failed', 'ack j running', 'ack j failed', 'ack j done']);
    expect(naps).toHaveLength(3);
    expect(naps[2]).toBeGreaterThan(naps[0] ?? 0);
  });

  it('stop a job that was given up, once the node can be asked, and then drop what it left', async () => {
    const { errands, calls, idle } = setUp({
      stops: ['failed', 'stopping'],
      acks: ['running'],
    });
    errands.dismiss(node, job);
    await idle;
    expect(calls).toEqual([
      'stop j failed',
      'stop j stopping',
      'ack j running',
      'stop j not_running',
      'ack j done',
    ]);
  });

  it.each([true, 'unknown'] as const)(
    'leave a job alone that belongs on the node again (%s)',
    async (wanted) => {
      const { errands, calls } = setUp({ wanted });
      errands.dismiss(node, job);
      await errands.close(1000);
      expect(calls).toEqual([]);
    },
  );

  it('end with what is under way when closed, and take nothing on afterwards', async () => {
    const { errands, calls } = setUp();
    for (let index = 0; index < 20; index += 1) {
      errands.acknowledge(node, { ...job, jobId: String(index) });
    }
    const idle = Promise.withResolvers<void>();
    const closing = errands.close(1000).then(idle.resolve);
    await idle.promise;
    await closing;
    const before = calls.length;
    errands.acknowledge(node, job);
    expect(calls).toHaveLength(before);
  });

  it('give up after many tries', async () => {
    const { errands, calls } = setUp({
      acks: Array.from({ length: 100 }, () => 'failed' as const),
    });
    errands.acknowledge(node, job);
    while (calls.length < 64) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(64);
  });
});
