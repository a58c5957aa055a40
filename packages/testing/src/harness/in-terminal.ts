import { Child } from './child.ts';

/** Quotes one word for a shell. */
export function shellQuoted(word: string): string {
  if (/^[\w./:=@,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Width of its window. */
  readonly columns?: number;
  /** Commands of the shell behind the program, which has its code as `$?`. */
  readonly after?: string;
}

/**
 * Starts a program in a terminal of its own (`script` of bsdutils), echo switched on as in a login shell. What the
 * terminal shows arrives on stdout; the test types.
 */
export function startInTerminal(
  program: string,
  args: readonly string[],
  { env, columns = 80, after }: TerminalOptions,
): Child {
  const command = [program, ...args].map(shellQuoted).join(' ');
  const lines = ['trap : INT', `stty echo cols ${columns} rows 50`, command];
  return new Child(
    'script',
    ['-qec', [...lines, ...(after ? [after] : [])].join('; '), '/dev/null'],
    {
      env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
      input: { open: true },
    },
  );
}
