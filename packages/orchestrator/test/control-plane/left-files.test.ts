import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import type { JobArtifact } from '@cynodeai/contracts/common';
import { packFiles } from '@cynodeai/runtime/archive';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { ProblemError } from '@cynodeai/runtime/http';
import { type FakeNodeOptions, fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedContent } from '../support/stored-content.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { createTask, jobIn, readJob, setLeaseTtl } from './support/tasks.ts';

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text);
}
const file = (name: string, text: string, executable = false): ArchiveFile => ({
  name,
  sizeBytes: Buffer.byteLength(text),
  executable,
  chunks: once(text),
});
const listed = (name: string, text: string, executable = false): JobArtifact => ({
  name,
  content_type: 'text/plain',
  size_bytes: Buffer.byteLength(text),
  ref: `sha256:${createHash('sha256').update(text).digest('hex')}`,
  ...(executable && { executable }),
});

/** A task whose job leaves what it is told to; what became of it once the job has ended. */
async function leave(
  slug: string,
  artifacts: readonly JobArtifact[],
  onArtifacts: NonNullable<FakeNodeOptions['onArtifacts']>,
) {
  await using node = await fakeNode({
    slug,
    onRun: () => ({ stdout: 'said', artifacts: [...artifacts] }),
    onArtifacts,
  });
  await node.join(plane.url);
  const ids = await createTask(plane.db);
  await jobIn(plane.db, ids, 'completed');
  const { result } = await readJob(plane.db, ids);
  await waitFor(() => node.acked.length === 1);
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
  const rows = await plane.db
    .selectFrom('task_artifacts')
    .select([
      'path',
      'storage_ref',
      'executable',
      'size_bytes',
      'content_type',
      'job_id',
      'checksum_sha256',
    ])
    .where('task_id', '=', ids.taskId)
    .orderBy('path')
    .execute();
  return { ids, result, rows, node };
}

describe('what a job left', () => {
  it('is of its task when the job has ended, with the right to run it', async () => {
    const blobs = storedContent(plane.db, plane.artifactDirectory);
    const large = 'x'.repeat(1_000_000);
    const list = [listed('a/run.sh', 'run', true), listed('empty', ''), listed('large', large)];
    const { rows, result, ids } = await leave('left-1', list, () =>
      packFiles([file('a/run.sh', 'run', true), file('empty', ''), file('large', large)]),
    );
    expect(rows).toMatchObject([
      {
        path: 'a/run.sh',
        executable: true,
        size_bytes: 3,
        content_type: 'text/plain',
        job_id: ids.jobId,
      },
      { path: 'empty', executable: false, size_bytes: 0, job_id: ids.jobId },
      { path: 'large', size_bytes: 1_000_000, checksum_sha256: list[2]?.ref?.slice(7) },
    ]);
    for (const [index, text] of ['run', '', large].entries()) {
      expect(Buffer.from(await blobs.read(rows[index]?.storage_ref ?? '')).toString()).toBe(text);
    }
    expect(result).toMatchObject({ stdout: 'said', artifacts: list });
  });

  it('is what its result names, whatever the node sends beside it', async () => {
    const list = [
      listed('good', 'good'),
      listed('upload/in', 'no'),
      listed('../out', 'no'),
      listed('good', 'twice'),
      listed('other', 'other'),
      listed('longer', 'no'),
      { ...listed('link', ''), ref: undefined, error: 'it is a link, not a file' },
      { ...listed('huge', ''), size_bytes: 11 * 1024 * 1024 },
    ];
    const { rows, result } = await leave('left-2', list, () =>
      packFiles([
        file('unasked', 'unasked'),
        file('../out', 'no'),
        file('upload/in', 'no'),
        file('good', 'good'),
        file('good', 'evil'),
        file('other', 'OTHER'),
        file('longer', 'no, longer'),
      ]),
    );
    expect(rows.map(({ path }) => path)).toEqual(['good']);
    expect(result).toMatchObject({
      artifacts: [
        listed('good', 'good'),
        { name: 'upload/in', error: 'upload/ is for what the user sent' },
        { name: '../out', error: 'its path cannot be one of a file' },
        { name: 'good', error: 'the node listed it twice' },
        { name: 'other', error: expect.stringContaining('other bytes than the result names') },
        { name: 'longer', error: 'the node sent another size than the result names' },
        { name: 'link', error: 'it is a link, not a file' },
        { name: 'huge', error: 'it is larger than a file may be' },
      ],
    });
  });

  it('is asked for again when it was not handed over, and what came is not asked for twice', async () => {
    let asked = 0;
    const list = [listed('a', 'a'), listed('b', 'b')];
    const { rows } = await leave('left-3', list, () => {
      asked += 1;
      if (asked === 1) throw new ProblemError('internal', 'not now');
      if (asked > 2) return packFiles([file('b', 'b')]);
      return (async function* () {
        const whole = await buffer(packFiles([file('a', 'a'), file('b', 'b')]));
        yield whole.subarray(0, 1024);
        throw new Error('cut off behind the first file');
      })();
    });
    expect(rows.map(({ path }) => path)).toEqual(['a', 'b']);
    expect(asked).toBeGreaterThan(2);
  });

  it('may come slower than a lease lasts: the job is held, and run once', async () => {
    await setLeaseTtl(plane.db, 2);
    let archives = 0;
    const { rows, node } = await leave('left-5', [listed('a', 'a')], () =>
      (async function* () {
        archives += 1;
        await new Promise((resolve) => setTimeout(resolve, 5000));
        yield* packFiles([file('a', 'a')]);
      })(),
    );
    await setLeaseTtl(plane.db, 60);
    expect(rows.map(({ path }) => path)).toEqual(['a']);
    expect([node.executed.length, archives]).toEqual([1, 1]);
  });

  it('costs no result when its node never hands it over', async () => {
    const { rows, result } = await leave('left-4', [listed('a', 'a')], () => {
      throw new ProblemError('not_found', 'it is gone');
    });
    expect(rows).toEqual([]);
    expect(result).toMatchObject({
      status: 'completed',
      stdout: 'said',
      artifacts: [
        { name: 'a', error: expect.stringContaining('node left-4 did not hand it over') },
      ],
    });
  });
});
