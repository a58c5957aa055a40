import { limits } from '@cynodeai/contracts/common';
import type { JobOutput } from '@cynodeai/contracts/worker-api';
import { memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { ClaimedJob } from '../../ports/claims.ts';
import { LiveTeller } from '../jobs/live-teller.ts';
import { HeldLease } from '../leases/held-lease.ts';
import { FollowedOutput } from './follow-output.ts';

const out = (text: string): JobOutput => ({ stream: 'stdout', text });
const err = (text: string): JobOutput => ({ stream: 'stderr', text });
const job = { taskId: 't', jobId: 'j', leaseId: 'l', leaseMs: 60_000, node: {} } as ClaimedJob;

type Connection = { readonly pieces: readonly JobOutput[]; readonly ended: boolean };

/** A node that gives each connection in turn; the last one stays open where it has not ended. */
function follow(connections: readonly Connection[], known?: Record<JobOutput['stream'], string>) {
  const told = { stdout: '', stderr: '' };
  let opened = 0;
  const teller = new LiveTeller({
    live: {
      tell: async (news) => {
        for (const { stream, text } of news.flatMap(({ pieces }) => pieces)) told[stream] += text;
        return new Set(news.map(({ lease }) => lease.jobId));
      },
    },
    log: memoryLog(),
    sleep: () => new Promise(setImmediate),
  });
  const output = new FollowedOutput(
    new HeldLease(job, 0),
    {
      worker: {
        async *followOutput(_node, _job, { signal }) {
          const connection = connections[opened];
          opened += 1;
          yield* connection?.pieces ?? [];
          if (connection !== undefined) return connection.ended;
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return false;
        },
      },
      teller,
      sleep: () => new Promise(setImmediate),
    },
    known,
  );
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  };
  return { output, told, settle };
}

describe('the output of a run on its node', () => {
  it('is told as it comes, and the rest is left for the end', async () => {
    const { output, told, settle } = follow([
      { pieces: [out('1'), err('x'), out('2')], ended: true },
    ]);
    await settle();
    expect(told).toEqual({ stdout: '12', stderr: 'x' });
    expect(await output.close({ stdout: '123', stderr: 'x' })).toEqual({ stdout: 2, stderr: 1 });
  });

  it('goes on where a lost connection left off, without gap or repeat', async () => {
    const { output, told, settle } = follow([
      { pieces: [out('ab'), err('x')], ended: false },
      { pieces: [out('a'), out('bcd'), err('xy')], ended: false },
      { pieces: [out('abcde'), err('xyz')], ended: true },
    ]);
    await settle();
    expect(told).toEqual({ stdout: 'abcde', stderr: 'xyz' });
    expect(await output.close()).toEqual({ stdout: 5, stderr: 3 });
  });

  it('goes on where another dispatcher left off', async () => {
    const known = { stdout: 'abc', stderr: '' };
    const { output, told, settle } = follow(
      [{ pieces: [out('ab'), out('cd'), err('x')], ended: true }],
      known,
    );
    await settle();
    expect(told).toEqual({ stdout: 'd', stderr: 'x' });
    expect(await output.close({ stdout: 'abcde', stderr: 'x' })).toEqual({ stdout: 4, stderr: 1 });
  });

  it('is told from its beginning when what was told before was another run’s', async () => {
    const known = { stdout: 'of another run', stderr: 'same' };
    const { output, told, settle } = follow(
      [{ pieces: [out('of this'), out(' run'), err('same')], ended: true }],
      known,
    );
    await settle();
    expect(told).toEqual({ stdout: 'of this run', stderr: '' });
    expect(await output.close({ stdout: 'of this run!', stderr: 'same' })).toEqual({
      stdout: 11,
      stderr: 4,
    });
  });

  it.each([
    ['a NUL', 'a\u0000b', 'a\uFFFDb'],
    ['half a surrogate pair', 'a\uD83Eb', 'a\uFFFDb'],
    ['both, again and again', '\uDDE8\u0000'.repeat(9), '\uFFFD\uFFFD'.repeat(9)],
  ])('goes on behind %s that another dispatcher told', async (_what, said, kept) => {
    const { output, told, settle } = follow(
      [
        { pieces: [out(said)], ended: false },
        { pieces: [out(`${said}c`)], ended: true },
      ],
      { stdout: kept, stderr: '' },
    );
    await settle();
    expect(told).toEqual({ stdout: 'c', stderr: '' });
    const all = kept.length + 1;
    expect(await output.close({ stdout: `${kept}cd`, stderr: '' })).toEqual({
      stdout: all,
      stderr: 0,
    });
  });

  it('that nobody followed any more counts what was told before', async () => {
    const known = { stdout: 'abc', stderr: 'other' };
    const { output } = follow([], known);
    expect(await output.close({ stdout: 'abcdef', stderr: 'x' })).toEqual({ stdout: 3, stderr: 0 });
  });

  it('is not believed beyond what a result keeps', async () => {
    const piece = out('x'.repeat(limits.outputStreamBytes - 1));
    const { told, output, settle } = follow([
      { pieces: [piece, piece, piece, piece], ended: true },
    ]);
    await settle();
    expect(told.stdout).toHaveLength(limits.outputStreamBytes);
    await output.close();
  });
});
