import { jobFolderName } from '@cynodeai/contracts/common';
import { chmodSync, statSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, writeFileAtomic } from '@cynodeai/runtime/files';
import { WorkerError } from '../../domain/errors.ts';
import type { KeptWorkspace } from '../../ports/workspace.ts';
import { layOver } from './lay-over.ts';
import { type Owner, giveAway, makeOwnedDir } from './write-input-file.ts';

export interface KeptWorkspacesOptions {
  readonly mountRoot: string;
  readonly nodeSlug: string;
  readonly removeTree: (path: string) => Promise<void>;
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Names the job that the workspace was opened for, until its container is surely gone. */
const holderFile = 'job';
/** What is on its way out. */
const oldStart = '.old-';

/**
 * Workspaces that outlive their jobs: a folder each, beside those of jobs, with what is bound into sandboxes in it.
 * See docs/reference/workspaces.md#on-the-node.
 */
export class KeptWorkspaces {
  readonly #options: KeptWorkspacesOptions;
  readonly #root: string;

  constructor(options: KeptWorkspacesOptions) {
    this.#options = options;
    this.#root = join(options.mountRoot, `.kept-${options.nodeSlug}`);
  }

  /** What is bound at `/workspace`. */
  contentOf(id: string): string {
    return join(this.#root, id, 'content');
  }

  /** Who owns it now; undefined where there is none yet. */
  ownerOf(id: string): number | undefined {
    return statSync(this.contentOf(id), { throwIfNoEntry: false })?.uid;
  }

  /**
   * Opens a workspace for a job, made where it need not exist, with a folder of the job's own files laid over it and
   * everything in it the job's; nobody else writes there by now. @throws WorkerError `workspace_lost`
   */
  async open(
    { id, mustExist }: KeptWorkspace,
    jobId: string,
    files: string,
    owner: Owner | undefined,
  ): Promise<void> {
    const { removeTree } = this.#options;
    const content = this.contentOf(id);
    if (!(await exists(content))) {
      if (mustExist) {
        const text =
          'the workspace is not on this node any more; delete it to begin anew: cynork workspaces delete NAME';
        throw new WorkerError('workspace_lost', text);
      }
      await mkdir(join(this.#root, id), { recursive: true, mode: 0o700 });
      await makeOwnedDir(content, 0o700, owner);
    }
    // A job may have shut itself out.
    chmodSync(content, 0o700);
    await writeFileAtomic(join(this.#root, id, holderFile), jobId, { mode: 0o600 });
    if (owner !== undefined && this.ownerOf(id) !== owner.uid) giveAway(content, owner);
    await removeTree(join(content, jobFolderName));
    await layOver(files, content, removeTree);
    await removeTree(files);
  }

  /** The job it was opened for last, until that is released. */
  async holder(id: string): Promise<string | undefined> {
    return readFile(join(this.#root, id, holderFile), 'utf8').catch(() => undefined);
  }

  /** The container of the job it was opened for is gone. */
  async release(id: string): Promise<void> {
    await rm(join(this.#root, id, holderFile), { force: true });
  }

  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#root).catch((): string[] => []);
    return names.filter((name) => uuidPattern.test(name));
  }

  /** Removes one with all that is in it; from its first step on it is not there any more. False where there is none. */
  async remove(id: string): Promise<boolean> {
    const old = join(this.#root, `${oldStart}${id}`);
    await this.#options.removeTree(old);
    const path = join(this.#root, id);
    if (!(await exists(path))) return false;
    // A full disk may have no room for as much as another name.
    await rename(path, old).catch(() => this.#options.removeTree(path));
    await this.#options.removeTree(old);
    await this.#removeRoot();
    return true;
  }

  /** Removes what a removal left that was cut off. */
  async removeOld(): Promise<void> {
    const names = await readdir(this.#root).catch((): string[] => []);
    for (const name of names) {
      if (name.startsWith(oldStart)) await this.#options.removeTree(join(this.#root, name));
    }
    await this.#removeRoot();
  }

  /** The folder of all goes with the last; whoever makes one makes it again. */
  async #removeRoot(): Promise<void> {
    await rmdir(this.#root).catch(() => {});
  }
}
