import { temporaryDirectory } from '@cynodeai/testing';
import { Child, waitFor } from '@cynodeai/testing/harness';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dir = await temporaryDirectory();
const home = join(dir.path, 'state');
const env = { HOME: dir.path, CYNODE_HOME: home, TERM: 'xterm', SHELL: '/bin/sh' };

function textOf(pid: string, file: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Command lines of the processes that have to do with the install. */
function left(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && !/\) Z /.test(textOf(pid, 'stat')))
    .filter((pid) => `${textOf(pid, 'cmdline')}${textOf(pid, 'environ')}`.includes(home))
    .map((pid) => textOf(pid, 'cmdline').replaceAll('\0', ' '));
}

async function cynode(...args: readonly string[]): Promise<{ code: number; stdout: string }> {
  await using child = Child.ofScript(main, args, { env });
  const { code, stdout } = await child.outcome;
  return { code: code ?? -1, stdout };
}

const has = (folder: string, name: RegExp) => (): boolean =>
  existsSync(join(home, folder)) && readdirSync(join(home, folder)).some((one) => name.test(one));

/** What is there by then, in the order in which it comes. */
const moments: readonly (readonly [string, () => boolean])[] = [
  ['the install is noted', has('.', /^install\.json$/)],
  ['the image is being built', has('images', /^cynode-image\./)],
  ['the supervisor is there', has('.', /^stack\.json$/)],
  ['the database is being made', has('postgres', /./)],
  ['the database serves', has('postgres/cluster', /^postmaster\.pid$/)],
  ['the gateway starts', has('logs', /^user-gateway\.log$/)],
];

/** With `up` the stack comes after the image; its own end is the same as later. */
const tries = [
  ['run', moments],
  ['up', moments.slice(0, 2)],
] as const;

describe.each(tries)('a first start by %s on a terminal', (command, its) => {
  it.each(its)('is called off with Ctrl-C when %s, and nothing is left', async (_what, is) => {
    await cynode('reset', '--yes');
    const job = command === 'run' ? ['--command', 'true'] : [];
    const words = [process.execPath, main, command, '--yes', ...job].map((word) => `'${word}'`);
    const args = ['-qec', words.join(' '), '/dev/null'];
    await using child = new Child('script', args, { env, input: { open: true } });
    await waitFor(is, { within: 60_000 });
    child.write('\x03');
    expect(await child.ended).toBe(130);
    expect(left()).toEqual([]);
  });
});

describe('the next start', () => {
  afterAll(async () => {
    await cynode('reset', '--yes');
    await dir.remove();
  });

  it('succeeds', async () => {
    expect(await cynode('run', '--yes', '--command', 'echo next')).toEqual({
      code: 0,
      stdout: 'next\n',
    });
  });
});
