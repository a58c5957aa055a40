import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { arch } from 'node:os';
import { z } from 'zod';
import { canonicalModel } from '@cynodeai/contracts/model';
import type { Env } from '@cynodeai/runtime/config';
import { smallestModel } from '../domain/inference.ts';
import { installCommand } from '../domain/packages.ts';
import { engineInvocation } from '../image/engine-command.ts';
import type { Install } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { findProgram } from '../machine/find-program.ts';
import { engineEnv } from '../roles/environment.ts';
import type { Progress } from '../terminal/progress.ts';
import { ollamaImage } from './engine-storage.ts';

const limitMs = 3000;

/** Where sizes are asked; tests name their own. */
export interface Registries {
  readonly models: string;
  readonly images: string;
}

export const registries: Registries = {
  models: 'https://registry.ollama.ai',
  images: 'https://hub.docker.com',
};

const manifestSchema = z.object({ layers: z.array(z.object({ size: z.number() })) });
const tagSchema = z.object({
  images: z.array(z.object({ architecture: z.string(), size: z.number() })),
});

async function bytesFrom(
  url: string,
  read: (body: unknown) => number | undefined,
): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    return answer.ok ? read(await answer.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** A size as people read it. */
export function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return 'size unknown';
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Bytes of a model in the registry that services pull from by themselves; undefined for one of another registry. */
export async function modelBytes(
  ref: string,
  from: Pick<Registries, 'models'> = registries,
): Promise<number | undefined> {
  const canonical = canonicalModel(ref);
  const colon = canonical.lastIndexOf(':');
  const [name, tag] = [canonical.slice(0, colon), canonical.slice(colon + 1)];
  const parts = name.split('/');
  if (parts.length > 2 || /[.:]/.test(parts.length === 2 ? (parts[0] ?? '') : '')) return undefined;
  const path = parts.length === 1 ? `library/${name}` : name;
  return bytesFrom(`${from.models}/v2/${path}/manifests/${encodeURIComponent(tag)}`, (body) =>
    manifestSchema.parse(body).layers.reduce((sum, layer) => sum + layer.size, 0),
  );
}

function imageBytes(from: Registries): Promise<number | undefined> {
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  return bytesFrom(
    `${from.images}/v2/repositories/ollama/ollama/tags/latest`,
    (body) => tagSchema.parse(body).images.find((each) => each.architecture === architecture)?.size,
  );
}

/** What would be downloaded, with sizes as the registries tell them. */
export async function describeDownload(
  gets: 'service' | 'model',
  from: Registries = registries,
): Promise<string> {
  const [image, model] = await Promise.all([
    gets === 'service' ? imageBytes(from) : undefined,
    modelBytes(smallestModel, from),
  ]);
  const ofModel = `the model ${smallestModel} (${sizeText(model)})`;
  return gets === 'model' ? ofModel : `Ollama (${ollamaImage}, ${sizeText(image)}) and ${ofModel}`;
}

/** What keeps Ollama's image from being downloaded: the engine's own program draws the progress, and may be missing. */
export function lackOfClient(
  { engine }: Pick<Install, 'engine'>,
  find: (program: string) => string | undefined = findProgram,
): string | undefined {
  if (find(engine.runtime) !== undefined) return undefined;
  const command = installCommand(
    [engine.runtime === 'docker' ? 'docker-cli' : engine.runtime],
    true,
  );
  return `Ollama's image is downloaded by the program ${engine.runtime}, which is not on this machine; to have one downloaded: ${command}`;
}

/**
 * Puts Ollama's image into the engine's storage; the engine draws its own progress. The model comes later, once the
 * service runs.
 * @throws LauncherError `setup` with the engine's exit code.
 */
export async function pullOllama(options: {
  readonly install: Install;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}): Promise<string> {
  const { install, env, signal, progress } = options;
  progress.note(`downloading ${ollamaImage}`);
  progress.done();
  const [program, ...flags] = await engineInvocation({ install, env, signal });
  const child = spawn(program, [...flags, 'pull', ollamaImage], {
    env: { ...engineEnv(install, env) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (code === 0) return ollamaImage;
  throw new LauncherError(
    'setup',
    `${ollamaImage} could not be downloaded (exit code ${code ?? 'none'}); start an Ollama yourself and say OLLAMA_BASE_URL=http://HOST:11434, or use --inference demo`,
  );
}
