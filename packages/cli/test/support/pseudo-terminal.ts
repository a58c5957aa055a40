import { Child } from '@cynodeai/testing/harness';
import { type Home, executable } from './cynork.ts';

/** Quotes one word for the shell that `script` starts. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Runs cynork in a terminal of its own (`script` of bsdutils), echo switched on as in a login shell. What the terminal
 * shows arrives on stdout; afterwards a line `exit=<code> echo=<on|off>` tells what the command left behind.
 */
export function startInTerminal(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const command = [executable, ...args].map(quoted).join(' ');
  const after = `code=$?; case $(stty -a) in *' -echo '*) e=off ;; *) e=on ;; esac; echo "exit=$code echo=$e"`;
  return new Child('script', ['-qec', `trap : INT; stty echo; ${command}; ${after}`, '/dev/null'], {
    env: { ...home.env(env), TERM: 'xterm', SHELL: '/bin/sh' },
    input: { open: true },
  });
}
