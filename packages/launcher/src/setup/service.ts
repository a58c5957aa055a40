import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { stateFolderOf, userHomeOf } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { runCommand } from '@cynodeai/runtime/process';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { messageOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { readIfThere } from '../install/files.ts';
import type { Install } from '../install/install.ts';
import {
  type ServiceManager,
  serviceManager,
  systemctl,
  systemctlCommand,
  trySystemctl,
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
  readonly manager: ServiceManager;
}

/** The service an install has, or would have. */
export function serviceOf(
  { paths, runDir }: Install,
  env: Env,
  manager: ServiceManager = serviceManager(env),
): Service {
  const isUsual = paths.home === stateFolderOf({ ...env, CYNODE_HOME: undefined });
  const name = isUsual ? 'cynode' : `cynode-${basename(runDir)}`;
  return { name, path: join(manager.unitFolder, `${name}.service`), manager };
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

function wantedText({ manager }: Service, { checkout, paths }: Install, env: Env): string {
  const template = join(checkout, 'deploy/systemd', manager.kind, 'cynode.service');
  const places = { checkout, home: paths.home, userHome: userHomeOf(env) ?? '/' };
  return unitText(readFileSync(template, 'utf8'), places);
}

/** @throws LauncherError `setup` where systemd does not run this machine */
export function requireSystemd({ manager }: Service): void {
  if (manager.isThere) return;
  const instead = 'have another supervisor run: cynode up (see deploy/README.md)';
  throw new LauncherError('setup', `systemd does not run this machine; ${instead}`);
}

/** How a service is doing: in which state, and how often it was started again by itself. */
async function stateOf({ name, manager }: Service, env: Env) {
  const args = ['show', '--property=ActiveState', '--property=NRestarts', name];
  const { stdout } = await trySystemctl(manager, args, env);
  const valueOf = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? '';
  return { active: valueOf('ActiveState'), restarts: Number(valueOf('NRestarts')) || 0 };
}

const isAsWanted = (service: Service, install: Install, env: Env): boolean =>
  readIfThere(service.path) === wantedText(service, install, env);

/** Whether the service runs, and as it would be written now. */
export async function isServed(service: Service, install: Install, env: Env): Promise<boolean> {
  return isAsWanted(service, install, env) && (await stateOf(service, env)).active === 'active';
}

const pollMs = 100;
/** Starts that failed before it is said so: the first may have met what was just about to end. */
const mostRestarts = 3;

/** Until the supervisor can be seen that the service started. @throws LauncherError `stack` when it has failed */
async function untilStarted(
  service: Service,
  install: Install,
  { env, signal }: ServiceContext,
): Promise<void> {
  const { name, manager } = service;
  while (runningStack(install) === undefined) {
    signal.throwIfAborted();
    const { active, restarts } = await stateOf(service, env);
    const isOnItsWay = ['active', 'activating', 'reloading', 'deactivating'].includes(active);
    if (!isOnItsWay || restarts >= mostRestarts) {
      const journal = manager.kind === 'user' ? 'journalctl --user' : 'journalctl';
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
  const { name, manager } = service;
  const text = wantedText(service, install, context.env);
  try {
    mkdirSync(dirname(service.path), { recursive: true });
    writeFileAtomicSync(service.path, text, { mode: 0o644 });
  } catch (cause) {
    throw new LauncherError('setup', `cannot write ${service.path}`, { cause });
  }
  await systemctl(manager, ['daemon-reload'], context.env);
  await systemctl(manager, ['enable', name], context.env);
  await systemctl(manager, ['start', name], context.env);
  await untilStarted(service, install, context);
}

/** The service that runs the stack of an install; undefined where it has none, or none that this machine could start. */
export function standingService(
  install: Install,
  env: Env,
  manager?: ServiceManager,
): Service | undefined {
  const service = serviceOf(install, env, manager);
  return service.manager.isThere && isServiceThere(service) ? service : undefined;
}

/**
 * Has a service that stands still start the stack, as it would at the next boot, and waits until it has.
 * See docs/reference/processes.md#service.
 * @throws LauncherError `setup` where it would run something else, or cannot be started; `stack` when it fails
 */
export async function startService(
  service: Service,
  install: Install,
  context: ServiceContext,
): Promise<void> {
  const { name, path, manager } = service;
  if (!isAsWanted(service, install, context.env)) {
    throw new LauncherError(
      'setup',
      `the service ${name} (${path}) runs this install, and not as it would be written now; renew it with: cynode up --service; or take it away: cynode down --service`,
    );
  }
  try {
    await systemctl(manager, ['start', name], context.env);
  } catch (cause) {
    const how = systemctlCommand(manager, ['start', name]);
    const message = `the service ${name} runs this install, and cannot be started from here: ${messageOf(cause)}; where it can: ${how}`;
    throw new LauncherError('setup', message, { cause });
  }
  await untilStarted(service, install, context);
}

/** Stops what it runs; it stays there for the next boot. @throws LauncherError `setup` */
export async function stopService({ name, manager }: Service, env: Env): Promise<void> {
  await systemctl(manager, ['stop', name], env);
}

/** Whether what a service of this user runs goes on while they are not logged in. */
export async function lingers({ manager }: Service, env: Env): Promise<boolean> {
  if (manager.kind === 'system') return true;
  const { username } = userInfo();
  const args = ['show-user', username, '--property=Linger', '--value'];
  const { exitCode, stdout } = await runCommand('loginctl', args, { env: baseEnv(env) });
  return exitCode === 0 && stdout.trim() === 'yes';
}

/** Where systemd keeps what is started with what, beside the units. */
const wants = ['multi-user.target.wants', 'default.target.wants'];

/** Stops the service and takes it away. @throws LauncherError `setup` */
export async function removeService(service: Service, env: Env): Promise<void> {
  const { name, path, manager } = service;
  // Where systemd does not run, as in a container with the same home, nothing is to be stopped and nobody to be asked.
  if (manager.isThere) await systemctl(manager, ['disable', '--now', name], env);
  else for (const one of wants) rmSync(join(dirname(path), one, basename(path)), { force: true });
  rmSync(path, { force: true });
  if (manager.isThere) await systemctl(manager, ['daemon-reload'], env);
}
