import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { InputFile } from '@cynodeai/contracts/worker-api';
import { exists, writeFileAtomic } from '@cynodeai/runtime/files';
import { messageOf } from '@cynodeai/runtime/std';
import { diskFull, isDiskFull, WorkerError } from '../../domain/errors.ts';
import { sandboxLayout } from '../../domain/sandbox/layout.ts';
import type { JobWorkspace, KeptWorkspace, WorkspaceStore } from '../../ports/workspace.ts';
import { FolderCache } from './folder-cache.ts';
import { type LayerMounts, layerNames, makeLayerDirs } from './layer-mounts.ts';
import { StagedFiles } from './staged-files.ts';
import { StagedFolders, stagedFoldersIn } from './staged-folders.ts';
import type { JobUsers } from './job-users.ts';
import { KeptWorkspaces } from './kept-workspaces.ts';
import { requireBeside } from './require-beside.ts';
import { giveAway, makeOwnedDir, type Owner, writeInputFiles } from './write-input-file.ts';

export interface FileWorkspaceOptions {
  /** Absolute path; made when it is missing. */
  readonly mountRoot: string;
  /** Only directories of this node are swept; others may share the mount root. */
  readonly nodeSlug: string;
  /** The users of jobs on the host; absent when all are the user of this process. */
  readonly users?: JobUsers;
  /** Removes a tree whatever is in it. */
  readonly removeTree: (path: string) => Promise<void>;
  /** How folders are shown to jobs without a copy; each is a copy where this is absent, or jobs have no users. */
  readonly mounts?: LayerMounts;
}

/** File that names the node a job directory belongs to; never shown in the sandbox. */
const ownerFile = 'node';
/** File that names the folder which a job's workspace is a layer over. */
const folderFile = 'folder';
/** File that is shown in the sandbox in place of the image's, which does not know the job's user. */
const passwdFile = 'passwd';
/** File that names the kept workspace of a job. */
const keptFile = 'kept';
const passwdOf = ({ uid, gid }: Owner): string => `root:x:0:0:root:/root:/bin/sh
sandbox:x:${uid}:${gid}:sandbox:${sandboxLayout.workspaceDir}:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`;
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The mount root is made, and a directory in it can be made and removed. */
async function checkMountRoot(mountRoot: string): Promise<void> {
  const where = `sandbox mount root ${mountRoot} cannot be used`;
  if (mountRoot.includes(':')) {
    throw new WorkerError('workspace_unusable', `${where}: choose a path without a colon`);
  }
  try {
    await mkdir(mountRoot, { recursive: true, mode: 0o700 });
    await rmdir(await mkdtemp(join(mountRoot, '.check-')));
  } catch (cause) {
    const message = `${where}, make it writable for the node: ${messageOf(cause)}`;
    throw new WorkerError('workspace_unusable', message, { cause });
  }
}

/** The job id when an entry of the mount root is this node's. */
async function ownJobId(
  { mountRoot, nodeSlug }: FileWorkspaceOptions,
  entry: string,
): Promise<string | undefined> {
  const hidden = [`.new-${nodeSlug}-`, `.old-${nodeSlug}-`].find((start) =>
    entry.startsWith(start),
  );
  const jobId = hidden === undefined ? entry : entry.slice(hidden.length);
  if (!uuidPattern.test(jobId)) return undefined;
  if (hidden !== undefined) return jobId;
  const slug = await readFile(join(mountRoot, entry, ownerFile), 'utf8').catch(() => '');
  return slug === nodeSlug ? jobId : undefined;
}

/** Ids of the jobs of this node that have anything below the mount root. */
async function ownJobs(options: FileWorkspaceOptions): Promise<readonly string[]> {
  const entries = await readdir(options.mountRoot).catch(() => []);
  const found = new Set<string>();
  for (const entry of entries) {
    const jobId = await ownJobId(options, entry);
    if (jobId !== undefined) found.add(jobId);
  }
  return [...found];
}

/** Removes what jobs of this node left that do not live, and gives their ids. */
async function removeJobs(
  options: FileWorkspaceOptions,
  remove: (jobId: string) => Promise<void>,
  lives: (jobId: string) => boolean = () => false,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const jobId of await ownJobs(options)) {
    // Asked now: a job may have begun since the folder was read.
    if (lives(jobId)) continue;
    await remove(jobId);
    removed.push(jobId);
  }
  return removed;
}

function inOurTerms(cause: unknown): WorkerError {
  if (cause instanceof WorkerError) return cause;
  if (isDiskFull(cause)) return new WorkerError('not_run', diskFull, { cause });
  const message = `job directory cannot be made: ${messageOf(cause)}`;
  return new WorkerError('workspace_unusable', message, { cause });
}

interface WorkspaceParts {
  readonly staged: StagedFiles;
  readonly folders: StagedFolders;
  readonly mounts: LayerMounts | undefined;
  readonly kept: KeptWorkspaces;
}

interface JobInput {
  readonly jobId: string;
  readonly files: readonly InputFile[];
  readonly folder: string | undefined;
  /** The workspace that what the job is sent is laid over. */
  readonly kept: KeptWorkspace | undefined;
}

/** A folder that is kept for all jobs, as one's own: what is laid over something else cannot be a layer over it. */
function copyTree(from: string, to: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE;
  return cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, mode });
}

/** Writes the workspace of a job: what was staged for it and what came with it. */
async function writeWorkspace(
  { staged, folders, mounts }: WorkspaceParts,
  { jobId, files, folder, kept }: JobInput,
  staging: string,
  owner: Owner | undefined,
): Promise<void> {
  const workspace = join(staging, layerNames.merged);
  if (folder === undefined) {
    const isPlaced = await staged.moveTo(jobId, workspace, files.length);
    if (isPlaced) giveAway(workspace, owner);
    else await makeOwnedDir(workspace, 0o700, owner);
    return writeInputFiles(workspace, files, owner);
  }
  const tree = await folders.take(jobId, folder, workspace);
  const isCopied = tree !== undefined && kept !== undefined;
  if (isCopied) await copyTree(tree, workspace);
  const isLayer = tree !== undefined && !isCopied && owner !== undefined && mounts !== undefined;
  if (isLayer) await makeLayerDirs(staging, owner);
  const target = isLayer ? join(staging, layerNames.upper) : workspace;
  await staged.mergeInto(jobId, target, files.length);
  giveAway(target, owner);
  await writeInputFiles(target, files, owner);
  if (!isLayer) return;
  requireBeside(target, tree);
  await writeFile(join(staging, folderFile), folder, { mode: 0o600, flag: 'wx' });
  try {
    await mounts.mount(staging, tree, owner);
  } catch (cause) {
    const message = `the folder of the job cannot be mounted: ${messageOf(cause)}`;
    throw new WorkerError('not_run', message, { cause });
  }
}

/** Makes all of a job's directory but its name, and says whose it is. */
async function makeDirectory(
  { nodeSlug, users, removeTree }: FileWorkspaceOptions,
  parts: WorkspaceParts,
  input: JobInput,
  staging: string,
): Promise<Owner | undefined> {
  const { jobId, kept } = input;
  await makeOwnedDir(staging, 0o700);
  await writeFile(join(staging, ownerFile), nodeSlug, { mode: 0o600, flag: 'wx' });
  const owner = users?.take(jobId, kept && parts.kept.ownerOf(kept.id));
  await writeWorkspace(parts, input, staging, owner);
  await makeOwnedDir(join(staging, 'job'), 0o700, owner);
  await makeOwnedDir(join(staging, 'job', 'artifacts'), 0o700, owner);
  await removeTree(parts.staged.rootOf(jobId));
  if (owner !== undefined) {
    await writeFileAtomic(join(staging, passwdFile), passwdOf(owner), { mode: 0o644 });
  }
  if (kept !== undefined) {
    await writeFile(join(staging, keptFile), kept.id, { mode: 0o600, flag: 'wx' });
    await parts.kept.open(kept, jobId, join(staging, layerNames.merged), owner);
  }
  return owner;
}

function placeOf(
  root: string,
  owner: Owner | undefined,
  kept?: readonly [id: string, content: string],
): JobWorkspace {
  const upper = join(root, layerNames.upper);
  const jobDir = join(root, 'job');
  return {
    workspaceDir: kept?.[1] ?? join(root, layerNames.merged),
    jobDir,
    ...(existsSync(upper) && { writtenDirs: [upper, jobDir] }),
    ...(owner !== undefined && { user: { ...owner, passwdFile: join(root, passwdFile) } }),
    ...(kept && { keptId: kept[0] }),
  };
}

/** What is kept of folders for later jobs, and which of it jobs have now. */
function openCache(
  options: FileWorkspaceOptions,
  mounts: LayerMounts,
  stagedStart: string,
): FolderCache {
  const { mountRoot, nodeSlug, removeTree } = options;
  const holders = async (): Promise<ReadonlyMap<string, string>> => {
    const held = new Map(await stagedFoldersIn(mountRoot, stagedStart));
    for (const jobId of await ownJobs(options)) {
      const path = join(mountRoot, jobId, folderFile);
      const folder = await readFile(path, 'utf8').catch(() => '');
      if (folder !== '') held.set(jobId, folder);
    }
    return held;
  };
  return new FolderCache({
    dir: join(mountRoot, `.folders-${nodeSlug}`),
    mounts,
    removeTree,
    holders,
  });
}

/** Where the directory of a job is, while it is made, and while it is taken apart. */
function pathsOf({ mountRoot, nodeSlug }: FileWorkspaceOptions) {
  return {
    finalPath: (jobId: string): string => join(mountRoot, jobId),
    newPath: (jobId: string): string => join(mountRoot, `.new-${nodeSlug}-${jobId}`),
    oldPath: (jobId: string): string => join(mountRoot, `.old-${nodeSlug}-${jobId}`),
  };
}

/** Makes the directory of a job, or nothing of it. @throws WorkerError as `WorkspaceStore.create` */
async function makeNamed(
  options: FileWorkspaceOptions,
  { cache, ...parts }: WorkspaceParts & { readonly cache: FolderCache | undefined },
  input: JobInput,
): Promise<JobWorkspace> {
  const { users, removeTree, mounts } = options;
  const { finalPath, newPath } = pathsOf(options);
  const { jobId, kept } = input;
  if (await exists(finalPath(jobId))) {
    throw new WorkerError('job_conflict', 'a directory of this job exists already');
  }
  try {
    const owner = await makeDirectory(options, parts, input, newPath(jobId));
    await rename(newPath(jobId), finalPath(jobId));
    return placeOf(finalPath(jobId), owner, kept && [kept.id, parts.kept.contentOf(kept.id)]);
  } catch (error) {
    await mounts?.unmount(newPath(jobId));
    await removeTree(newPath(jobId));
    await removeTree(parts.staged.rootOf(jobId));
    users?.release(jobId);
    cache?.release(jobId);
    throw inOurTerms(error);
  }
}

/** Job directories on a local file system. A directory gets its name when it is complete and loses it before it is taken apart. */
export function createFileWorkspace(options: FileWorkspaceOptions): WorkspaceStore {
  const { mountRoot, nodeSlug, users, removeTree, mounts } = options;
  const { finalPath, newPath, oldPath } = pathsOf(options);
  const staged = new StagedFiles({ mountRoot, nodeSlug });
  const cache = mounts && users && openCache(options, mounts, basename(staged.rootOf('')));
  const rootOf = (jobId: string): string => staged.rootOf(jobId);
  const folders = new StagedFolders({ rootOf, removeTree, cache });
  const kept = new KeptWorkspaces({ mountRoot, nodeSlug, removeTree });
  const parts = { staged, folders, mounts, kept };

  const removeUsed = async (jobId: string): Promise<void> => {
    for (const path of [finalPath(jobId), oldPath(jobId), newPath(jobId)]) {
      await mounts?.unmount(path);
    }
    // A full disk may have no room for as much as another name.
    await rename(finalPath(jobId), oldPath(jobId)).catch(() => removeTree(finalPath(jobId)));
    await removeTree(oldPath(jobId));
    await removeTree(newPath(jobId));
    users?.release(jobId);
    cache?.release(jobId);
  };

  const remove = async (jobId: string): Promise<void> => {
    await removeUsed(jobId);
    await removeTree(staged.rootOf(jobId));
  };

  return {
    check: async () => checkMountRoot(mountRoot),

    create: (jobId, files, folder, keptOne) =>
      makeNamed(options, { ...parts, cache }, { jobId, files, folder, kept: keptOne }),

    find: async (jobId) => {
      const root = finalPath(jobId);
      if ((await ownJobId(options, jobId)) === undefined) return undefined;
      // The folder itself is out of the job's reach: what is in it is still whose it was made for.
      const { uid, gid } = await stat(join(root, 'job'));
      users?.keep(jobId, uid);
      const owner = users && { uid, gid };
      const id = await readFile(join(root, keptFile), 'utf8').catch(() => undefined);
      return placeOf(root, owner, id === undefined ? undefined : [id, kept.contentOf(id)]);
    },

    stage: (...call) => staged.receive(...call),

    stageFolder: (...call) => folders.receive(...call),

    reuseFolder: (...call) => folders.reuse(...call),

    makeRoom: async () => (await cache?.clear()) === true,

    removeStaged: async (before) => {
      await cache?.tidy(before);
      const removed = await staged.takeOld(before, oldPath);
      for (const jobId of removed) {
        await removeTree(oldPath(jobId));
        cache?.release(jobId);
      }
      return removed;
    },

    remove,

    removeStrays: async (lives) => {
      await kept.removeOld();
      return removeJobs(options, removeUsed, lives);
    },

    keptHolder: (id) => kept.holder(id),
    releaseKept: (id) => kept.release(id),
    keptIds: () => kept.ids(),
    removeKept: (id) => kept.remove(id),
  };
}
