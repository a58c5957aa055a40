import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { stateFolderOf, userHomeOf } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { runCommand } from '@cynodeai/runtime/process';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { LauncherError } from '../base/launcher-error.ts';
import { readIfThere } from '../install/files.ts';
import type { Install } from '../install/install.ts';
import {
  hasSystemd,
  managerKind,
  systemctl,
  trySystemctl,
  unitFolder,
  unitSetting,
  unitWord,
} from '../machine/systemd.ts';
import { baseEnv } from '../roles/environment.ts';
import { runningStack } from '../stack/running-stack.ts';

/** The unit that runs the stack of an install. */
export interface Service {
  /** `cynode`; of an install in another place than the usual one with the mark of that place. */
  readonly name: string;
  readonly path: string;
}

/** The service an install has, or would have. */
export function serviceOf({ paths, runDir }: Install, env: Env): Service {
  const isUsual = paths.home === stateFolderOf({ ...env, CYNODE_HOME: undefined });
  const name = isUsual ? 'cynode' : `cynode-${basename(runDir)}`;
  return { name, path: join(unitFolder(managerKind(), env), `${name}.service`) };
}

export const isServiceThere = ({ path }: Service): boolean => existsSync(path);

/** What a unit file cannot say. */
const isSayable = (text: string): boolean => !/[\n\r\0]/.test(text);

/** The unit of `deploy` with the places of an install. @throws LauncherError `setup` for names with line breaks */
export function unitText(
  template: string,
  { checkout, home, userHome }: { checkout: string; home: string; userHome: string },
): string {
  if (![checkout, home, userHome].every(isSayable)) {
    throw new LauncherError('setup', 'a folder with a line break in its name cannot be served');
  }
  const command = unitWord(join(checkout, 'cynode'));
  const setting = (name: string, value: string): string =>
    `Environment=${unitSetting(`${name}=${value}`)}`;
  const places = [setting('HOME', userHome), setting('CYNODE_HOME', home)].join('\n');
  return template
    .replaceAll(/^Environment=HOME=.*\n/gm, '')
    .replace(/^Environment=PATH=.*$/m, (line) => `${line}\n${places}`)
    .replace(/^ExecStart=.*$/m, () => `ExecStart=/usr/bin/env ${command} up --quiet`);
}

function wantedText({ checkout, paths }: Install, env: Env): string {
  const template = join(checkout, 'deploy/systemd', managerKind(), 'cynode.service');
  const places = { checkout, home: paths.home, userHome: userHomeOf(env) ?? '/' };
  return unitText(readFileSync(template, 'utf8'), places);
}

/** @throws LauncherError `setup` where systemd does not run this machine */
export function requireSystemd(): void {
  if (hasSystemd()) return;
  const instead = 'have another supervisor run: cynode up (see deploy/README.md)';
  throw new LauncherError('setup', `systemd does not run this machine; ${instead}`);
}

async function isActive({ name }: Service, env: Env): Promise<boolean> {
  return (await trySystemctl(['is-active', '--quiet', name], env)).exitCode === 0;
}

/** Whether the service runs, and as it would be written now. */
export async function isServed(service: Service, install: Install, env: Env): Promise<boolean> {
  return readIfThere(service.path) === wantedText(install, env) && (await isActive(service, env));
}

const pollMs = 100;

/** Until the supervisor can be seen that the service started. @throws LauncherError `stack` when it has failed */
async function untilStarted(
  { name }: Service,
  install: Install,
  { env, signal }: ServiceContext,
): Promise<void> {
  while (runningStack(install) === undefined) {
    signal.throwIfAborted();
    const { stdout } = await trySystemctl(['is-active', name], env);
    const journal = managerKind() === 'user' ? 'journalctl --user' : 'journalctl';
    if (!['active', 'activating', 'reloading'].includes(stdout.trim())) {
      throw new LauncherError(
        'stack',
        `the service ${name} does not start; see: ${journal} -u ${name} -n 50`,
      );
    }
    await sleep(pollMs, signal);
  }
}

interface ServiceContext {
  readonly env: Env;
  readonly signal: AbortSignal;
}

/**
 * Writes the unit, has it started now and at every boot, and waits until it has started the stack.
 * See docs/reference/processes.md#service. @throws LauncherError `setup`, `stack`
 */
export async function installService(
  service: Service,
  install: Install,
  context: ServiceContext,
): Promise<void> {
  const text = wantedText(install, context.env);
  try {
    mkdirSync(dirname(service.path), { recursive: true });
    writeFileAtomicSync(service.path, text, { mode: 0o644 });
  } catch (cause) {
    throw new LauncherError('setup', `cannot write ${service.path}`, { cause });
  }
  await systemctl(['daemon-reload'], context.env);
  await systemctl(['enable', service.name], context.env);
  await systemctl(['start', service.name], context.env);
  await untilStarted(service, install, context);
}

/** Whether what a service of this user runs goes on while they are not logged in. */
export async function lingers(env: Env): Promise<boolean> {
  if (managerKind() === 'system') return true;
  const { username } = userInfo();
  const args = ['show-user', username, '--property=Linger', '--value'];
  const { exitCode, stdout } = await runCommand('loginctl', args, { env: baseEnv(env) });
  return exitCode === 0 && stdout.trim() === 'yes';
}

/** Stops the service and takes it away. @throws LauncherError `setup` */
export async function removeService(service: Service, env: Env): Promise<void> {
  await systemctl(['disable', '--now', service.name], env);
  rmSync(service.path, { force: true });
  await systemctl(['daemon-reload'], env);
}
