import type { Env } from '@cynodeai/runtime/config';
import { canAskEngine } from '../image/engine-command.ts';
import { hasEngineStorage } from '../image/image-marker.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import { type Install, findInstall } from '../install/install.ts';

/** The install with the engine that is asked for images; undefined where there can be none yet. */
export function installWithEngine(env: Env): Install | undefined {
  const found = findInstall(env);
  if (found === undefined) return undefined;
  const install = { ...found, engine: demandedEngine(env, found.engine) };
  return hasEngineStorage(install) && canAskEngine(install) ? install : undefined;
}
