import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxNetwork, ServeListener } from '../../../ports/sandbox-engine.ts';
import { type EnterNamespace, openNamespace } from '../shared/network-namespace.ts';
import type { RunSetting } from './spawn-run.ts';
import { namespaceKeeper } from './user-namespace.ts';

/** Into a new network namespace. */
const unshare: EnterNamespace = { program: 'unshare', args: ['--net', '--'] };

/** A rootless container joins only networks of the engine's own user namespace, which a process of the engine keeps. */
async function enterRootless(setting: RunSetting): Promise<EnterNamespace> {
  const pid = await namespaceKeeper(setting.command);
  if (pid === undefined) {
    throw new WorkerError('inference_unavailable', 'the engine has no user namespace to join');
  }
  const user = [`--target=${pid}`, '--user', '--preserve-credentials', '--'];
  return { program: 'nsenter', args: [...user, unshare.program, ...unshare.args] };
}

/** A network namespace for one sandbox with a served listener in it. @throws WorkerError `inference_unavailable` */
export async function openNetwork(
  setting: RunSetting,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<SandboxNetwork> {
  const enter = setting.profile.rootless ? await enterRootless(setting) : unshare;
  const namespace = await openNamespace(enter, serve, signal);
  return { mode: `ns:${namespace.path}`, close: () => namespace.close() };
}
