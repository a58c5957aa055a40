import type { Env } from '@cynodeai/runtime/config';
import { join } from 'node:path';

/**
 * Where the config file is: `--config`, XDG, home; undefined when nothing says.
 * See docs/reference/cli.md#configuration (REQ-CLIENT-0149, REQ-CLIENT-0150).
 */
export function configPath(flag: string | undefined, env: Env): string | undefined {
  if (flag !== undefined) return flag;
  const base = env['XDG_CONFIG_HOME'];
  if (base !== undefined && base !== '') return join(base, 'cynork', 'config.yaml');
  const home = env['HOME'];
  return home === undefined || home === ''
    ? undefined
    : join(home, '.config', 'cynork', 'config.yaml');
}
