import { at } from '@cynodeai/testing/harness';
import { Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductWorld } from '../support/product-world.ts';

const mebibyte = 1024 * 1024;

/** Checksums of the files of this scenario, and the largest memory each role had taken before it. */
let sums: string[] = [];
let peaks = new Map<number, number>();

/** Largest resident size of each role's process so far, MiB. */
async function peakMemory(world: ProductWorld): Promise<Map<number, number>> {
  const roles = at(await world.stack.status(), 'roles');
  assert.ok(Array.isArray(roles));
  return new Map(
    roles.map((role: unknown) => {
      const pid = Number(at(role, 'pid'));
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return [pid, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024];
    }),
  );
}

When(
  'I run {string} with {int} files of {int} MiB attached',
  { timeout: 300_000 },
  async function (this: ProductWorld, command: string, count: number, size: number) {
    const flags: string[] = [];
    sums = Array.from({ length: count }, (_, index) => {
      const bytes = randomBytes(size * mebibyte);
      const path = join(this.stack.files, `part-${index}.bin`);
      writeFileSync(path, bytes);
      flags.push('--attach', path);
      return `${createHash('sha256').update(bytes).digest('hex')}  upload/part-${index}.bin`;
    });
    peaks = await peakMemory(this);
    await this.stack.cynode('run', ...flags, '--commands', command);
  },
);

Then('the sums printed are those of the files', function (this: ProductWorld) {
  const printed = this.stack.last.stdout.trim().split('\n');
  assert.deepEqual(printed.toSorted(), sums.toSorted());
});

Then(
  'no process of the stack took more than {int} MiB more than before',
  async function (this: ProductWorld, most: number) {
    for (const [pid, peak] of await peakMemory(this)) {
      const before = peaks.get(pid);
      assert.ok(before !== undefined, `process ${pid} was not there before`);
      assert.ok(peak - before < most, `process ${pid} grew from ${before} to ${peak} MiB`);
    }
  },
);
