import { type Child, startInTerminal as start } from '@cynodeai/testing/harness';
import { type Home, executable } from './cynork.ts';

/**
 * Runs cynork in a terminal of its own. What it shows arrives on stdout; afterwards a line `exit=<code> echo=<on|off>`
 * tells what the command left behind.
 */
export function startInTerminal(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const after = `code=$?; case $(stty -a) in *' -echo '*) e=off ;; *) e=on ;; esac; echo "exit=$code echo=$e"`;
  return start(executable, args, { env: home.env(env), after });
}
