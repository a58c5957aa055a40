import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { WorkerError } from '../../../domain/errors.ts';
import type { EngineFacts, SandboxMount } from '../../../ports/sandbox-engine.ts';
import { readHostFacts } from '../shared/host.ts';
import { sandboxHosts } from '../sandbox-rules.ts';
import type { DockerProfile } from './create-body.ts';
import { type Daemon, daemonMessage } from './daemon.ts';

const infoSchema = z.object({
  ServerVersion: z.string(),
  Driver: z.string(),
  DefaultRuntime: z.string(),
  CgroupDriver: z.string().default('unknown'),
  DockerRootDir: z.string().optional(),
  SecurityOptions: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
});

/** A daemon that answers, and what it says about itself. */
export interface OpenedDocker {
  readonly profile: DockerProfile;
  readonly facts: Omit<EngineFacts, 'ceiling'>;
  /** Who makes the control groups of containers. */
  readonly cgroupDriver: string;
  /** Where the daemon keeps everything. */
  readonly rootDir: string | undefined;
}

const unusable = (message: string): WorkerError => new WorkerError('engine_unusable', message);

/** Why sandboxes of this node cannot run under the daemon. */
function refusal(has: (option: string) => boolean): string | undefined {
  if (!has('seccomp')) {
    return 'the Docker daemon has no seccomp, so that no system call of a job could be filtered; use a kernel with CONFIG_SECCOMP_FILTER and a daemon built with seccomp';
  }
  if (has('userns')) {
    return 'the Docker daemon remaps users, so that no job could enter its workspace; start it without userns-remap, or use podman';
  }
  // Only root can give the workspace to the job's own user.
  if (!has('rootless') && process.getuid?.() !== 0) {
    return 'a rootful Docker daemon needs a node that runs as root; point DOCKER_HOST to a rootless daemon of this user, or use podman';
  }
  return undefined;
}

/** Asks the daemon what it is. @throws WorkerError `engine_unusable` with the fix */
export async function inspectDaemon(
  daemon: Daemon,
  privateCgroups: boolean,
): Promise<OpenedDocker> {
  const answer = await daemon.call('GET', '/info', { timeoutMs: 20_000 });
  if (answer.status !== 200) throw unusable(daemonMessage(answer));
  const info = infoSchema.parse(parseJson(answer.text));
  const has = (option: string): boolean =>
    info.SecurityOptions.some((entry) => entry.split(',')[0] === `name=${option}`);
  const rootless = has('rootless');
  const why = refusal(has);
  if (why !== undefined) throw unusable(why);
  const host = await readHostFacts();
  const profile = {
    version: info.ServerVersion,
    rootless,
    privateCgroups,
    relabel: has('selinux'),
  };
  const features = [
    info.Driver,
    info.DefaultRuntime,
    'init',
    'seccomp',
    ...(privateCgroups ? ['private_cgroups'] : []),
  ];
  const { version } = profile;
  const facts = {
    runtime: 'docker' as const,
    version,
    rootless,
    rootlessSupported: rootless || host.userNamespaces,
    cgroupVersion: host.cgroupVersion,
    features,
  };
  return { profile, facts, cgroupDriver: info.CgroupDriver, rootDir: info.DockerRootDir };
}

/** Makes the files that are shown in every sandbox instead of the host's. @throws WorkerError `engine_unusable` */
export async function prepareHostFiles(stateDir: string): Promise<readonly SandboxMount[]> {
  const dir = join(resolve(stateDir), 'docker', 'etc');
  // Colons separate the parts of a bind.
  if (dir.includes(':')) {
    throw unusable(`the path ${dir} holds a colon; set CYNODE_STATE_DIR to a path without one`);
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const files = { hosts: sandboxHosts, 'resolv.conf': '' };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), content, { mode: 0o644 });
  }
  return Object.keys(files).map((name) => ({
    hostPath: join(dir, name),
    containerPath: `/etc/${name}`,
    readOnly: true,
  }));
}
