import { testToken } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { uuidv7 } from '@cynodeai/runtime/std';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNode } from './support/test-node.ts';

/** So many bytes without a length header. */
function chunked(bytes: number): ReadableStream {
  const piece = new Uint8Array(65_536);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(piece.subarray(0, Math.min(left, piece.length)));
      left -= piece.length;
    },
  });
}

describe('the Worker API takes staged input files (REQ-ORCHES-0126)', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.create();
    await node.start();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  const put = (
    job: string,
    query: string,
    body: Uint8Array<ArrayBuffer> | ReadableStream | string,
    headers = {},
  ) =>
    fetch(`${node.url}/v1/worker/jobs/${job}/input-files?${query}`, {
      method: 'PUT',
      body,
      headers: {
        authorization: `Bearer ${testToken}`,
        'content-type': 'application/octet-stream',
        ...headers,
      },
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    });

  it('up to the body limit, counted and declared', async () => {
    const job = uuidv7();
    const most = 10 * 1024 * 1024;
    const taken = await put(job, 'path=upload%2Fa.bin&mode=0444', new Uint8Array(most));
    expect([taken.status, await taken.text()]).toEqual([204, '']);
    expect((await put(job, 'path=b', chunked(most))).status).toBe(204);
    expect((await put(job, 'path=empty', new Uint8Array(0))).status).toBe(204);
    expect(node.host.workspace.staged.filter(([id]) => id === job)).toEqual([
      [job, 'upload/a.bin', most],
      [job, 'b', most],
      [job, 'empty', 0],
    ]);
    for (const body of [new Uint8Array(most + 1), chunked(most + 1)]) {
      const refused = await put(job, 'path=c', body);
      expect(refused.status).toBe(413);
      await refused.text();
    }
  });

  it.each([
    ['a climbing path', 'path=..%2Fx', 400],
    ['an absolute path', 'path=%2Fetc%2Fx', 400],
    ['no path', 'mode=0644', 400],
    ['another mode', 'path=x&mode=0777', 400],
  ])('but not with %s', async (_what, query, status) => {
    expect((await put(uuidv7(), query, 'x')).status).toBe(status);
  });

  it('but not of another type, from a stranger or for no id', async () => {
    const job = uuidv7();
    const json = { 'content-type': 'application/json' };
    expect((await put(job, 'path=x', '{}', json)).status).toBe(415);
    expect((await put(job, 'path=x', 'x', { authorization: 'Bearer nope' })).status).toBe(401);
    expect((await put('not-an-id', 'path=x', 'x')).status).toBe(400);
  });

  it('but not once the job runs, or while its result is kept', async () => {
    const held = node.run(['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    const [name = ''] = node.host.engine.held;
    const running = node.host.workspace.present.values().next().value ?? '';
    const late = await put(running, 'path=x', 'x');
    expect([late.status, await late.json()]).toMatchObject([
      409,
      { type: 'urn:cynodeai:error:job_conflict' },
    ]);
    node.host.engine.finish(name);
    const { json } = await held;
    const kept = await put(String(json['job_id']), 'path=x', 'x');
    expect(kept.status).toBe(409);
  });
});
