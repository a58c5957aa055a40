import type { Log } from '@cynodeai/runtime/observe';
import { WorkerError } from '../../../domain/errors.ts';
import { type CeilingWish, processShare } from '../../../domain/sandbox/ceiling.ts';
import type { CeilingFacts, EngineFacts, SandboxEngine } from '../../../ports/sandbox-engine.ts';
import { containerRuns } from '../shared/container-runs.ts';
import {
  boundFeatures,
  findUnit,
  type GroupPlace,
  type NodeBounds,
  openNodeGroup,
  tryNodeGroup,
} from '../shared/control-group.ts';
import { processLimitOf } from '../sandbox-rules.ts';
import { ImageCache } from '../shared/images.ts';
import { Keepers } from '../shared/keeper/keepers.ts';
import { keepGroup } from '../shared/kept-group.ts';
import { removeJobContainers } from '../shared/job-containers.ts';
import { openOomVictims } from '../shared/oom-victims.ts';
import { wayFeatures } from '../shared/probe-way.ts';
import { openTree } from '../shared/open-tree.ts';
import { removeTree } from '../shared/remove-tree.ts';
import {
  dropPidFiles,
  endClients,
  forceRemove,
  layersDirOf,
  listContainers,
  removeStrayRemains,
  storageFlag,
} from './containers.ts';
import { asEngineRoot } from './engine-root.ts';
import { hasImage, pullImage } from './images.ts';
import { openNetwork, rejoinNetwork } from './open-network.ts';
import { type EngineSource, openEngine } from './open-engine.ts';
import { PidWatch } from './pid-watch.ts';
import { PodmanContainer } from './podman-container.ts';
import { probeMending } from './probe-run.ts';
import type { EngineProblem, EngineProfile } from './profile.ts';
import type { RunSetting } from './engine-call.ts';

/** Where the control group of a node on this engine lies. */
export async function groupPlace(
  source: EngineSource & Pick<NodeBounds, 'isService'>,
  profile: EngineProfile,
): Promise<GroupPlace> {
  const { cgroupVersion, cgroupManager: manager, rootless } = profile;
  const unit = await findUnit(source, cgroupVersion);
  return { stateDir: source.stateDir, cgroupVersion, manager, rootless, unit };
}

/** The facts of a probed engine. See docs/reference/nodes.md#capability-report. */
export function engineFacts(profile: EngineProfile, ceiling: CeilingFacts): EngineFacts {
  const { version, rootless, rootlessSupported, cgroupVersion } = profile;
  const features = [
    profile.storage,
    profile.runtime,
    // Without it there is no profile: the node does not start.
    'seccomp',
    ...(profile.init ? ['init'] : []),
    ...(profile.privateCgroups ? ['private_cgroups'] : []),
    ...boundFeatures(profile, ceiling),
    ...wayFeatures(profile.wayObstacle),
  ];
  const base = { version, rootless, rootlessSupported, cgroupVersion };
  const { wayObstacle } = profile;
  return { runtime: 'podman', ...base, features, ceiling, wayObstacle };
}

function unusable(problems: readonly EngineProblem[]): WorkerError {
  const lines = problems.map((problem) => `${problem.message}; ${problem.fix}`);
  return new WorkerError('engine_unusable', lines.join('\n'));
}

/** The profile with a share of the processes for each job, where the kernel counts them by job. */
export function sharedOut(profile: EngineProfile, wish: CeilingWish): EngineProfile {
  const { ownNamespace, ulimits } = profile;
  if (ownNamespace === undefined) return profile;
  const all = wish.processes ?? processLimitOf(ulimits);
  if (all === undefined) return profile;
  const processes = processShare(all, wish.maxConcurrency);
  return { ...profile, ownNamespace: { ...ownNamespace, processes } };
}

function engineOf(setting: RunSetting, ceiling: CeilingFacts, log: Log): SandboxEngine {
  const { command, profile, paths } = setting;
  const images = new ImageCache({
    has: (ref) => hasImage(command, ref),
    pull: (ref, signal) => pullImage(command, ref, signal),
  });
  const keepers = new Keepers(paths.keptDir);
  const deps = { ...setting, pidWatch: new PidWatch(paths.pidDir), keepers };
  return {
    facts: engineFacts(profile, ceiling),

    check: async (signal) => {
      const fault = await probeMending(setting, signal);
      if (fault === '') return;
      const fix = 'see that Podman can run containers as the user of the node';
      throw unusable([{ code: 'engine_unusable', message: fault, fix }]);
    },

    hasImage: (ref) => images.has(ref),

    ensureImage: (ref, signal) => images.ensure(ref, signal),

    openNetwork: (_owner, serve, signal) => openNetwork(setting, serve, signal),
    rejoinNetwork: (name, serve, signal) => rejoinNetwork(setting, name, serve, signal),

    ...containerRuns({
      containerOf: (spec) => new PodmanContainer(deps, spec),
      adoptedOf: async ({ name }) => {
        const kept = await keepers.find(name);
        return kept && new PodmanContainer(deps, { name, kept });
      },
      forgetImage: (ref) => images.forget(ref),
      ...(!profile.rootless && { victims: openOomVictims() }),
      log,
    }),

    kept: () => keepers.names(),
    forget: (name) => keepers.forget(name),

    layersDir: layersDirOf(command),

    removeLeftovers: async (nodeSlug, lives = () => false) => {
      await endClients(storageFlag(command), nodeSlug, lives);
      const names = await removeJobContainers(
        {
          list: (label) => listContainers(command, label),
          remove: (name) => forceRemove(command, name),
        },
        nodeSlug,
        lives,
      );
      const stored = await removeStrayRemains(command, lives);
      await dropPidFiles(command, paths.pidDir, lives);
      keepers.forgetStrays(lives);
      return [...names, ...stored];
    },

    removeTree: (path) => removeTree(path, asEngineRoot(setting)),

    openTree: (path) => openTree(path, asEngineRoot(setting)),
  };
}

/**
 * Opens the install's private Podman, probing it when needed.
 * @throws WorkerError `engine_unusable` with every reason and its fix
 */
export async function openPodmanEngine(
  source: EngineSource & NodeBounds,
  log: Log,
): Promise<SandboxEngine> {
  const { paths, usable, problems } = await openEngine(source);
  if (usable === undefined) throw unusable(problems);
  for (const problem of problems) {
    log.warn('container engine works with a limitation', { ...problem });
  }
  const place = await groupPlace(source, usable.profile);
  const made = await openNodeGroup(place, source.ceiling);
  const { ceiling, group } = await tryNodeGroup(made, (tried) =>
    probeMending({ paths, ...usable, group: tried }),
  );
  await keepGroup(source.stateDir, place.unit, ceiling);
  if (ceiling.kind === 'none') log.warn('sandboxes have no common ceiling', ceiling);
  const profile = sharedOut(usable.profile, source.ceiling);
  return engineOf({ paths, ...usable, profile, group }, ceiling, log);
}
