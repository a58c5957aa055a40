import {
  type OllamaPullLine,
  canonicalModel,
  isCloudModel,
  looksLikeEmbedding,
} from '@cynodeai/contracts/model';
import type {
  AnswerPiece,
  LoadedModel,
  ModelBackend,
  ModelCall,
  ModelCard,
} from '@cynodeai/demo-model/wire';
import { createHash } from 'node:crypto';
import { performWords } from './perform.ts';
import type { Behaviour, Script } from './script.ts';

const mebibyte = 1024 * 1024;

export const defaultVersion = '0.12.6';

function cardOf(name: string): ModelCard {
  return {
    name,
    modifiedAt: new Date('2026-01-01T00:00:00Z'),
    size: 600 * mebibyte,
    digest: createHash('sha256').update(name).digest('hex'),
    family: 'scripted',
    format: 'gguf',
    parameterSize: '1B',
    quantization: 'Q4_0',
    license: 'none',
    system: '',
    capabilities: looksLikeEmbedding(name) ? ['embedding'] : ['completion', 'tools'],
    contextLength: 4096,
  };
}

/** Progress of a download as Ollama reports it. */
async function* downloaded(): AsyncIterable<OllamaPullLine> {
  const digest = `sha256:${'a'.repeat(64)}`;
  yield { status: 'pulling manifest' };
  yield { status: 'pulling aaaaaaaaaaaa', digest, total: 600 * mebibyte };
  yield {
    status: 'pulling aaaaaaaaaaaa',
    digest,
    total: 600 * mebibyte,
    completed: 300 * mebibyte,
  };
  yield {
    status: 'pulling aaaaaaaaaaaa',
    digest,
    total: 600 * mebibyte,
    completed: 600 * mebibyte,
  };
  yield { status: 'verifying sha256 digest' };
  yield { status: 'writing manifest' };
  yield { status: 'success' };
}

/** Which models there are; shared by all requests. */
export class ScriptedModels {
  readonly onDisk = new Map<string, ModelCard>();
  readonly inMemory = new Set<string>();
  /** Entries that stand for models of its maker's cloud. */
  readonly #remote: ReadonlySet<string>;

  constructor(names: readonly string[], remote: readonly string[] = []) {
    this.#remote = new Set(remote.map(canonicalModel));
    for (const name of [...names, ...remote]) this.add(name);
  }

  /** Whether a real service would send a request for this model to its maker. */
  isRemote(name: string): boolean {
    return this.#remote.has(canonicalModel(name)) || isCloudModel(name);
  }

  add(name: string): void {
    const card = cardOf(canonicalModel(name));
    const isRemote = this.#remote.has(card.name);
    this.onDisk.set(card.name, isRemote ? { ...card, remoteHost: 'https://cloud.invalid' } : card);
  }

  evict(name: string): void {
    this.onDisk.delete(canonicalModel(name));
    this.inMemory.delete(canonicalModel(name));
  }
}

/** What stands behind the wire for one request. */
export function scriptedBackend(
  models: ScriptedModels,
  script: Script,
  call: ModelCall,
  words: Behaviour,
): ModelBackend {
  return {
    banner: 'Ollama is running',
    version: script.version ?? defaultVersion,
    models: () =>
      [...models.onDisk.values()].map((card) => ({
        ...card,
        contextLength: script.quirks?.context ?? card.contextLength,
      })),
    loaded: (): LoadedModel[] =>
      [...models.inMemory].map((name) => ({ name, expiresAt: new Date('2100-01-01T00:00:00Z') })),
    load: (model) => void models.inMemory.add(canonicalModel(model)),
    unload: (model) => void models.inMemory.delete(canonicalModel(model)),
    pull: (model, signal) => pull(models, model, (script.pull ?? downloaded)(model, signal)),
    answer: (): AsyncIterable<AnswerPiece> => performWords(call, words),
  };
}

async function* pull(
  models: ScriptedModels,
  model: string,
  lines: AsyncIterable<OllamaPullLine>,
): AsyncIterable<OllamaPullLine> {
  for await (const line of lines) {
    if (line.status === 'success') models.add(model);
    yield line;
  }
}
