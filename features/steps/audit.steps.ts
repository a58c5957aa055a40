import { When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductWorld } from '../support/product-world.ts';

When(
  'somebody without the install changes the row {int} in {string}',
  function (this: ProductWorld, seq: number, name: string) {
    const path = join(this.stack.files, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    const at = lines.findIndex(
      (line) =>
        (line.startsWith('{"row":') && line.includes(`"seq":${seq},`)) ||
        line.includes(`"seq":${seq}}`),
    );
    assert.notEqual(at, -1, `${name} has no row ${seq}`);
    const changed = lines[at]?.replace(/"id":"./, '"id":"x') ?? '';
    writeFileSync(path, lines.with(at, changed).join('\n'));
  },
);
