import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './orchestrator.ts';

/** A command as the README has it, and what it says of it. */
export interface ReadmeLine {
  readonly command: string;
  readonly comment: string;
}

/** The commands of a section, in their order; every indented line of it is one. */
export function readmeLines(section: string): readonly ReadmeLine[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return text
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => {
      const [command = '', ...comment] = line.trim().split(/\s# /);
      return { command: command.trim(), comment: comment.join(' # ') };
    });
}
