import { once } from 'node:events';
import { CommandError } from '@cynodeai/command-line/error';
import { releaseStartMemory } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import { ensureImage } from '../image/ensure-image.ts';
import type { DatabaseChoice } from '../domain/database.ts';
import { wantsOtherInference } from '../domain/inference.ts';
import { settleDatabase } from '../setup/settle-database.ts';
import { bundlePrograms, bundleToStay } from '../setup/bundle-programs.ts';
import {
  type Service,
  installService,
  isServed,
  lingers,
  requireSystemd,
  serviceOf,
} from '../setup/service.ts';
import { prepareStart } from '../setup/prepare-start.ts';
import { checkStart } from '../setup/check-start.ts';
import { orBefore, rememberListen } from '../setup/remember-listen.ts';
import { requireRoom } from '../setup/require-room.ts';
import { type Install, openInstall, rememberEngine } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { countRunning } from '../run/count-running.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { overruledVariables } from '../roles/environment.ts';
import { setUp } from '../setup/bring-up.ts';
import { type PortsChoice, agreesToMove, placedInstall } from '../setup/moved-ports.ts';
import { runningStack, stackLockPath } from '../stack/running-stack.ts';
import { logPath, openLog } from '../machine/log-file.ts';
import { offerRestart } from '../stack/offer-restart.ts';
import { restartReason } from '../stack/restart-reason.ts';
import { type RunningStack, runStack } from '../stack/run-stack.ts';
import { checkPorts } from '../stack/place-ports.ts';
import { findTrouble } from '../run/ready-install.ts';
import { waitOut } from '../run/trouble.ts';
import { cleanUp } from '../stack/tear-down.ts';
import { pullAgreed } from '../inference/pull-agreed.ts';
import { serviceUrlOf } from '../stack/inference-status.ts';
import { stackStatus } from '../stack/status.ts';
import { stopStack } from '../stack/stop-stack.ts';
import { waitForGateway } from '../stack/wait-for-gateway.ts';
import { Progress } from '../terminal/progress.ts';
import { statusText } from './status.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { upFlags } from './flags.ts';

/** Runs the stack until it is interrupted. */
export async function up(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof upFlags> },
): Promise<number> {
  const { yes = false, quiet = false, inference: choice, ports, database } = flags;
  const progress = new Progress({ quiet });
  const onStep = (what: string): void => progress.step(what);
  const opened = await openInstall(context.env);
  let install = await rememberListen(opened, flags);
  let stack: RunningStack | undefined;
  try {
    const other = wantsOtherInference(install.inference, choice, context.env);
    await orBefore(opened, () => replace(install, { yes, database, progress, other }, context));
    const service = flags.service ? serviceOf(install, context.env) : undefined;
    if (service !== undefined)
      await makeWay(service, install, { yes, progress, database }, context);
    if (!other && runningStack(install) !== undefined)
      return await tell(install, context, progress);
    await requireRoom(install, context.env, database);
    const bundling = { checkout: install.checkout, progress, ...context };
    await (service === undefined ? bundleToStay(bundling) : bundlePrograms(bundling));
    install = await rememberEngine(install, context.env);
    await setUp({ install, yes, onStep, ...context });
    // Who starts it again knows already.
    const tellsDemo = install.inference.path.kind !== 'demo';
    const common = { install, yes, choice, database, progress, countRunning, tellsDemo };
    install = await prepareStart({ ...common, ...context });
    // It has what was asked for already.
    if (runningStack(install) !== undefined) return await tell(install, context, progress);
    await settleDatabase(install, {
      ...context,
      database,
      onNote: (text) => progress.note(text),
    });
    await ensureImage({ install, onStep, ...context });
    if (service === undefined) {
      stack = await start(install, context, progress, ports);
      if (stack === undefined) return await tell(install, context, progress);
    } else {
      progress.step(`starting the service ${service.name}`);
      await installService(service, install, context);
    }
    await waitForGateway(install, context.signal);
    install = placedInstall(install, progress);
    const url = serviceUrlOf(install.inference.path, install);
    install = await pullAgreed({ install, url, progress, ...context });
    await waitUntilUsable(install, context, progress);
    await tell(install, context, progress);
    if (service !== undefined) return await tellService(service, context);
    releaseStartMemory();
    // An interruption that came while we were getting ready has fired already and does so only once.
    if (!context.signal.aborted) await once(context.signal, 'abort');
    return 0;
  } catch (error) {
    // Stopping a stack that is up is how it ends; one that is not up yet was given up, which its service manager may do.
    const { aborted, reason } = context.signal;
    if (!aborted) throw error;
    if (reason instanceof CommandError && reason.code === 'terminated') return 0;
    throw reason;
  } finally {
    if (stack !== undefined) {
      progress.step('stopping the stack');
      await stack.stop();
      await cleanUp(install, context.env);
    }
    progress.done();
  }
}

/** A stack that runs otherwise than by the service gives way to it, where that is agreed to. @throws LauncherError */
async function makeWay(
  service: Service,
  install: Install,
  {
    yes,
    progress,
    database,
  }: { yes: boolean; progress: Progress; database?: DatabaseChoice | undefined },
  context: CommandContext,
): Promise<void> {
  requireSystemd(service);
  const { env } = context;
  const state = runningStack(install);
  if (state === undefined || (await isServed(service, install, env))) return;
  const text = `the stack runs, and not as the service ${service.name} would run it`;
  const check = (): Promise<void> => checkStart(install, env, database);
  const options = { ...context, yes, progress, countRunning, check };
  await offerRestart(install, state, { text, binding: true }, options);
}

/** What is to be known of a service beside what it runs. */
async function tellService(service: Service, { env, notes }: CommandContext): Promise<number> {
  const { name, path } = service;
  const when = (await lingers(service, env))
    ? 'at every boot'
    : 'when you log in, and ends it when you log out; to have it run always: loginctl enable-linger (where that is refused, root may say it with your name)';
  await notes.text(`cynode: the service ${name} (${path}) starts it ${when}\n`);
  return 0;
}

async function tell(
  install: Install,
  { output }: CommandContext,
  progress: Progress,
): Promise<number> {
  progress.done();
  await output.text(statusText(await stackStatus(install), install));
  return 0;
}

/** Stops a stack that is not the one that is wanted, where that is agreed to. */
async function replace(
  install: Install,
  {
    yes,
    database,
    progress,
    other,
  }: {
    readonly yes: boolean;
    readonly database: DatabaseChoice | undefined;
    readonly progress: Progress;
    /** It is to have other inference besides, for which it is restarted by itself. */
    readonly other: boolean;
  },
  context: CommandContext,
): Promise<void> {
  const state = runningStack(install);
  const { env } = context;
  const reason = state && restartReason(install, state, env, database);
  if (state === undefined || reason === undefined || (other && !reason.binding)) return;
  const check = (): Promise<void> => checkStart(install, env, database);
  await offerRestart(install, state, reason, { ...context, yes, progress, countRunning, check });
}

/** Starts the stack; undefined when another cynode has done so meanwhile. */
async function start(
  install: Install,
  context: CommandContext,
  progress: Progress,
  ports: PortsChoice | undefined,
): Promise<RunningStack | undefined> {
  await using _lock = await takeLock(stackLockPath(install), { signal: context.signal });
  if (runningStack(install) !== undefined) return undefined;
  if (await stopStack(install)) progress.note('stopped what an earlier supervisor left running');
  const placed = await checkPorts(install, agreesToMove({ ...context, ports, progress }));
  for (const sentence of overruledVariables(context.env)) progress.note(sentence);
  progress.step('starting the stack');
  const file = openLog(logPath(install.paths.logs, 'supervisor'));
  const log = createLog({ service: 'supervisor', descriptor: file.fd });
  // Awaited here: the lock must be held until the stack can be seen.
  const stack = await runStack({ install: placed, log, ...context });
  return {
    stop: async () => {
      await stack.stop();
      file.close();
    },
  };
}

/** Whoever starts the stack is told soon what it waits for, ms; a node needs some of it to notice a model. */
const somebodyMs = 20_000;

/** Waits for the node, then for its model, which need not be there for commands and scripts to run. */
async function waitUntilUsable(
  install: Install,
  context: CommandContext,
  progress: Progress,
): Promise<void> {
  const { signal } = context;
  const common = { signal, onStep: (what: string) => progress.step(what) };
  await waitOut({ ...common, everyMs: 25, find: () => findTrouble(install, undefined) });
  if (install.inference.path.kind === 'none') return;
  try {
    await waitOut({
      ...common,
      everyMs: 250,
      somebodyMs,
      lead: 'prompts cannot be answered',
      find: () => findTrouble(install, 'answer'),
    });
  } catch (error) {
    if (!(error instanceof LauncherError) || signal.aborted) throw error;
    progress.note(error.message);
  }
}
