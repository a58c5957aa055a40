import type { Socket } from 'node:net';
import process from 'node:process';
import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { networkHolderName } from '../../../domain/sandbox/naming.ts';
import { WorkerError } from '../../../domain/errors.ts';
import type {
  SandboxNetwork,
  SandboxNetworkOwner,
  ServeListener,
} from '../../../ports/sandbox-engine.ts';
import {
  type EnterNamespace,
  type NetworkNamespace,
  openNamespace,
} from '../shared/network-namespace.ts';
import { holderArchive, holderCommand, holderImage } from '../shared/tiny-image.ts';
import { dockerParts, mountText, sandboxRules } from '../sandbox-rules.ts';
import { seccompProfile } from '../seccomp/profile.ts';
import { forceRemove } from './containers.ts';
import type { DockerRunDeps } from './docker-container.ts';
import { type Daemon, type DaemonAnswer, daemonMessage } from './daemon.ts';
import { importImage } from './images.ts';

const createdSchema = z.object({ Id: z.string() });
const stateSchema = z.object({ State: z.object({ Pid: z.int().min(2) }) });

function unavailable(message: string): WorkerError {
  return new WorkerError('inference_unavailable', message);
}

/** A container under the rules of every sandbox that does nothing for as long as its input is open. */
function holderBody({ profile, hostFiles }: DockerRunDeps, owner: SandboxNetworkOwner): object {
  const seccomp = seccompProfile(process.arch);
  const setting = { ...profile, init: false, ulimits: [], seccomp };
  const { config, host } = dockerParts(sandboxRules(setting));
  return {
    ...config,
    Image: holderImage,
    Cmd: [holderCommand],
    Labels: owner.labels,
    AttachStdin: true,
    OpenStdin: true,
    // The daemon closes the input with the node's connection, also when the node was killed.
    StdinOnce: true,
    Tty: false,
    HostConfig: { ...host, Binds: hostFiles.map((file) => mountText(file, false)) },
  };
}

async function createHolder(
  deps: DockerRunDeps,
  owner: SandboxNetworkOwner,
  name: string,
): Promise<DaemonAnswer> {
  const body = holderBody(deps, owner);
  const create = (): Promise<DaemonAnswer> =>
    deps.daemon.call('POST', `/containers/create?name=${name}`, { body });
  const first = await create();
  if (first.status !== 404) return first;
  const archive = holderArchive(process.arch);
  if (archive === undefined) throw unavailable(`there is no holder program for ${process.arch}`);
  await importImage(deps.daemon, archive, holderImage);
  return create();
}

async function pidOf(daemon: Daemon, id: string): Promise<number> {
  const answer = await daemon.call('GET', `/containers/${id}/json`);
  const parsed = stateSchema.safeParse(parseJson(answer.text));
  if (!parsed.success) throw unavailable('the container that holds the network does not run');
  return parsed.data.State.Pid;
}

/** Where the daemon's container lives, as seen from here: its daemon may run under a user namespace. */
function enter(pid: number, rootless: boolean): EnterNamespace {
  const user = rootless ? ['--user', '--preserve-credentials'] : [];
  return { program: 'nsenter', args: [`--target=${pid}`, ...user, '--net', '--'] };
}

/** The network of a sandbox that runs, with a new listener in it. @throws WorkerError `inference_unavailable` */
export async function rejoinNetwork(
  { daemon, profile }: DockerRunDeps,
  sandbox: string,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<SandboxNetwork> {
  const pid = await pidOf(daemon, sandbox);
  const namespace = await openNamespace(enter(pid, profile.rootless), serve, signal);
  return { mode: `container:${sandbox}`, close: () => namespace.close() };
}

/**
 * A container without a network holds the namespace that the sandbox joins, because this engine can only join that of
 * a container; the listener in it is served by this process. @throws WorkerError `inference_unavailable`
 */
export async function openNetwork(
  deps: DockerRunDeps,
  owner: SandboxNetworkOwner,
  serve: ServeListener,
  signal: AbortSignal,
): Promise<SandboxNetwork> {
  const { daemon, profile } = deps;
  const name = networkHolderName(owner.jobId);
  let input: Socket | undefined;
  let namespace: NetworkNamespace | undefined;
  const close = async (): Promise<void> => {
    await namespace?.close();
    input?.destroy();
    await forceRemove(daemon, name);
  };
  try {
    const created = await createHolder(deps, owner, name);
    if (created.status !== 201) throw unavailable(daemonMessage(created));
    const { Id: id } = createdSchema.parse(parseJson(created.text));
    input = await daemon.attach(id);
    input.on('error', () => {});
    const started = await daemon.call('POST', `/containers/${id}/start`);
    if (started.status !== 204) throw unavailable(daemonMessage(started));
    namespace = await openNamespace(
      enter(await pidOf(daemon, id), profile.rootless),
      serve,
      signal,
    );
    return { mode: `container:${id}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
