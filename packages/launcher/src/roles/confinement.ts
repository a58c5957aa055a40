import { resolve } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { type Confinement, commonDevices, programFiles } from '@cynodeai/runtime/confine';
import type { ProcessRole, RolePlace } from './role.ts';

/** Variables whose value is a file or a folder that the user names. */
const pathVariables = [
  'NODE_EXTRA_CA_CERTS',
  'MIGRATIONS_DIR',
  'ORCHESTRATOR_BOOTSTRAP_FILE',
  'ARTIFACT_S3_SECRET_KEY_FILE',
];
/** The same of parameters of the database's address. */
const addressPaths = ['sslrootcert', 'sslcert', 'sslkey'];

function namedPlaces(env: Env, cwd: string): string[] {
  const address = URL.parse(env['DATABASE_URL'] ?? '')?.searchParams;
  const named = [
    ...pathVariables.map((name) => env[name]),
    ...addressPaths.map((name) => address?.get(name)),
  ];
  return named.flatMap((path) => (path ? [resolve(cwd, path)] : []));
}

/**
 * How the process of a row is held in an install.
 * @param env the process's own
 * @param compileCache where compiled code of this program alone is kept, so that it poisons no other's
 */
export function confinementOf(
  role: Pick<ProcessRole, 'confinement' | 'reads' | 'writes'>,
  place: RolePlace,
  env: Env,
  compileCache?: string,
): Confinement {
  const isRoot = process.geteuid?.() === 0;
  if (role.confinement === 'engine') return { kind: 'engine', isRoot };
  return {
    kind: 'full',
    asNobody: isRoot,
    files: {
      read: [
        ...programFiles(place.checkout),
        ...namedPlaces(env, place.paths.home),
        ...(role.reads?.(place) ?? []),
      ],
      write: [
        ...commonDevices,
        ...(compileCache === undefined ? [] : [compileCache]),
        ...(role.writes?.(place) ?? []),
      ],
    },
  };
}
