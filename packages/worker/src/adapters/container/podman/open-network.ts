import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxNetwork, ServeListener } from '../../../ports/sandbox-engine.ts';
import { type EnterNamespace, openNamespace } from '../shared/network-namespace.ts';
import { pidFileOf, type RunSetting } from './engine-call.ts';
import { readStarted } from './pid-watch.ts';
import { namespaceKeeper } from './user-namespace.ts';

/** Into a new network namespace. */
const unshare: EnterNamespace = { program: 'unshare', args: ['--net', '--'] };

/** A rootless container joins only networks of the engine's own user namespace, which a process of the engine keeps. */
async function enterRootless(setting: RunSetting, inside: EnterNamespace): Promise<EnterNamespace> {
  const pid = await namespaceKeeper(setting.command);
  if (pid === undefined) {
    throw new WorkerError('inference_unavailable', 'the engine has no user namespace to join');
  }
  const user = [`--target=${pid}`, '--user', '--preserve-credentials', '--'];
  return { program: 'nsenter', args: [...user, inside.program, ...inside.args] };
}

/** Into the network namespace of a process. */
function joinOf(pid: number): EnterNamespace {
  return { program: 'nsenter', args: [`--target=${pid}`, '--net', '--'] };
}

/** The network of a sandbox that runs, with a new listener in it. @throws WorkerError `inference_unavailable` */
export async function rejoinNetwork(
  setting: RunSetting,
  sandbox: string,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<SandboxNetwork> {
  const started = await readStarted(pidFileOf(setting.paths, sandbox));
  if (started === undefined) {
    throw new WorkerError('inference_unavailable', 'the sandbox has no process any more');
  }
  const join = joinOf(started.pid);
  const enter = setting.profile.rootless ? await enterRootless(setting, join) : join;
  const namespace = await openNamespace(enter, serve, signal);
  return { mode: `ns:${namespace.path}`, close: () => namespace.close() };
}

/** A network namespace for one sandbox with a served listener in it. @throws WorkerError `inference_unavailable` */
export async function openNetwork(
  setting: RunSetting,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<SandboxNetwork> {
  const enter = setting.profile.rootless ? await enterRootless(setting, unshare) : unshare;
  const namespace = await openNamespace(enter, serve, signal);
  return { mode: `ns:${namespace.path}`, close: () => namespace.close() };
}
