import { ensureImage, prepareImage } from '../image/ensure-image.ts';
import { type Install, rememberEngine } from '../install/install.ts';
import type { DatabaseChoice } from '../domain/database.ts';
import type { InferenceChoice } from '../domain/inference.ts';
import { bundlePrograms } from './bundle-programs.ts';
import { type PortsChoice, agreesToMove, placedInstall } from './moved-ports.ts';
import { settleDatabase } from './settle-database.ts';
import { prepareStart } from './prepare-start.ts';
import { requireRoom } from './require-room.ts';
import { type Service, standingService, startService, stopService } from './service.ts';
import { sideBySide } from './side-by-side.ts';
import type { ServiceManager } from '../machine/systemd.ts';
import { overruledVariables } from '../roles/environment.ts';
import { type EnsureStackOptions, clearPorts, ensureStack } from '../stack/ensure-stack.ts';
import { runningStack } from '../stack/running-stack.ts';
import type { RestartOptions } from '../stack/offer-restart.ts';
import { tearDown } from '../stack/tear-down.ts';
import { waitForGateway } from '../stack/wait-for-gateway.ts';
import type { Progress } from '../terminal/progress.ts';
import {
  type SetupOptions,
  agreeOnPackages,
  ensurePackageLists,
  installPackages,
} from './install-packages.ts';

export interface BringUpOptions extends SetupOptions {
  readonly install: Install;
}

export interface StartOptions
  extends Omit<SetupOptions, 'onStep'>, Pick<EnsureStackOptions, 'supervisorEntry'> {
  readonly install: Install;
  readonly progress: Progress;
  /** What the command line says about inference. */
  readonly choice: InferenceChoice | undefined;
  /** What it says about ports. */
  readonly ports: PortsChoice | undefined;
  /** What it says about the database. */
  readonly database: DatabaseChoice | undefined;
  /** Whether it matters now that there is only the demo model. */
  readonly tellsDemo: boolean;
  /** How many tasks run now; undefined when nobody can tell. */
  readonly countRunning: RestartOptions['countRunning'];
  /** What starts its service, for tests. */
  readonly manager?: ServiceManager;
}

/** Installs what is missing and builds the sandbox image meanwhile, which needs none of it. */
export async function setUp(options: BringUpOptions): Promise<void> {
  const packages = await agreeOnPackages(options.install.engine.runtime, options);
  if (packages.length === 0) return;
  await ensurePackageLists(options);
  options.onStep(`installing ${packages.join(', ')}, and building the sandbox image meanwhile`);
  const silently = { ...options, onStep: () => {} };
  await sideBySide(
    options.signal,
    (signal) => installPackages(packages, { ...silently, signal }),
    (signal) => prepareImage({ ...silently, signal }),
  );
}

/** Sees that a stack runs: started by the service of the install where it has one, so that there are no two. */
async function beginStack(
  options: EnsureStackOptions,
  service: Service | undefined,
): Promise<void> {
  const { install, onStep, onStarted } = options;
  if (service === undefined) {
    await ensureStack(options);
    return;
  }
  if (runningStack(install) !== undefined) return;
  onStep(`starting the service ${service.name}`);
  onStarted?.();
  await startService(service, install, options);
}

/** The running stack, once its gateway answers; when the start of another cynode was given up it is started by this one. */
async function startStack(
  options: EnsureStackOptions,
  service: Service | undefined,
): Promise<void> {
  const { install, signal, onStarted } = options;
  let isOurs = false;
  const mark = (): void => {
    isOurs = true;
    onStarted?.();
  };
  for (;;) {
    await beginStack({ ...options, onStarted: mark }, service);
    try {
      return await waitForGateway(install, signal);
    } catch (error) {
      if (isOurs || signal.aborted || runningStack(install) !== undefined) throw error;
    }
  }
}

/** Whoever calls off a start has been told of no stack that would stay up. */
async function giveUp(
  install: Install,
  { env, progress }: StartOptions,
  service: Service | undefined,
): Promise<void> {
  const { signal } = new AbortController();
  // It may not have come as far as a stack that could be seen.
  if (service !== undefined) await stopService(service, env);
  await tearDown({ install, env, signal, onStep: (what) => progress.step(what) });
  progress.done();
}

/** Everything a task needs: packages, inference, image, and a running stack. Answers the install as it was started. */
export async function bringUp(options: StartOptions): Promise<Install> {
  const { progress, signal } = options;
  const all = { ...options, onStep: (what: string): void => progress.step(what) };
  const { env, database } = options;
  if (runningStack(options.install) === undefined)
    await requireRoom(options.install, env, database);
  const place = await rememberEngine(options.install, env);
  await setUp({ ...all, install: place });
  const prepared = await prepareStart({ ...options, install: place });
  const isCold = runningStack(prepared) === undefined;
  if (isCold) {
    for (const sentence of overruledVariables(env)) progress.note(sentence);
    await settleDatabase(prepared, { ...options, onNote: (text) => progress.note(text) });
  }
  // Before anything else is shown or done beside it: whoever is asked has all the time there is.
  const install = await clearPorts({
    ...all,
    install: prepared,
    agreesToMove: agreesToMove(options),
  });
  const service = standingService(install, env, options.manager);
  let isOurs = false;
  const onStarted = (): void => {
    isOurs = true;
  };
  const start = async (until: AbortSignal): Promise<void> => {
    if (isCold) await bundlePrograms({ ...options, checkout: install.checkout, signal: until });
    await startStack({ ...all, install, signal: until, onStarted }, service);
  };
  try {
    await sideBySide(signal, (until) => ensureImage({ ...all, install, signal: until }), start);
  } catch (error) {
    if (isOurs && signal.aborted) await giveUp(install, options, service);
    else if (isOurs && runningStack(install) !== undefined) {
      // Others may use it by now, and what went wrong may be seen in it.
      progress.note('the stack was started and runs on; cynode down stops it');
    }
    throw error;
  }
  return isCold ? placedInstall(prepared, progress) : install;
}
