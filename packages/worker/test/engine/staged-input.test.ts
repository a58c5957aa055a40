import { createHash, randomBytes } from 'node:crypto';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const mib = 1024 * 1024;

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-st');
  });

  afterAll(() => test.close());

  it('brings 16 staged files of 10 MiB into the sandbox byte for byte, with flat memory (REQ-ORCHES-0126)', async () => {
    const bytes = randomBytes(10 * mib);
    const request = jobRequest(
      'sha256sum upload/* && echo more >> upload/f0.bin && rm upload/f1.bin',
      {
        input_files: [{ path: 'upload/small.txt', content_base64: 'aGVsbG8=' }],
      },
    );
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    for (let n = 0; n < 16; n += 1) {
      await node.jobs.stage(request.job_id, { path: `upload/f${n}.bin` }, pieces(bytes));
    }
    const result = await node.jobs.run(request);
    clearInterval(watch);
    expect(result).toMatchObject({ status: 'completed', exit_code: 0, stderr: '' });
    const sums = result.stdout.trim().split('\n');
    expect(sums).toHaveLength(17);
    const sum = createHash('sha256').update(bytes).digest('hex');
    expect(sums.filter((line) => line.startsWith(sum))).toHaveLength(16);
    expect((peak - before) / mib).toBeLessThan(120);
  });

  it('owns them as the user of the container, with the mode that was asked for', async () => {
    const request = jobRequest('./tools/run && test ! -w keep && echo fine');
    const script = Buffer.from('#!/bin/sh\necho ran\n');
    await node.jobs.stage(request.job_id, { path: 'tools/run', mode: '0755' }, pieces(script));
    await node.jobs.stage(request.job_id, { path: 'keep', mode: '0444' }, pieces(script));
    const { stdout, stderr } = await node.jobs.run(request);
    expect([stdout, stderr]).toEqual(['ran\nfine\n', '']);
  });
});
