import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Env } from '@cynodeai/runtime/config';
import { LauncherError } from '../base/launcher-error.ts';
import type { Recipe } from './recipe.ts';

export interface BuildOptions {
  readonly recipe: Recipe;
  /** Where archives are kept. */
  readonly imagesDir: string;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  /** Build again although there is an archive. */
  readonly force?: boolean;
  /** Build with Podman and a container registry instead of the distribution's packages. */
  readonly fromRegistry?: boolean;
}

/** Archive of the recipe's root file system; built when it is not there. @throws LauncherError `setup`. */
export async function ensureArchive(options: BuildOptions): Promise<string> {
  const path = archivePath(options.imagesDir, options.recipe);
  if (existsSync(path) && !options.force) return path;
  options.onStep('building the sandbox image');
  if (options.fromRegistry) await buildFromRegistry(path, options);
  else await build(join(options.recipe.dir, 'build.sh'), [path], options);
  removeOthers(options.imagesDir, path);
  return path;
}

export function archivePath(imagesDir: string, recipe: Recipe): string {
  return join(imagesDir, `sandbox-${recipe.hash}.tar`);
}

function buildFromRegistry(path: string, options: BuildOptions): Promise<void> {
  const { dir } = options.recipe;
  const args = ['build', '--output', `type=tar,dest=${path}`, '--file', join(dir, 'Containerfile')];
  return build('podman', [...args, dir], options);
}

const passedOn = ['HOME', 'http_proxy', 'https_proxy', 'no_proxy', 'XDG_RUNTIME_DIR'] as const;

/** Runs what makes an archive, and tells its steps. @throws LauncherError `setup` with its last words */
export async function build(
  program: string,
  args: readonly string[],
  options: Pick<BuildOptions, 'imagesDir' | 'env' | 'signal' | 'onStep'>,
): Promise<void> {
  const env = Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = options.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  // In a group of its own, so that an interruption reaches what the script started.
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: {
      ...env,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      TMPDIR: options.imagesDir,
    },
  });
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It ended meanwhile.
    }
  };
  options.signal.addEventListener('abort', stop, { once: true });
  const lines: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    // What it says once it was told to stop is of no use to anybody.
    if (options.signal.aborted) return;
    lines.push(line);
    options.onStep(`building the sandbox image: ${line}`);
  });
  const [code] = (await once(child, 'close').catch((error: unknown) => [String(error)])) as [
    number | string | null,
  ];
  options.signal.removeEventListener('abort', stop);
  options.signal.throwIfAborted();
  if (code === 0) return;
  const reason = lines.slice(-6).join('\n  ');
  throw new LauncherError('setup', `the sandbox image could not be built:\n  ${reason}`);
}

/** Archives of older recipes and what an interrupted build left. */
function removeOthers(imagesDir: string, keep: string): void {
  for (const name of readdirSync(imagesDir)) {
    const path = join(imagesDir, name);
    const ours = /^sandbox-.*\.tar|^cynode-image\./.test(name);
    if (ours && path !== keep) rmSync(path, { recursive: true, force: true });
  }
}
