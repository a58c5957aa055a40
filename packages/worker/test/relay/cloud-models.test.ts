import { HttpClient } from '@cynodeai/runtime/call';
import { type ScriptedModel, startScriptedModel } from '@cynodeai/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOllamaBackend } from '../../src/adapters/inference/ollama-backend.ts';
import { jobBodies } from '../../src/adapters/relay/job-body.ts';
import { jobModels } from '../../src/app/inference/job-models.ts';
import { fetchFrom } from './support/call.ts';
import { modelPaths } from './support/model-paths.ts';
import { stage } from './support/stage.ts';

const clouds = ['big:cloud', 'big:120b-cloud', 'big-cloud', 'team/big:cloud'];
/** A local name that stands for a model of the cloud. */
const alias = 'assistant';

let service: ScriptedModel;
const client = new HttpClient({ lanes: { pull: 1 } });

beforeAll(async () => {
  service = await startScriptedModel({ models: ['small'], remoteModels: [...clouds, alias] });
});
afterAll(async () => {
  await client.close();
  await service.close();
});

it.each(modelPaths)(
  'nothing a job asks of %s leaves for the cloud of the service',
  async (path) => {
    const backend = createOllamaBackend({ client, baseUrl: service.url });
    const { place } = await stage(() => {}, {
      service: { upstream: () => service.url },
      prepare: jobBodies(jobModels(() => backend)),
    });
    const spellings = [...clouds, alias].flatMap((name) => [
      name,
      name.toUpperCase(),
      `${name}:latest`,
      `library/${name}`,
      `registry.ollama.ai/library/${name}`,
      `https://registry.ollama.ai/library/${name}`,
    ]);
    for (const model of spellings) {
      for (const body of [
        { model },
        { name: model },
        { model: 'small', name: model },
        { name: 'small', model },
      ]) {
        await fetchFrom(place, path, {
          body: JSON.stringify({ ...body, prompt: 'p', input: 'p' }),
        });
      }
    }
    expect(service.forwarded).toEqual([]);
    const local = { model: 'Small', prompt: 'p', input: 'p', messages: [] };
    await fetchFrom(place, path, { body: JSON.stringify(local) });
    expect(service.requests.at(-1)).toMatchObject({ path, json: { model: 'small:latest' } });
  },
);
