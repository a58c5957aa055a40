import { memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { maxJobsPerTransaction } from '../../domain/jobs/batches.ts';
import type { LiveNews } from '../../ports/live-output.ts';
import { LiveTeller } from './live-teller.ts';

const lease = (id: string) => ({ taskId: `t-${id}`, jobId: id, leaseId: `l-${id}` });

function world(answer: (news: readonly LiveNews[]) => Promise<void> = async () => {}) {
  const told: string[][] = [];
  const lost = new Set<string>();
  const pauses: PromiseWithResolvers<void>[] = [];
  const teller = new LiveTeller({
    live: {
      tell: async (news) => {
        await answer(news);
        const current = news.filter((one) => !lost.has(one.lease.jobId));
        told.push(
          current.map(
            (one) => `${one.lease.jobId}:${one.pieces.map(({ text }) => text).join('|')}`,
          ),
        );
        return new Set(current.map((one) => one.lease.jobId));
      },
    },
    log: memoryLog(),
    sleep: () => {
      const pause = Promise.withResolvers<void>();
      pauses.push(pause);
      return pause.promise;
    },
  });
  /** Lets the next pause end, and waits for what follows. */
  const go = async (): Promise<void> => {
    pauses.shift()?.resolve();
    await new Promise(setImmediate);
  };
  const open = (id: string) => teller.open(() => lease(id));
  return { open, told, lost, go };
}

const out = (text: string) => ({ stream: 'stdout', text }) as const;
const err = (text: string) => ({ stream: 'stderr', text }) as const;

describe('the output of running jobs', () => {
  it('is told together, in order, and the end knows how much of each stream was', async () => {
    const { open, told, go } = world();
    const [a, b] = [open('a'), open('b')];
    a.add(out('1'));
    a.add(out('2'));
    a.add(err('x'));
    a.add(out('3\u0000'));
    b.add(out('b'));
    await go();
    expect(told).toEqual([['a:12|x|3\uFFFD', 'b:b']]);
    a.add(out('4'));
    await go();
    a.add(out('left for the end'));
    expect(await a.close()).toEqual({ stdout: 5, stderr: 1 });
    expect(told[1]).toEqual(['a:4']);
    a.add(out('too late'));
    await go();
    expect(told).toHaveLength(2);
  });

  it('is told in events of at most 16 KiB', async () => {
    const { open, told, go } = world();
    open('a').add(out('x'.repeat(40_000)));
    await go();
    expect(told[0]?.[0]?.split('|').map(({ length }) => length)).toEqual([16_386, 16_384, 7232]);
  });

  it('waits for a database that is away, and loses nothing of the order', async () => {
    let isAway = true;
    const { open, told, go } = world(async () => {
      if (isAway) throw new Error('away');
    });
    const job = open('a');
    job.add(out('1'));
    await go();
    job.add(out('2'));
    await go();
    isAway = false;
    await go();
    expect(told).toEqual([['a:12']]);
    expect(await job.close()).toEqual({ stdout: 2, stderr: 0 });
  });

  it('ends with the lease, of that job alone', async () => {
    const { open, told, lost, go } = world();
    const [a, b] = [open('a'), open('b')];
    lost.add('a');
    a.add(out('1'));
    b.add(out('1'));
    await go();
    a.add(out('2'));
    b.add(out('2'));
    await go();
    expect(told).toEqual([['b:1'], ['b:2']]);
    expect(await a.close()).toEqual({ stdout: 0, stderr: 0 });
  });

  it('is told of every job in turn, however many never stop talking', async () => {
    const { open, told, go } = world();
    const jobs = Array.from({ length: maxJobsPerTransaction + 2 }, (_, at) => open(`j${at}`));
    for (let turn = 0; turn < 3; turn += 1) {
      for (const job of jobs) job.add(out('x'));
      await go();
    }
    const turns = told.map((news) => new Set(news.map((one) => one.split(':')[0])));
    expect(turns.map(({ size }) => size)).toEqual(Array(3).fill(maxJobsPerTransaction));
    expect(turns.slice(0, 2).map((turn) => turn.has('j65'))).toEqual([false, true]);
    expect(turns[0]?.union(turns[1] ?? new Set()).size).toBe(jobs.length);
  });

  it('is counted when its end comes while it is being stored', async () => {
    const stored = Promise.withResolvers<void>();
    const { open, go } = world(() => stored.promise);
    const job = open('a');
    job.add(out('1'));
    await go();
    const closed = job.close();
    stored.resolve();
    expect(await closed).toEqual({ stdout: 1, stderr: 0 });
  });
});
