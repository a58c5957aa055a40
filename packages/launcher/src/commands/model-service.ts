import { demoModelRef } from '@cynodeai/contracts/model';
import type { Env } from '@cynodeai/runtime/config';
import { LauncherError } from '../base/launcher-error.ts';
import { describePath, realModelCommand } from '../domain/inference.ts';
import { lookAtService } from '../inference/ollama-probe.ts';
import { hostUrlOf, namedUrl } from '../inference/settle-inference.ts';
import { findInstall } from '../install/install.ts';
import { serviceUrlOf } from '../stack/inference-status.ts';

/** The model service that a command is about. */
export interface UsedService {
  /** Base URL. */
  readonly url: string;
  /** The install gets its answers there. */
  readonly isUsed: boolean;
}

/** Where it is: the named one, else that of the install, else an Ollama of this host. */
function placeOf(env: Env): UsedService {
  const install = findInstall(env);
  const path = install?.inference.path;
  const isReal = path?.kind === 'ollama' || path?.kind === 'container';
  const own = install && path && isReal ? serviceUrlOf(path, install) : undefined;
  const named = namedUrl(env, undefined);
  const url = named ?? own ?? hostUrlOf(env);
  return { url, isUsed: url === own };
}

/** The model service, which answers. @throws LauncherError `setup` with what is there instead, `usage` */
export async function usedService(env: Env): Promise<UsedService> {
  const place = placeOf(env);
  const look = await lookAtService(place.url);
  if (look.kind === 'ollama') return place;
  const isSilent = look.kind === 'silent';
  const what = isSilent ? `does not answer (${look.why})` : look.what;
  const isDemo = findInstall(env)?.inference.path.kind === 'demo';
  const why = isDemo ? ` (${demoModelRef} fetches no models)` : '';
  throw new LauncherError(
    'setup',
    `the model service at ${place.url} ${what}; ${isSilent ? 'start it, ' : ''}name another with OLLAMA_BASE_URL=http://HOST:11434, or get one with: ${realModelCommand}${why}`,
  );
}

/** How to get a service taken into use that was named, or that this host has. */
export function takeUp(url: string, env: Env): string {
  const named = env['OLLAMA_BASE_URL'] ? `OLLAMA_BASE_URL=${url} ` : '';
  return `${named}cynode up --inference auto`;
}

/** Sees that the prompts of this install go to a service. @throws LauncherError `setup` with where they go instead */
export function requireUsed({ url, isUsed }: UsedService, env: Env): void {
  if (isUsed) return;
  const path = findInstall(env)?.inference.path;
  const what = path === undefined ? 'none yet' : describePath(path);
  throw new LauncherError(
    'setup',
    `prompts of this install do not go to ${url} (its inference: ${what}), so that a model there cannot be pinned; take that service into use with: ${takeUp(url, env)}`,
  );
}
