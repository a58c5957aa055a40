import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import type { Confinement } from '../confine/index.ts';
import type { ProcessRole, RolePlace } from './role.ts';

/** Libraries, name resolution, certificates, time zone: what Node opens by itself. */
const systemPlaces = [
  '/usr /lib /lib64 /bin /sbin /proc /sys/fs/cgroup /sys/devices/system/cpu',
  '/etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/host.conf /etc/gai.conf /etc/services /etc/protocols',
  '/etc/passwd /etc/group /etc/localtime /etc/timezone /etc/alternatives /etc/ld.so.cache /etc/ld.so.preload',
  '/etc/ssl /etc/pki /etc/ca-certificates /etc/crypto-policies',
  '/run/systemd/resolve /run/resolvconf /run/NetworkManager/resolv.conf',
].flatMap((places) => places.split(' '));
const devices = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`);
/** What of the checkout a program runs from; not its history, nor an install somebody keeps in it. */
const programPlaces = [
  'package.json',
  'packages',
  'node_modules',
  '.cynode/programs',
  '.cynode/node',
];
/** Variables whose value is a file or a folder that the user names. */
const pathVariables = ['NODE_EXTRA_CA_CERTS', 'MIGRATIONS_DIR', 'ORCHESTRATOR_BOOTSTRAP_FILE'];
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
  role: Pick<ProcessRole, 'confinement' | 'writes'>,
  place: RolePlace,
  env: Env,
  compileCache?: string,
): Confinement {
  const isRoot = process.geteuid?.() === 0;
  if (role.confinement === 'engine') return { kind: 'engine', isRoot };
  const below = (path: string): string => join(place.checkout, path);
  return {
    kind: 'full',
    asNobody: isRoot,
    files: {
      read: [
        ...systemPlaces,
        ...programPlaces.map(below),
        dirname(process.execPath),
        ...namedPlaces(env, place.paths.home),
      ],
      write: [
        ...devices,
        ...(compileCache === undefined ? [] : [compileCache]),
        ...(role.writes?.(place) ?? []),
      ],
    },
  };
}
