import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import type { Install } from '../install/install.ts';
import type { InstallSecrets } from '../install/secrets.ts';
import { compileCacheOf, nodeArguments } from '../programs/start-file.ts';
import { confined } from '@cynodeai/runtime/confine';
import { confinementOf } from '../roles/confinement.ts';
import { type Holdings, roleEnv } from '../roles/environment.ts';
import type { ProcessRole } from '../roles/role.ts';
import { type RoleName, processRoles } from '../roles/table.ts';
import { logPath } from '../machine/log-file.ts';
import type { RoleSpec } from './supervise-role.ts';

/** How the process of a row is started in an install, with all roles it hosts or some of them. */
export function roleSpec(
  role: ProcessRole & { readonly name: RoleName },
  install: Install,
  holdings: Holdings,
  env: Env,
  hosts: readonly string[] = role.hosts,
): RoleSpec {
  const values = roleEnv(role, install, holdings, env);
  const started = {
    program: process.execPath,
    args: [...nodeArguments(install.checkout, role), ...role.args(install, hosts)],
  };
  const compileCache = compileCacheOf(install.checkout, role);
  const held = confinementOf(role, install, values, compileCache);
  return {
    name: role.name,
    ...confined(started, held, process.arch),
    env: values,
    cwd: install.paths.home,
    logPath: logPath(install.paths.logs, role.name),
    stopSignal: role.stopSignal,
    stopTimeoutMs: role.stopMs(env),
    ports: role.servers.map((server) => install.ports[server.port]),
  };
}

/** The role processes of an install in the order in which they start; a role gets the part of what is held that its row names. */
export function roleSpecs(
  install: Install,
  secrets: InstallSecrets,
  databaseUrl: string,
  env: Env,
): RoleSpec[] {
  return processRoles
    .filter((role) => role.isPart(install))
    .map((role) => roleSpec(role, install, { secrets, databaseUrl }, env));
}
