import { Child } from '@cynodeai/testing/harness';
import { root } from './orchestrator.ts';

/** Runs a program that must succeed and returns its standard output. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const child = new Child(program, args, { cwd: root, env });
  const code = await child.ended;
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} exited with ${code}:\n${child.stderr}`);
  return child.stdout;
}
