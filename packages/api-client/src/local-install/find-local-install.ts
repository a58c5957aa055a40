import { type Env, Secret } from '@cynodeai/runtime/config';
import { at, parseJsonOr } from '@cynodeai/runtime/std';
import { readFileSync } from 'node:fs';
import { type LocalPlace, localPlaceOf, stateFolderOf } from './local-place.ts';

/** An install of this user on this machine, as far as a client has to do with it. */
export interface LocalInstall {
  readonly place: LocalPlace;
  /** Port of its user gateway, on loopback. */
  readonly port: number;
  /** Key that its gateway proves to hold. See docs/reference/processes.md#proof. */
  readonly proofKey: Secret;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * The install of this environment, once it has served; undefined when there is none, or none that this user may read.
 * Nothing is written. See docs/reference/cli.md#gateway-address.
 */
export function findLocalInstall(env: Env): LocalInstall | undefined {
  const home = stateFolderOf(env);
  if (home === undefined) return undefined;
  const place = localPlaceOf(home);
  const settings = parseJsonOr(textOf(place.settings) ?? '');
  const port = at(at(settings, 'ports'), 'userGateway');
  // Before it has served, each start chooses its ports anew.
  if (typeof port !== 'number' || at(settings, 'served') === false) return undefined;
  const proof = textOf(place.gatewayProof)?.trim();
  return proof ? { place, port, proofKey: new Secret(proof) } : undefined;
}
