import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { userHomeOf } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import { LauncherError } from '../base/launcher-error.ts';

/** Whose manager of services it is: that of the machine for root, one's own for everybody else. */
type ManagerKind = 'system' | 'user';

/** What starts and stops services on this machine. */
export interface ServiceManager {
  readonly kind: ManagerKind;
  /** Whether systemd runs this machine. */
  readonly isThere: boolean;
  /** Where it finds units that somebody wrote by hand. */
  readonly unitFolder: string;
  /** The program that asks it. */
  readonly program: string;
}

/** The manager for services of this user; a user's does not see what their shell has set. */
export function serviceManager(env: Env): ServiceManager {
  const isThere = existsSync('/run/systemd/system');
  const program = 'systemctl';
  return process.getuid?.() === 0
    ? { kind: 'system', isThere, unitFolder: '/etc/systemd/system', program }
    : {
        kind: 'user',
        isThere,
        unitFolder: join(userHomeOf(env) ?? '/', '.config/systemd/user'),
        program,
      };
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** By which a user's manager is found. */
const busVariables = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'HOME'] as const;
/** Stopping a stack takes its time, ms. */
const limitMs = 180_000;

/** How a person asks it. */
export function systemctlCommand({ kind }: ServiceManager, args: readonly string[]): string {
  return ['systemctl', ...(kind === 'user' ? ['--user'] : []), ...args].join(' ');
}

/** Asks the manager of services; what came of it is for the caller to judge. */
export function trySystemctl(
  { kind, program }: ServiceManager,
  args: readonly string[],
  env: Env,
): Promise<CommandResult> {
  const bus = busVariables.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return runCommand(
    program,
    [...(kind === 'user' ? ['--user'] : []), '--no-ask-password', ...args],
    {
      env: { PATH: path, LC_ALL: 'C.UTF-8', ...Object.fromEntries(bus) },
      timeoutMs: limitMs,
    },
  );
}

/** The same where it must succeed. @throws LauncherError `setup` with its own words */
export async function systemctl(
  manager: ServiceManager,
  args: readonly string[],
  env: Env,
): Promise<void> {
  const { exitCode, stderr } = await trySystemctl(manager, args, env);
  if (exitCode === 0) return;
  const why = stderr.trim().split('\n')[0] ?? '';
  throw new LauncherError('setup', `${systemctlCommand(manager, args)} failed: ${why}`);
}

/** A word as a unit file takes it, whatever is in it but a line break. */
export function unitWord(text: string): string {
  const escaped = text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return `"${escaped}"`;
}

/** The same where variables are not replaced. */
export const unitSetting = (text: string): string => unitWord(text).replaceAll('$$', '$');
