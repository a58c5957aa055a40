import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunJobResult } from '@cynodeai/contracts/common';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

describe.each(engines)('$name', ({ open }) => {
  const limit = 262_144;
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-out');
  });

  afterAll(() => test.close());

  async function run(script: string, timeout = 60): Promise<RunJobResult> {
    const request = jobRequest(script, { timeout_seconds: timeout });
    return node.jobs.run(request);
  }

  /** Writes `count` bytes of x and then the text. */
  const pad = (count: number, text: string): string =>
    `head -c ${count} /dev/zero | tr '\\0' x; printf '${text}'`;

  describe('the output of a job', () => {
    it('of exactly 256 KiB is not truncated (REQ-WORKER-0146)', async () => {
      const result = await run(pad(limit, ''));
      expect(result.stdout.length).toBe(limit);
      expect(result.truncated).toStrictEqual({ stdout: false, stderr: false });
    });

    it.each([
      { name: 'three', bytes: '\\342\\202\\254' },
      { name: 'four', bytes: '\\360\\237\\230\\200' },
    ])(
      'is cut before a character of $name bytes across the limit (REQ-WORKER-0147)',
      async ({ bytes }) => {
        const result = await run(pad(limit - 1, `${bytes}tail`));
        expect(result.stdout).toBe('x'.repeat(limit - 1));
        expect(result.truncated).toStrictEqual({ stdout: true, stderr: false });
      },
    );

    it('holds U+FFFD for invalid bytes, and the limit counts those', async () => {
      const small = await run("printf 'a\\377b'");
      expect(small.stdout).toBe('a\uFFFDb');
      const result = await run(pad(limit - 2, '\\377'));
      expect(result.stdout).toBe('x'.repeat(limit - 2));
      expect(result.truncated.stdout).toBe(true);
    });

    it.each([
      ['text', "printf 'a€b'; echo x >&2", {}],
      ['invalid UTF-8', "printf 'a\\377b'", { stdout: { head: 'Yf9i' } }],
      ['U+0000', "printf 'a\\0b' >&2", { stderr: { head: 'YQBi' } }],
    ])('that is %s has its bytes where it is no text', async (_title, script, binary) => {
      expect((await run(script)).binary ?? {}).toEqual(binary);
    });

    it('that is no text is kept byte for byte up to the limit, and its end', async () => {
      const numbers = Array.from({ length: 500_000 }, (_none, at) => (at * 7 + (at >> 8)) % 256);
      const whole = Buffer.from(numbers);
      const pattern = 'map { ($_ * 7 + ($_ >> 8)) % 256 } 0 .. 499_999';
      const { stdout, binary, truncated } = await run(
        `perl -e 'binmode STDOUT; print pack("C*", ${pattern})'`,
      );
      expect(binary?.stdout).toStrictEqual({
        head: whole.toString('base64', 0, limit),
        tail: {
          omitted_bytes: whole.length - limit - 65_536,
          bytes: whole.toString('base64', whole.length - 65_536),
        },
      });
      expect(truncated.stdout).toBe(true);
      expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(limit);
    });

    it('of 300 MB is drained with flat memory, and the other stream stays whole (REQ-WORKER-0147)', async () => {
      await run('true');
      const before = process.memoryUsage().rss;
      let peak = before;
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 20);
      const result = await run('head -c 300000000 /dev/zero; echo done >&2');
      clearInterval(watch);
      expect(result).toMatchObject({ status: 'completed', exit_code: 0, stderr: 'done\n' });
      expect(result.truncated).toStrictEqual({ stdout: true, stderr: false });
      expect(Buffer.byteLength(result.stdout)).toBe(limit);
      expect(peak - before).toBeLessThan(120 * 1024 * 1024);
    });
  });
});
