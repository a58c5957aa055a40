import { join } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { runCommand } from '@cynodeai/runtime/process';
import { baseEnv } from '../roles/environment.ts';

/**
 * Bundles `cynork` anew when the checkout has changed, so that it starts quickly after an update too. Without a bundle
 * it runs from its sources, so a failure is nobody's concern.
 */
export async function bundleCynork(
  checkout: string,
  { env, signal }: { readonly env: Env; readonly signal: AbortSignal },
): Promise<void> {
  await runCommand(process.execPath, [join(checkout, 'scripts/bundle.ts')], {
    env: baseEnv(env),
    signal,
  });
}
