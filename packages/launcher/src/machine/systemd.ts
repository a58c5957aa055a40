import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { userHomeOf } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import { LauncherError } from '../base/launcher-error.ts';

/** Whose manager of services it is: that of the machine for root, one's own for everybody else. */
export type ManagerKind = 'system' | 'user';

export const managerKind = (): ManagerKind => (process.getuid?.() === 0 ? 'system' : 'user');

/** Whether systemd runs this machine. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/** Where a manager finds units that somebody wrote by hand; a user's does not see what their shell has set. */
export function unitFolder(kind: ManagerKind, env: Env): string {
  if (kind === 'system') return '/etc/systemd/system';
  return join(userHomeOf(env) ?? '/', '.config/systemd/user');
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** By which a user's manager is found. */
const busVariables = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'HOME'] as const;
/** Stopping a stack takes its time, ms. */
const limitMs = 180_000;

/** Asks the manager of services; what came of it is for the caller to judge. */
export function trySystemctl(args: readonly string[], env: Env): Promise<CommandResult> {
  const bus = busVariables.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const kind = managerKind() === 'user' ? ['--user'] : [];
  return runCommand('systemctl', [...kind, '--no-ask-password', ...args], {
    env: { PATH: path, LC_ALL: 'C.UTF-8', ...Object.fromEntries(bus) },
    timeoutMs: limitMs,
  });
}

/** The same where it must succeed. @throws LauncherError `setup` with its own words */
export async function systemctl(args: readonly string[], env: Env): Promise<void> {
  const { exitCode, stderr } = await trySystemctl(args, env);
  if (exitCode === 0) return;
  const kind = managerKind() === 'user' ? ' --user' : '';
  const why = stderr.trim().split('\n')[0] ?? '';
  throw new LauncherError('setup', `systemctl${kind} ${args.join(' ')} failed: ${why}`);
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
