import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsProgram } from './commands-program.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(shell: string, items: readonly string[]) {
  const file = join(folder, 'commands.sh');
  writeFileSync(file, commandsProgram(items));
  const { status, stdout, stderr } = spawnSync(shell, [file], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
    input: '',
  });
  return { status, stdout, stderr };
}

/** What a node's `sh` may be. */
const shells = ['/bin/sh', '/bin/bash'].filter((shell) => {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
});

describe.each(shells)('commands run by %s', (shell) => {
  it.each<[string, readonly string[], number, string]>([
    ['run in order in one shell', ['cd /', 'x=1', 'export y=2', 'pwd; echo "$x$y"'], 0, '/\n12\n'],
    ['stop at the first that fails, with its status', ['echo a', 'exit 7', 'echo b'], 7, 'a\n'],
    ['stop at a status that is no exit', ['sh -c "exit 9"', 'echo b'], 9, ''],
    ['stop at a list that is false', ['false && true', 'echo b'], 1, ''],
    ['go on after a handled failure', ['false || true', 'echo b'], 0, 'b\n'],
    ['span lines', ['if true\nthen\n  echo yes\nfi', 'echo b'], 0, 'yes\nb\n'],
    [
      'hold every quote',
      [`echo 'single' "double" \`echo back\` \\'`, "printf '%s\\n' \"it's\""],
      0,
      "single double back '\nit's\n",
    ],
    ['hold comments', ['echo a # not this', '# only this', 'echo b'], 0, 'a\nb\n'],
    ['may end with a backslash', ['echo a \\', 'echo b'], 0, 'a\nb\n'],
    ['may leave a here-document open', ['cat <<EOF\none', 'echo b'], 0, 'one\n\nb\n'],
    [
      'may hold here-documents',
      ['cat <<EOF\none $((1 + 1))\nEOF', "cat <<'EOF'\n$x 'y'\nEOF", 'echo b'],
      0,
      "one 2\n$x 'y'\nb\n",
    ],
    ['keep set -e', ['set -e', 'false\necho never', 'echo b'], 1, ''],
    ['keep set -e from hiding a list', ['set -e', 'false || true', 'echo b'], 0, 'b\n'],
    [
      'keep functions and traps',
      ['f() { echo "f $1"; }', 'trap "echo bye" EXIT', 'f x'],
      0,
      'f x\nbye\n',
    ],
    ['end at a success that exits', ['exit 0', 'echo b'], 0, ''],
    ['see no text of the program', ['echo "[$*]$#"', 'echo "${items-none}"'], 0, '[]0\nnone\n'],
  ])('%s', (_what, items, status, stdout) => {
    expect(run(shell, items)).toMatchObject({ status, stdout });
  });

  it('fail on an item that does not parse, and run no later one', () => {
    const result = run(shell, ['echo a', 'if true; then', 'echo b']);
    expect(result.status).toBeGreaterThan(0);
    expect(result.stdout).toBe('a\n');
    const quote = run(shell, ["echo 'open", "echo b'"]);
    expect(quote.status).toBeGreaterThan(0);
    expect(quote.stdout).toBe('');
  });

  it('give the status of a command that is not there', () => {
    expect(run(shell, ['no-such-program-anywhere', 'echo b'])).toMatchObject({
      status: 127,
      stdout: '',
    });
  });

  it('may be very many and long', () => {
    const long = `: ${'x'.repeat(60_000)}`;
    expect(
      run(shell, [long, ...Array.from({ length: 1000 }, () => ':'), 'echo end']),
    ).toMatchObject({ status: 0, stdout: 'end\n' });
  });
});
