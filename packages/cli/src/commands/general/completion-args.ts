import type { Args } from '@cynodeai/command-line/definition';

/** Shells there is a script for. */
export const completionArgs = {
  shell: { help: 'which shell', choices: ['bash', 'zsh', 'fish'] },
} as const satisfies Args;
