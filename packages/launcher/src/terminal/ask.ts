import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { LauncherError } from '../base/launcher-error.ts';

/** True when there is a person to ask: both ends are terminals and `CI` is not set. */
export function canAsk(env: Env): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && (env['CI'] ?? '') === '';
}

/** True when consent was given beforehand: by `--yes`, or because this runs in continuous integration. */
export function agreedBefore(yes: boolean, env: Env): boolean {
  const ci = env['CI'] ?? '';
  return yes || (ci !== '' && ci !== 'false' && ci !== '0');
}

/**
 * Asks a yes/no question on the terminal; Enter means `initial`. @throws LauncherError `interrupted` on Ctrl-C, or when
 * the signal fires meanwhile.
 */
export async function ask(question: string, signal: AbortSignal, initial = true): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: question,
    initialValue: initial,
    output: process.stderr,
    signal,
  });
  if (isCancel(answer)) throw new LauncherError('interrupted', 'interrupted');
  return answer;
}
