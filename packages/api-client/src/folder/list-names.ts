import { execFileSync } from 'node:child_process';
import { type Dirent, existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jobFolderName, limits } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { FolderError } from './folder-error.ts';

/** Names of a folder's things, below it. */
export interface FolderNames {
  /** Files, links, whatever else; empty folders only where no version control chose. */
  readonly names: readonly string[];
  /** What was left out by its name. */
  readonly omitted: readonly string[];
  /** Why version control, which is there, could not choose. */
  readonly note?: string;
}

/** Left out where no version control says what counts. See docs/reference/folders.md#what-is-sent. */
const usuallyOmitted: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  '.venv',
  '.tox',
  '.mypy_cache',
  '.pytest_cache',
  '.DS_Store',
  '__pycache__',
  'node_modules',
]);
/** A folder of this name is made anew from what stands beside it. */
const builders = { target: ['Cargo.toml', 'pom.xml'] } as const;

const tooMany = (): FolderError =>
  new FolderError(
    `the folder has more than ${limits.folderEntries} files, links and folders; name a smaller one`,
  );

function isOmitted(folder: string, { name }: Dirent): boolean {
  if (usuallyOmitted.has(name)) return true;
  return name === 'target' && builders.target.some((one) => existsSync(join(folder, one)));
}

/** Everything below a folder but what is usually made anew. */
function walk(root: string): Pick<FolderNames, 'names' | 'omitted'> {
  const names: string[] = [];
  const omitted: string[] = [];
  const folders = [''];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    const folder = join(root, below);
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.length === 0 && below !== '') names.push(below);
    for (const entry of entries) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isOmitted(folder, entry)) omitted.push(name);
      else if (entry.isDirectory()) folders.push(name);
      else names.push(name);
    }
    if (names.length + folders.length > limits.folderEntries) throw tooMany();
  }
  return { names, omitted };
}

function isInCheckout(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return false;
  }
}

/** Longest list of names that is read, bytes. */
const listBytes = 512 * 1024 * 1024;

/** What git tells its hooks and aliases of one repository, which need not be the one that is asked (`git rev-parse --local-env-vars`). */
const ofOneRepository: ReadonlySet<string> = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]);

const path = '/usr/local/bin:/usr/bin:/bin';

/** The environment for a git that finds its repository by the folder alone. */
function gitEnv(env: Env): Env {
  const kept = Object.entries(env).filter(([name]) => !ofOneRepository.has(name));
  return { PATH: path, ...Object.fromEntries(kept) };
}

/** What git tracks below a folder, and what it neither tracks nor ignores. */
function gitNames(folder: string, env: Env): readonly string[] {
  // A folder must not say which program looks after its changes.
  const safe = ['-c', 'core.fsmonitor=false'];
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const text = execFileSync('git', [...safe, ...list], {
    cwd: folder,
    encoding: 'utf8',
    env,
    maxBuffer: listBytes,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A file in conflict stands there several times.
  return [...new Set(text.split('\0').filter(Boolean))];
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch (error) {
    // Deleted, and git does not know it yet.
    if (errorCodeOf(error) === 'ENOENT' || errorCodeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** The same with the checkouts in it: submodules, and others that git names as one. */
function checkoutNames(root: string, caller: Env): string[] {
  const env = gitEnv(caller);
  const names: string[] = [];
  const folders = [''];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    const folder = join(root, below);
    // An empty submodule is a folder of the checkout around it.
    if (below !== '' && !existsSync(join(folder, '.git'))) continue;
    for (const found of gitNames(folder, env)) {
      const bare = found.endsWith('/') ? found.slice(0, -1) : found;
      const name = below === '' ? bare : `${below}/${bare}`;
      if (isFolder(join(root, name))) folders.push(name);
      else names.push(name);
    }
    if (names.length > limits.folderEntries) throw tooMany();
  }
  return names;
}

function reasonOf(error: unknown): string {
  if (errorCodeOf(error) === 'ENOENT') return 'git is not installed';
  const said: unknown = error instanceof Error ? Reflect.get(error, 'stderr') : undefined;
  return typeof said === 'string' ? (said.trim().split('\n')[0] ?? '') : 'git failed';
}

function chosen(root: string, caller: Env): FolderNames {
  if (!isInCheckout(root)) return walk(root);
  try {
    return { names: checkoutNames(root, caller), omitted: [] };
  } catch (error) {
    if (error instanceof FolderError) throw error;
    const note = `this is a git checkout, but ignored files are sent too: ${reasonOf(error)}`;
    return { ...walk(root), note };
  }
}

/**
 * What of a folder is sent, by name: what git tracks or does not ignore, otherwise all but what is usually made anew.
 * @param caller the caller's environment, for git
 * See docs/reference/folders.md#what-is-sent. @throws FolderError when there is too much, and faults of the disk
 */
export function listNames(root: string, caller: Env): FolderNames {
  const { names, omitted, ...rest } = chosen(root, caller);
  const isReserved = (name: string): boolean =>
    name === jobFolderName || name.startsWith(`${jobFolderName}/`);
  const kept = names.filter((name) => !isReserved(name));
  return {
    ...rest,
    names: kept.toSorted(),
    omitted: kept.length < names.length ? [...omitted, jobFolderName] : omitted,
  };
}
