import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { arch } from 'node:os';
import { z } from 'zod';
import type { Env } from '@cynodeai/runtime/config';
import { engineInvocation } from '../image/engine-command.ts';
import type { Install } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { engineEnv } from '../roles/environment.ts';
import type { Progress } from '../terminal/progress.ts';
import { ollamaImage } from './engine-storage.ts';

/**
 * Smallest model the orchestrator takes by itself.
 * See docs/reference/inference.md#project-manager-model.
 */
const smallestModel = { name: 'qwen3.5', tag: '0.8b' } as const;

const limitMs = 3000;

/** Where sizes are asked; tests name their own. */
export interface Registries {
  readonly models: string;
  readonly images: string;
}

const registries: Registries = {
  models: 'https://registry.ollama.ai',
  images: 'https://hub.docker.com',
};

const manifestSchema = z.object({ layers: z.array(z.object({ size: z.number() })) });
const tagSchema = z.object({
  images: z.array(z.object({ architecture: z.string(), size: z.number() })),
});

async function sizeFrom(url: string, read: (body: unknown) => number | undefined): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    const bytes = answer.ok ? read(await answer.json()) : undefined;
    return bytes === undefined ? 'size unknown' : `${(bytes / 1e9).toFixed(1)} GB`;
  } catch {
    return 'size unknown';
  }
}

/** What would be downloaded, with sizes as the registries tell them. */
export async function describeDownload(from: Registries = registries): Promise<string> {
  const { name, tag } = smallestModel;
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const [image, model] = await Promise.all([
    sizeFrom(
      `${from.images}/v2/repositories/ollama/ollama/tags/latest`,
      (body) =>
        tagSchema.parse(body).images.find((each) => each.architecture === architecture)?.size,
    ),
    sizeFrom(`${from.models}/v2/library/${name}/manifests/${tag}`, (body) =>
      manifestSchema.parse(body).layers.reduce((sum, layer) => sum + layer.size, 0),
    ),
  ]);
  return `Ollama (${ollamaImage}, ${image}) and the model ${name}:${tag} (${model})`;
}

/**
 * Puts Ollama's image into the engine's storage; the engine draws its own progress. The model comes later, when the
 * orchestrator asks for it.
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
