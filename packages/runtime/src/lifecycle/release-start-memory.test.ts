import { Child } from '@cynodeai/testing/harness';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('../../test/fixtures/start-memory.ts', import.meta.url));

it('a process gives back the space that the objects of its start took', async () => {
  await using child = new Child(process.execPath, [fixture]);
  expect(await child.outcome).toMatchObject({ code: 0, stdout: 'large\nsmall\n' });
});
