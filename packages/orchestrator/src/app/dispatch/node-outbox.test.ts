import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import type { NodeConnection } from '../../ports/nodes.ts';
import { NodeOutbox } from './node-outbox.ts';

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
  const outbox = new NodeOutbox({
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
    leftJobs: {
      isWanted: async () => {
        if (answers.wanted === 'unknown') throw new Error('no database');
        return answers.wanted ?? false;
      },
    },
    log: silentLog,
    sleep: async (ms) => void naps.push(ms),
  });
  return { outbox, calls, naps, idle: idle.promise };
}

describe('the outbox', () => {
  it('acknowledges a result until the node takes it, with growing pauses (REQ-WORKER-0149)', async () => {
    const { outbox, calls, naps, idle } = setUp({ acks: ['failed', 'running', 'failed'] });
    outbox.acknowledge(node, job);
    await idle;
    expect(calls).toEqual(['ack j failed', 'ack j running', 'ack j failed', 'ack j done']);
    expect(naps).toHaveLength(3);
    expect(naps[2]).toBeGreaterThan(naps[0] ?? 0);
  });

  it('stops a job that was given up, once the node can be asked, and then drops what it left', async () => {
    const { outbox, calls, idle } = setUp({
      stops: ['failed', 'stopping'],
      acks: ['running'],
    });
    outbox.stop(node, job);
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
    'leaves a job alone that belongs on the node again (%s)',
    async (wanted) => {
      const { outbox, calls } = setUp({ wanted });
      outbox.stop(node, job);
      await outbox.close(1000);
      expect(calls).toEqual([]);
    },
  );

  it('ends with what is under way when closed, and takes nothing on afterwards', async () => {
    const { outbox, calls } = setUp();
    for (let index = 0; index < 20; index += 1) {
      outbox.acknowledge(node, { ...job, jobId: String(index) });
    }
    const idle = Promise.withResolvers<void>();
    const closing = outbox.close(1000).then(idle.resolve);
    await idle.promise;
    await closing;
    const before = calls.length;
    outbox.acknowledge(node, job);
    expect(calls).toHaveLength(before);
  });

  it('gives up after many tries', async () => {
    const { outbox, calls } = setUp({
      acks: Array.from({ length: 100 }, () => 'failed' as const),
    });
    outbox.acknowledge(node, job);
    while (calls.length < 64) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(64);
  });
});
