import type { Env } from '@cynodeai/runtime/config';
import { type Behaviour, startScriptedModel } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { describeDownload } from '../src/inference/download.ts';
import type { InferenceChoice } from '../src/domain/inference.ts';
import { listModels } from '../src/inference/list-models.ts';
import { canPullModels, probeOllama } from '../src/inference/ollama-probe.ts';
import { prepareStart } from '../src/setup/prepare-start.ts';
import { settleInference } from '../src/inference/settle-inference.ts';
import { type Install, findInstall } from '../src/install/install.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { inferenceStatus, inferenceText } from '../src/stack/inference-status.ts';
import { Progress } from '../src/terminal/progress.ts';
import { fileURLToPath } from 'node:url';
import { AnsweringServer, json } from '@cynodeai/testing/harness';
import { oldPostgres } from './fixtures/old-postgres.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

function written(): { text: string; write: (text: string) => void } {
  return {
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

interface Settled {
  readonly install: Install;
  readonly said: string;
}

async function settle(
  test: TestInstall,
  choice: InferenceChoice | undefined,
  env: Env = {},
  tellsDemo?: boolean,
): Promise<Settled> {
  const output = written();
  const install = await settleInference({
    install: findInstall(test.env) ?? test.install,
    env: { ...test.env, ...env },
    choice,
    yes: false,
    tellsDemo,
    signal: AbortSignal.timeout(30_000),
    progress: new Progress({ output }),
  });
  return { install, said: output.text };
}

describe('the choice of inference', () => {
  it.each([
    [undefined, /^cynode: no model was found: /],
    [true, /^cynode: no model was found: /],
    [false, /^$/],
  ])('speaks of the demo model where a prompt is asked: %s', async (tellsDemo, says) => {
    await using test = await testInstall();
    const settled = await settle(test, 'auto', { OLLAMA_PORT: '1' }, tellsDemo);
    expect(settled.install.inference.path).toEqual({ kind: 'demo' });
    expect(settled.said).toMatch(says);
  });

  it.each([true, false])('tells of a named service whoever asks: %s', async (tellsDemo) => {
    await using test = await testInstall();
    const env = { OLLAMA_BASE_URL: 'http://127.0.0.1:1' };
    expect((await settle(test, 'auto', env, tellsDemo)).said).toContain('nothing answers at');
  });

  it('takes the service that is named, remembers it, and waits for it when it is gone', async () => {
    await using test = await testInstall();
    const model = await startScriptedModel();
    try {
      const first = await settle(test, undefined, { OLLAMA_BASE_URL: `${model.url}/` });
      expect(first.install.inference).toEqual({
        choice: 'auto',
        ollamaUrl: model.url,
        path: { kind: 'ollama', url: model.url },
      });
      expect(first.said).toBe('');
      expect(findInstall(test.env)?.inference).toEqual(first.install.inference);
      // A later start has no such variable.
      expect((await settle(test, undefined)).install.inference.path).toEqual({
        kind: 'ollama',
        url: model.url,
      });
    } finally {
      await model.close();
    }
    const gone = await settle(test, undefined);
    expect(gone.install.inference.path).toEqual({ kind: 'ollama', url: model.url });
    expect(gone.said).toMatch(/nothing answers at http.*connection refused.*prompts wait/);
    // Who says auto has one chosen anew.
    const anew = await settle(test, 'auto');
    expect(anew.install.inference).toEqual({ choice: 'auto', path: { kind: 'demo' } });
    expect(anew.said).toMatch(/cynode-demo, a rule-based stand-in.*cynode up --inference ollama/);
  });

  it.each<[string, Behaviour | undefined, RegExp]>([
    ['a page', { kind: 'raw', body: '<html>' }, /is no Ollama/],
    ['an error', { kind: 'error', status: 404, error: 'x' }, /answers 404/],
    ['a door', { kind: 'error', status: 403, error: '' }, /refuses us \(status 403\)/],
    [
      'a redirect',
      { kind: 'raw', status: 301, headers: { location: '/x' }, body: '' },
      /answers 301/,
    ],
    ['the other wire', undefined, /OpenAI's protocol but not Ollama's/],
  ])(
    'refuses a named address where %s answers, and says what is there',
    async (_what, behaviour, says) => {
      await using test = await testInstall();
      const before = await settle(test, 'none');
      const model = await startScriptedModel({
        intercept: ({ path }) => {
          if (behaviour !== undefined) return behaviour;
          return path.startsWith('/api/') ? { kind: 'error', status: 404, error: 'x' } : undefined;
        },
      });
      try {
        for (const choice of ['auto', 'ollama'] as const) {
          await expect(settle(test, choice, { OLLAMA_BASE_URL: model.url })).rejects.toMatchObject({
            code: 'setup',
            message: expect.stringMatching(new RegExp(`${model.url}.*${says.source}`)),
          });
        }
        expect(findInstall(test.env)?.inference).toEqual(before.install.inference);
      } finally {
        await model.close();
      }
    },
  );

  it('takes a named service that has no model, and says how to get one', async () => {
    await using test = await testInstall();
    const model = await startScriptedModel({ models: [] });
    try {
      const { install, said } = await settle(test, undefined, { OLLAMA_BASE_URL: model.url });
      expect(install.inference.path).toEqual({ kind: 'ollama', url: model.url });
      expect(said).toContain('cynode model pull qwen3.5:0.8b');
    } finally {
      await model.close();
    }
  });

  it('says that a named service is not used where something else was demanded', async () => {
    await using test = await testInstall();
    await settle(test, 'demo');
    const { install, said } = await settle(test, undefined, { OLLAMA_BASE_URL: 'http://10.0.0.5' });
    expect(install.inference.path).toEqual({ kind: 'demo' });
    expect(said).toMatch(/OLLAMA_BASE_URL is not used.*--inference demo.*--inference auto/);
  });

  it('leaves the demo model for a real one at the next start, and says so', async () => {
    await using test = await testInstall();
    expect((await settle(test, undefined)).install.inference.path).toEqual({ kind: 'demo' });
    const model = await startScriptedModel();
    try {
      const found = await settle(test, undefined, { OLLAMA_BASE_URL: model.url });
      expect(found.said).toContain(`a real model was found: Ollama at ${model.url}`);
    } finally {
      await model.close();
    }
  });

  it('takes the service of this host at the port that is named for it', async () => {
    await using test = await testInstall();
    const model = await startScriptedModel();
    try {
      const env = { OLLAMA_PORT: new URL(model.url).port };
      expect((await settle(test, undefined, env)).install.inference).toEqual({
        choice: 'auto',
        path: { kind: 'ollama', url: model.url },
      });
    } finally {
      await model.close();
    }
    await expect(settle(test, 'auto', { OLLAMA_PORT: 'many' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('OLLAMA_PORT: must be a whole number'),
    });
  });

  it('stays with the demo model, or with none, when that was demanded', async () => {
    await using test = await testInstall();
    const model = await startScriptedModel();
    try {
      const env = { OLLAMA_BASE_URL: model.url };
      expect((await settle(test, 'demo', env)).install.inference.path).toEqual({ kind: 'demo' });
      expect((await settle(test, undefined, env)).install.inference.path).toEqual({ kind: 'demo' });
      expect((await settle(test, 'none', env)).install.inference.path).toEqual({ kind: 'none' });
      expect(model.requests).toEqual([]);
    } finally {
      await model.close();
    }
  });

  it('fails when Ollama was demanded and none is there, and changes nothing', async () => {
    await using test = await testInstall();
    const before = await settle(test, 'none');
    await expect(settle(test, 'ollama')).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringContaining('OLLAMA_BASE_URL=http://HOST:11434'),
    });
    expect(findInstall(test.env)?.inference).toEqual(before.install.inference);
  });

  it.each([
    ['localhost:11434', 'such as http://127.0.0.1:11434'],
    ['ftp://10.0.0.1', 'such as http://127.0.0.1:11434'],
    ['nonsense', 'such as http://127.0.0.1:11434'],
    ['http://10.0.0.5:11434/v1', 'say OLLAMA_BASE_URL=http://10.0.0.5:11434'],
    [
      'https://models.example.org/ollama/api/',
      'say OLLAMA_BASE_URL=https://models.example.org/ollama',
    ],
  ])('refuses the address %s with an example', async (url, example) => {
    await using test = await testInstall();
    await expect(settle(test, 'auto', { OLLAMA_BASE_URL: url })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(example),
    });
  });

  it('never repeats the password of an address', async () => {
    await using test = await testInstall();
    const env = { OLLAMA_BASE_URL: 'http://me:hunter2@10.0.0.5' };
    const refusal = await settle(test, 'auto', env).catch((error: unknown) => String(error));
    expect(refusal).toContain('OLLAMA_BASE_URL must be');
    expect(refusal).not.toContain('hunter2');
  });
});

describe('a start with another choice', () => {
  const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));

  it('stops a running stack only when its inference changes, and says what changes', async () => {
    await using server = await oldPostgres('160000');
    const external = { DATABASE_URL: `postgres://nobody@127.0.0.1:${server.port}/none` };
    await using test = await testInstall(external);
    const signal = AbortSignal.timeout(60_000);
    const output = written();
    const progress = new Progress({ output });
    const more = { database: undefined, countRunning: async () => 0 };
    const common = { env: test.env, yes: false, signal, progress, ...more };
    const none = await prepareStart({ ...common, install: test.install, choice: 'none' });
    const started = { install: none, env: test.env, signal, onStep: () => {}, supervisorEntry };
    const state = await ensureStack(started);

    for (const choice of [undefined, 'none'] as const) {
      await prepareStart({ ...common, install: none, choice });
      expect(runningStack(none)?.supervisor).toEqual(state.supervisor);
    }
    expect(output.text).toBe('');

    const demo = await prepareStart({ ...common, install: none, choice: 'demo' });
    expect(demo.inference).toEqual({ choice: 'demo', path: { kind: 'demo' } });
    expect(runningStack(none)).toBeUndefined();
    expect(output.text).toMatch(/inference was: none; now: demo model .*restarting the stack/);
  });
});

describe('the probe of a model service', () => {
  it('tells version and models, and takes nothing else for an Ollama', async () => {
    const model = await startScriptedModel({ models: ['a:1b'], version: '0.9.9' });
    try {
      expect(await probeOllama(model.url)).toEqual({
        url: model.url,
        version: '0.9.9',
        models: ['a:1b'],
      });
      const path = { kind: 'ollama', url: model.url } as const;
      expect(inferenceText(await inferenceStatus(path, { ports: {} as never }))).toBe(
        `Ollama at ${model.url}; models: a:1b`,
      );
    } finally {
      await model.close();
    }
    const path = { kind: 'ollama', url: model.url } as const;
    expect(inferenceText(await inferenceStatus(path, { ports: {} as never }))).toBe(
      `Ollama at ${model.url}, which does not answer (connection refused; is it running?); used by itself once it does`,
    );
    await using other = await AnsweringServer.start(json(200, { hello: 'world' }));
    expect(await probeOllama(other.url)).toBeUndefined();
    await using broken = await AnsweringServer.start(json(500, {}));
    expect(await probeOllama(broken.url)).toBeUndefined();
  });

  it('calls a model what the list of models calls it, and leaves out the same', async () => {
    const models = [
      { name: 'a:1b', model: 'b:1b' },
      { name: 'c:1b' },
      { model: 'd:1b' },
      {},
      { name: 'e:1b', remote_host: 'https://ollama.com' },
      { name: 'f:1b-cloud' },
      { name: 'g; rm -rf' },
    ];
    await using service = await AnsweringServer.start((request, response) =>
      json(200, request.url === '/api/tags' ? { models } : { version: '0.9.9' })(request, response),
    );
    const listed = (await listModels(service.url)).map(({ name }) => name);
    expect(listed).toEqual(['a:1b', 'c:1b', 'd:1b']);
    expect((await probeOllama(service.url))?.models).toEqual(listed);
  });

  it('tells whether models can be fetched', async () => {
    await using registry = await AnsweringServer.start(json(401, {}));
    expect(await canPullModels(`${registry.url}/v2/`)).toBe(true);
    expect(await canPullModels('http://127.0.0.1:1/v2/')).toBe(false);
  });
});

describe('the size of a download', () => {
  it('is what the registries say', async () => {
    const image = (architecture: string): object => ({ architecture, size: 1_540_000_000 });
    const layers = [{ size: 1_000_000_000 }, { size: 36_000_000 }];
    await using registry = await AnsweringServer.start((request, response) => {
      const isManifest = request.url?.includes('manifests') === true;
      const body = isManifest ? { layers } : { images: [image('amd64'), image('arm64')] };
      json(200, body)(request, response);
    });
    expect(await describeDownload('service', { models: registry.url, images: registry.url })).toBe(
      'Ollama (docker.io/ollama/ollama:latest, 1.5 GB) and the model qwen3.5:0.8b (1.0 GB)',
    );
  });

  it('is unknown when they do not answer', async () => {
    await using registry = await AnsweringServer.start(json(404, {}));
    expect(
      await describeDownload('service', { models: registry.url, images: 'http://127.0.0.1:1' }),
    ).toBe(
      'Ollama (docker.io/ollama/ollama:latest, size unknown) and the model qwen3.5:0.8b (size unknown)',
    );
  });
});
