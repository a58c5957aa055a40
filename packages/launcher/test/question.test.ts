import { Child } from '@cynodeai/testing/harness';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('fixtures/asks.ts', import.meta.url));

it.each([
  ['Enter', '\r', 'true', 0],
  ['Ctrl-C', '\x03', 'interrupted', 130],
  ['SIGINT', 'SIGINT', 'interrupted', 130],
  ['SIGTERM', 'SIGTERM', 'interrupted', 130],
  ['SIGHUP', 'SIGHUP', 'interrupted', 130],
])('a question on a terminal ends with %s', async (_what, how, said, code) => {
  const command = `stty cols 120 rows 30; '${process.execPath}' '${program}'`;
  const env = { TERM: 'xterm', SHELL: '/bin/sh', PATH: '/usr/bin:/bin' };
  const args = ['-qec', command, '/dev/null'];
  await using child = new Child('script', args, { env, input: { open: true } });
  const [, pid] = await child.printed(/pid (\d+);/);
  await child.printed(/Really this\?/);
  if (how.startsWith('SIG')) process.kill(Number(pid), how);
  else child.write(how);
  await child.printed(`said ${said}`);
  expect(await child.ended).toBe(code);
});
