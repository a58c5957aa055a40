import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const checkout = join(import.meta.dirname, '..');
const text = readFileSync(join(checkout, 'docs/threat-model.md'), 'utf8');
const named = [...text.matchAll(/`((?:packages|features|chaos)\/[^`]+)`/g)].map(
  ([, path = '']) => path,
);

it('the threat model names tests that are there, in at most 200 lines', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
  expect(text.split('\n').length).toBeLessThanOrEqual(200);
});
