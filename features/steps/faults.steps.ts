import { Child } from '@cynodeai/testing/harness';
import { Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import process from 'node:process';
import { root } from '../support/orchestrator.ts';
import type { ProductWorld } from '../support/product-world.ts';

When(
  'twenty-five faults hit every role and PostgreSQL while 60 jobs and 15 tasks in plain words run',
  { timeout: 600_000 },
  async function (this: ProductWorld) {
    const child = new Child(
      process.execPath,
      ['chaos/main.ts', '--jobs', '60', '--prompts', '15', '--faults', '25'],
      {
        cwd: root,
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      },
    );
    await this.stack.ended(child);
  },
);

When(
  'strangers flood gateway and control plane for fifteen seconds beside one honest client',
  { timeout: 300_000 },
  async function (this: ProductWorld) {
    const child = new Child(
      process.execPath,
      ['chaos/flood/main.ts', '--seconds', '15', '--untimed'],
      {
        cwd: root,
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      },
    );
    await this.stack.ended(child);
  },
);

When(
  'four jobs fill the small disk with everything on it, an ordinary one behind each',
  { timeout: 600_000 },
  async function (this: ProductWorld) {
    const child = new Child(process.execPath, ['chaos/full-disk/main.ts', '--jobs', '4'], {
      cwd: root,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    await this.stack.ended(child);
  },
);

Then('every promise was kept', function (this: ProductWorld) {
  assert.equal(this.stack.last.code, 0, `${this.stack.last.stderr}\n${this.stack.last.stdout}`);
});
