import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { exists, writeFileAtomic } from '@cynodeai/runtime/files';
import { messageOf } from '@cynodeai/runtime/std';
import { diskFull, isDiskFull, WorkerError } from '../../domain/errors.ts';
import { sandboxLayout } from '../../domain/sandbox/layout.ts';
import type { JobWorkspace, WorkspaceStore } from '../../ports/workspace.ts';
import { StagedFiles } from './staged-files.ts';
import { StagedFolders } from './staged-folders.ts';
import type { JobUsers } from './job-users.ts';
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
}

/** File that names the node a job directory belongs to; never shown in the sandbox. */
const ownerFile = 'node';
/** File that is shown in the sandbox in place of the image's, which does not know the job's user. */
const passwdFile = 'passwd';
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

/** Makes what was staged for a job its workspace; false when that is nothing. */
async function placeStaged(
  { staged, folders }: { readonly staged: StagedFiles; readonly folders: StagedFolders },
  jobId: string,
  workspace: string,
  moreFiles: number,
  folder: string | undefined,
): Promise<boolean> {
  if (folder === undefined) return staged.moveTo(jobId, workspace, moreFiles);
  await folders.moveTo(jobId, folder, workspace);
  await staged.mergeInto(jobId, workspace, moreFiles);
  return true;
}

function placeOf(root: string, owner: Owner | undefined): JobWorkspace {
  return {
    workspaceDir: join(root, 'workspace'),
    jobDir: join(root, 'job'),
    ...(owner !== undefined && { user: { ...owner, passwdFile: join(root, passwdFile) } }),
  };
}

/** Where the directory of a job is, while it is made, and while it is taken apart. */
function pathsOf({ mountRoot, nodeSlug }: FileWorkspaceOptions) {
  return {
    finalPath: (jobId: string): string => join(mountRoot, jobId),
    newPath: (jobId: string): string => join(mountRoot, `.new-${nodeSlug}-${jobId}`),
    oldPath: (jobId: string): string => join(mountRoot, `.old-${nodeSlug}-${jobId}`),
  };
}

/** Job directories on a local file system. A directory gets its name when it is complete and loses it before it is taken apart. */
export function createFileWorkspace(options: FileWorkspaceOptions): WorkspaceStore {
  const { mountRoot, nodeSlug, users, removeTree } = options;
  const { finalPath, newPath, oldPath } = pathsOf(options);
  const staged = new StagedFiles({ mountRoot, nodeSlug });
  const folders = new StagedFolders({ rootOf: (jobId) => staged.rootOf(jobId), removeTree });

  const build: WorkspaceStore['create'] = async (jobId, files, folder) => {
    const staging = newPath(jobId);
    await makeOwnedDir(staging, 0o700);
    await writeFile(join(staging, ownerFile), nodeSlug, { mode: 0o600, flag: 'wx' });
    const owner = users?.take(jobId);
    const workspace = join(staging, 'workspace');
    const isPlaced = await placeStaged({ staged, folders }, jobId, workspace, files.length, folder);
    if (isPlaced) giveAway(workspace, owner);
    else await makeOwnedDir(workspace, 0o700, owner);
    await makeOwnedDir(join(staging, 'job'), 0o700, owner);
    await makeOwnedDir(join(staging, 'job', 'artifacts'), 0o700, owner);
    await removeTree(staged.rootOf(jobId));
    await writeInputFiles(workspace, files, owner);
    if (owner !== undefined) {
      await writeFileAtomic(join(staging, passwdFile), passwdOf(owner), { mode: 0o644 });
    }
    await rename(staging, finalPath(jobId));
    return placeOf(finalPath(jobId), owner);
  };

  const removeUsed = async (jobId: string): Promise<void> => {
    // A full disk may have no room for as much as another name.
    await rename(finalPath(jobId), oldPath(jobId)).catch(() => removeTree(finalPath(jobId)));
    await removeTree(oldPath(jobId));
    await removeTree(newPath(jobId));
    users?.release(jobId);
  };

  const remove = async (jobId: string): Promise<void> => {
    await removeUsed(jobId);
    await removeTree(staged.rootOf(jobId));
  };

  return {
    check: async () => checkMountRoot(mountRoot),

    create: async (jobId, files, folder) => {
      if (await exists(finalPath(jobId))) {
        throw new WorkerError('job_conflict', 'a directory of this job exists already');
      }
      try {
        return await build(jobId, files, folder);
      } catch (error) {
        await removeTree(newPath(jobId));
        await removeTree(staged.rootOf(jobId));
        users?.release(jobId);
        throw inOurTerms(error);
      }
    },

    find: async (jobId) => {
      const root = finalPath(jobId);
      if ((await ownJobId(options, jobId)) === undefined) return undefined;
      // The folder itself is out of the job's reach: what is in it is still whose it was made for.
      const { uid, gid } = await stat(join(root, 'workspace'));
      users?.keep(jobId, uid);
      return placeOf(root, users && { uid, gid });
    },

    stage: (...call) => staged.receive(...call),

    stageFolder: (...call) => folders.receive(...call),

    removeStaged: async (before) => {
      const removed = await staged.takeOld(before, oldPath);
      for (const jobId of removed) await removeTree(oldPath(jobId));
      return removed;
    },

    remove,

    removeStrays: (lives) => removeJobs(options, removeUsed, lives),
  };
}
