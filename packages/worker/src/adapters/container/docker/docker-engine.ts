import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Log } from '@cynodeai/runtime/observe';
import { WorkerError } from '../../../domain/errors.ts';
import type { CeilingWish } from '../../../domain/sandbox/ceiling.ts';
import type { EngineFacts, SandboxEngine, SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import { containerRuns } from '../shared/container-runs.ts';
import {
  boundFeatures,
  findUnit,
  lookAtCeiling,
  type NodeGroup,
  openNodeGroup,
} from '../shared/control-group.ts';
import { readHostFacts } from '../shared/host.ts';
import { ImageCache } from '../shared/images.ts';
import { Keepers } from '../shared/keeper/keepers.ts';
import { keepGroup } from '../shared/kept-group.ts';
import { removeJobContainers } from '../shared/job-containers.ts';
import { openOomVictims } from '../shared/oom-victims.ts';
import { openTree } from '../shared/open-tree.ts';
import { bootDirOf, makePrivateDir, type RunDirSource } from '../shared/run-dir.ts';
import { removeTree } from '../shared/remove-tree.ts';
import { probeWay, wayFeatures } from '../shared/probe-way.ts';
import { runProbe } from '../shared/run-probe.ts';
import { probeArchive, probeImage } from '../shared/tiny-image.ts';
import { forceRemove, listContainers } from './containers.ts';
import { Daemon } from './daemon.ts';
import { socketPathOf } from './daemon-address.ts';
import { DockerContainer, type DockerRunDeps } from './docker-container.ts';
import { hasImage, importImage, pullImage } from './images.ts';
import { openNetwork, rejoinNetwork } from './open-network.ts';
import type { DockerProfile } from './create-body.ts';
import { inspectDaemon, type OpenedDocker, prepareHostFiles } from './open-engine.ts';

export interface DockerSource extends RunDirSource {
  /** DOCKER_HOST. */
  readonly dockerHost?: string | undefined;
  readonly ceiling: CeilingWish;
  /** This process is the main process of a service of systemd. */
  readonly isService?: boolean;
  /** The ceiling is only looked at, not put in place. */
  readonly onlyLook?: boolean;
}

async function importProbe(daemon: Daemon): Promise<void> {
  const archive = probeArchive(process.arch);
  if (archive === undefined) {
    throw new WorkerError('engine_unusable', `there is no probe program for ${process.arch}`);
  }
  await importImage(daemon, archive, probeImage);
}

/** Containers of the daemon, not yet created. */
const containersOf = (deps: DockerRunDeps) => (spec: SandboxRunSpec) =>
  new DockerContainer(deps, spec);

/** Where spools of what keepers hold lie. */
async function keptDir(source: DockerSource): Promise<string> {
  const boot = bootDirOf(source, await readHostFacts());
  const dir = join(boot, 'kept');
  for (const path of [dirname(boot), boot, dir]) await makePrivateDir(path);
  return dir;
}

function engineOf(
  deps: DockerRunDeps,
  facts: SandboxEngine['facts'],
  layersDir: string | undefined,
): SandboxEngine {
  const { daemon, keepers, log } = deps;
  const containerOf = containersOf(deps);
  const images = new ImageCache({
    has: (ref) => hasImage(daemon, ref),
    pull: (ref, signal) => pullImage(daemon, ref, signal),
  });
  return {
    facts,
    layersDir,

    check: async (signal) => {
      if (!(await hasImage(daemon, probeImage))) await importProbe(daemon);
      const fault = await runProbe(containerOf, signal);
      if (fault === '') return;
      const fix = 'see that the Docker daemon can run containers';
      throw new WorkerError('engine_unusable', `${fault}; ${fix}`);
    },

    hasImage: (ref) => images.has(ref),

    ensureImage: (ref, signal) => images.ensure(ref, signal),

    openNetwork: (owner, serve, signal) => openNetwork(deps, owner, serve, signal),
    rejoinNetwork: (name, serve, signal) => rejoinNetwork(deps, name, serve, signal),

    ...containerRuns({
      containerOf,
      adoptedOf: async ({ name }) => {
        const kept = await keepers.find(name);
        return kept && new DockerContainer(deps, { name, kept });
      },
      forgetImage: (ref) => images.forget(ref),
      ...(!deps.profile.rootless && { victims: openOomVictims() }),
      log,
    }),

    kept: () => keepers.names(),
    forget: (name) => keepers.forget(name),

    removeLeftovers: async (nodeSlug, lives = () => false) => {
      const names = await removeJobContainers(
        {
          list: (label) => listContainers(daemon, label),
          remove: (name) => forceRemove(daemon, name),
        },
        nodeSlug,
        lives,
      );
      keepers.forgetStrays(lives);
      return names;
    },

    removeTree: (path) => removeTree(path),

    openTree: (path) => openTree(path),
  };
}

/** The daemon with the ceiling of a node, if there can be one. */
async function bound(
  { profile, facts, cgroupDriver }: OpenedDocker,
  source: DockerSource,
): Promise<{
  readonly profile: DockerProfile;
  readonly facts: EngineFacts;
  readonly unit: string | undefined;
}> {
  const { stateDir, ceiling: wish, onlyLook = false } = source;
  const { cgroupVersion, rootless } = facts;
  const unit = await findUnit(source, cgroupVersion);
  const place = { stateDir, cgroupVersion, manager: cgroupDriver, rootless, unit };
  const made: NodeGroup = onlyLook
    ? { ceiling: await lookAtCeiling(place, wish) }
    : await openNodeGroup(place, wish);
  const { ceiling, group } = made;
  const features = [...facts.features, ...boundFeatures({ rootless }, ceiling)];
  return {
    profile: { ...profile, group },
    facts: { ...facts, features, ceiling },
    unit,
  };
}

/** Whether a sandbox can be given a way to a model, found out by giving one to the probe. */
async function wayFacts(
  deps: DockerRunDeps,
  { features }: EngineFacts,
): Promise<Pick<EngineFacts, 'features' | 'wayObstacle'>> {
  const complaint = await probeWay(
    (owner, serve, signal) => openNetwork(deps, owner, serve, signal),
    containersOf(deps),
  );
  if (complaint === '') return { features };
  deps.log.warn('jobs with use_inference cannot run', { reason: complaint });
  return { features: [...features, ...wayFeatures(complaint)], wayObstacle: complaint };
}

/**
 * Opens the Docker daemon of this machine and finds out what works there.
 * @throws WorkerError `engine_unusable` with the fix
 */
export async function openDockerEngine(source: DockerSource, log: Log): Promise<SandboxEngine> {
  const daemon = new Daemon(socketPathOf(source.dockerHost));
  const hostFiles = await prepareHostFiles(source.stateDir);
  const keepers = new Keepers(await keptDir(source));
  const complaints: string[] = [];
  for (const privateCgroups of [true, false]) {
    const opened = await inspectDaemon(daemon, privateCgroups);
    const { profile, facts, unit } = await bound(opened, source);
    const deps: DockerRunDeps = { daemon, profile, hostFiles, keepers, log };
    if (!(await hasImage(daemon, probeImage))) await importProbe(daemon);
    const fault = await runProbe(containersOf(deps));
    if (fault === '') {
      const { ceiling } = facts;
      if (source.onlyLook !== true) await keepGroup(source.stateDir, unit, ceiling);
      if (ceiling.kind === 'none') log.warn('sandboxes have no common ceiling', ceiling);
      return engineOf(deps, { ...facts, ...(await wayFacts(deps, facts)) }, opened.rootDir);
    }
    complaints.push(fault);
  }
  const reasonsGiven = [...new Set(complaints)].join(' | ');
  throw new WorkerError(
    'engine_unusable',
    `the Docker daemon runs no sandbox: ${reasonsGiven}; see its log`,
  );
}
