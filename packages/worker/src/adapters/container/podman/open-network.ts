import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxNetwork, ServeListener } from '../../../ports/sandbox-engine.ts';
import { type EnterNamespace, openNamespace } from '../shared/network-namespace.ts';
import { callEngine } from './client.ts';
import type { RunSetting } from './spawn-run.ts';

/** Into a new network namespace. */
const unshare: EnterNamespace = { program: 'unshare', args: ['--net', '--'] };

async function pausePid({ paths }: RunSetting): Promise<number | undefined> {
  const text = await readFile(join(paths.libpodTemp, 'pause.pid'), 'utf8').catch(() => '');
  const pid = Number(text);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/**
 * A rootless container joins only networks of the engine's own user namespace, which a process of the engine keeps;
 * any call that needs it starts that process.
 */
async function enterRootless(setting: RunSetting): Promise<EnterNamespace> {
  let pid = await pausePid(setting);
  if (pid === undefined) {
    await callEngine(setting.command, ['unshare', 'true']);
    pid = await pausePid(setting);
  }
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
