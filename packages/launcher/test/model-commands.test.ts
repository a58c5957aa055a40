import { Notes, Output } from '@cynodeai/command-line/output';
import { parseJson } from '@cynodeai/runtime/std';
import {
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
} from '@cynodeai/testing';
import { FakeGateway, json } from '@cynodeai/testing/doubles';
import {
  AnsweringServer,
  Child,
  type Outcome,
  json as answering,
  tlsFront,
} from '@cynodeai/testing/harness';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { modelList, modelsText, pinnedModelKey } from '../src/commands/model-list.ts';
import { modelPull } from '../src/commands/model-pull.ts';
import { modelUse } from '../src/commands/model-use.ts';
import { modelBytes, sizeText } from '../src/inference/download.ts';
import { pullAgreed } from '../src/inference/pull-agreed.ts';
import { pullModel } from '../src/inference/pull-model.ts';
import { findInstall, storeChoices } from '../src/install/install.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { Progress } from '../src/terminal/progress.ts';
import { pretendRunning } from './fixtures/pretend-running.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

/** An install whose model service is a scripted one, and what its commands print. */
class Stage implements AsyncDisposable {
  readonly out = new PassThrough();
  readonly err = new PassThrough();
  readonly test: TestInstall;
  readonly model: ScriptedModel;

  private constructor(test: TestInstall, model: ScriptedModel) {
    this.test = test;
    this.model = model;
  }

  static async open(options: ScriptedModelOptions): Promise<Stage> {
    const [test, model] = [await testInstall(), await startScriptedModel(options)];
    const path = { kind: 'ollama', url: model.url } as const;
    await storeChoices(test.install, { inference: { choice: 'auto', path } });
    return new Stage(test, model);
  }

  get context() {
    return {
      env: this.test.env,
      output: new Output('table', this.out),
      notes: new Notes({ stream: this.err, quiet: false, color: false }),
      signal: new AbortController().signal,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.close();
    await this.test[Symbol.asyncDispose]();
  }
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const said = (stream: PassThrough): string => String(stream.read() ?? '');
const pulls = (model: ScriptedModel): number =>
  model.requests.filter(({ path }) => path === '/api/pull').length;

describe('cynode model list', () => {
  it('names what is there, how large it is and what it can do, but nothing of a cloud', async () => {
    await using stage = await Stage.open({
      models: ['smollm2:135m', 'nomic-embed-text'],
      remoteModels: ['gpt-oss:120b-cloud', 'alias'],
    });
    await modelList(stage.context, { flags: {} });
    expect(said(stage.out)).toBe(
      'smollm2:135m             0.6 GB  completion tools\n' +
        'nomic-embed-text:latest  0.6 GB  embedding\n',
    );
    await modelList(stage.context, { flags: { output: 'json' } });
    expect(parseJson(said(stage.out))).toMatchObject({
      url: stage.model.url,
      models: [
        { name: 'smollm2:135m', size_bytes: 629_145_600, pinned: false },
        { name: 'nomic-embed-text:latest', capabilities: ['embedding'] },
      ],
    });
    expect(stage.model.forwarded).toEqual([]);
  });

  it('asks a service behind TLS whose certificate it was told', async () => {
    const model = await startScriptedModel({ models: ['smollm2:135m'] });
    await using test = await testInstall();
    await using front = await tlsFront(model.url);
    const list = async (certificates: string): Promise<Outcome> => {
      const set = { OLLAMA_BASE_URL: front.url, NODE_EXTRA_CA_CERTS: certificates };
      const known = { CYNODE_HOME: test.env['CYNODE_HOME'] ?? '', HOME: test.env['HOME'] ?? '' };
      await using child = Child.ofScript(main, ['model', 'list'], { env: { ...known, ...set } });
      return await child.outcome;
    };
    try {
      expect(await list(front.certificatePath)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('smollm2:135m'),
      });
      const stranger = await list('');
      expect([stranger.code, stranger.stdout]).toEqual([125, '']);
      expect(stranger.stderr).toContain(
        `${front.url} does not answer (DEPTH_ZERO_SELF_SIGNED_CERT)`,
      );
    } finally {
      await model.close();
    }
  });

  it('says how to get one where there is none', async () => {
    await using stage = await Stage.open({ models: [] });
    await modelList(stage.context, { flags: {} });
    expect(said(stage.out)).toContain('get one with: cynode model pull qwen3.5:0.8b');
  });

  it('says what is there instead of a model service', async () => {
    await using stage = await Stage.open({ models: [] });
    await using page = await AnsweringServer.start(answering(404, {}));
    const context = { ...stage.context, env: { ...stage.test.env, OLLAMA_BASE_URL: page.url } };
    await expect(modelList(context, { flags: {} })).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(/answers 404.*OLLAMA_BASE_URL.*cynode up --inference ollama/),
    });
  });

  it('marks the pinned one, however it is spelled', () => {
    const models = [{ name: 'qwen3:latest', capabilities: ['completion'] }];
    expect(modelsText(models, 'library/Qwen3', 'http://h')).toBe(
      'qwen3:latest  size unknown  completion (pinned)\n',
    );
  });
});

describe('cynode model use', () => {
  it('pins a model that is there through the gateway, as the administrator', async () => {
    await using stage = await Stage.open({ models: ['smollm2:135m'] });
    const { install } = stage.test;
    const secrets = openSecrets(install.paths);
    await using gateway = await FakeGateway.start(secrets.gatewayProof);
    gateway.identity.addUser('admin', secrets.adminPassword.reveal());
    const settings = parseJson(readFileSync(install.paths.settings, 'utf8')) as { ports: object };
    const ports = { ...settings.ports, userGateway: gateway.port };
    writeFileSync(install.paths.settings, JSON.stringify({ ...settings, ports }));
    const use = (name: string): Promise<number> =>
      modelUse(stage.context, { args: { name }, flags: {} });
    await expect(use('smollm2:135m')).rejects.toMatchObject({ code: 'stack' });
    using _running = pretendRunning(install, gateway.url);
    const route = `PUT /v1/settings/${pinnedModelKey}`;
    const setting = { key: pinnedModelKey, value: 'smollm2:135m', value_type: 'string' };
    const stored = { ...setting, version: 1, updated_at: '2026-11-20T10:00:00Z', updated_by: 'x' };
    gateway.next(route, json(201, stored));
    expect(await use('SmolLM2:135M')).toBe(0);
    expect(gateway.of(route).at(-1)?.json).toEqual({ value: 'smollm2:135m' });
    expect(said(stage.out)).toBe('model=smollm2:135m pinned=true\n');
    expect(said(stage.err)).toContain(`cynork settings delete --key ${pinnedModelKey}`);
  });

  it.each([
    [
      'other:1b',
      /no model other:1b is at http.*: smollm2:135m, nomic-embed-text:latest are there.*cynode model pull other:1b/,
    ],
    ['nomic-embed-text', /cannot answer prompts \(it can: embedding\)/],
    ['gpt-oss:120b-cloud', /would leave this machine/],
  ])('refuses %s and says why', async (name, says) => {
    await using stage = await Stage.open({ models: ['smollm2:135m', 'nomic-embed-text'] });
    await expect(modelUse(stage.context, { args: { name }, flags: {} })).rejects.toThrow(says);
  });
});

describe('cynode model pull', () => {
  it('tells the size, has the service fetch it, and says how to use it', async () => {
    await using stage = await Stage.open({ models: [] });
    await modelPull(stage.context, { args: { name: 'local.registry:5000/x:1b' }, flags: {} });
    expect(stage.model.models).toEqual(['local.registry:5000/x:1b']);
    expect(said(stage.out)).toBe('model=local.registry:5000/x:1b available=true\n');
    expect(said(stage.err)).toMatch(
      /downloads local.registry:5000\/x:1b \(size unknown\)\n.*cynode model use local.registry:5000\/x:1b/s,
    );
  });

  it.each([
    ['y', [], 1, /model=own.registry:5000\/x:1b available=true/],
    ['n', [], 0, /nothing was downloaded/],
    ['', ['--yes'], 1, /model=own.registry:5000\/x:1b available=true/],
  ] as const)('asks on a terminal, with the size: %j %j', async (key, flags, fetched, says) => {
    await using stage = await Stage.open({ models: [] });
    const words = [process.execPath, main, 'model', 'pull', 'own.registry:5000/x:1b', ...flags];
    const env = {
      CYNODE_HOME: stage.test.env['CYNODE_HOME'] ?? '',
      TERM: 'xterm',
      SHELL: '/bin/sh',
    };
    const args = ['-qec', `stty cols 200 rows 30; ${words.join(' ')}`, '/dev/null'];
    await using child = new Child('script', args, { env, input: { open: true } });
    if (key !== '') {
      await child.printed(/download own.registry:5000\/x:1b \(size unknown\)\?/);
      child.write(key);
    }
    await child.printed(says);
    expect(await child.ended).toBe(fetched === 1 ? 0 : 125);
    expect(pulls(stage.model)).toBe(fetched);
  });

  it('fetches nothing that is there already, and nothing of a cloud', async () => {
    await using stage = await Stage.open({ models: ['smollm2:135m'] });
    await modelPull(stage.context, { args: { name: 'library/SmolLM2:135m' }, flags: {} });
    expect(said(stage.out)).toBe('model=smollm2:135m available=true\n');
    const cloud = modelPull(stage.context, { args: { name: 'x:cloud' }, flags: { yes: true } });
    await expect(cloud).rejects.toMatchObject({ code: 'usage' });
    expect(pulls(stage.model)).toBe(0);
  });

  it('fails in the words of the service', async () => {
    const error = 'pull model manifest: file does not exist';
    await using stage = await Stage.open({
      models: [],
      pull: async function* () {
        yield { error };
      },
    });
    const args = { name: 'local.registry:5000/none' };
    await expect(modelPull(stage.context, { args, flags: {} })).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(/file does not exist.*cynode model list/),
    });
    expect(said(stage.out)).toBe('');
  });

  it('shows how far it is: one changing line on a terminal, a few lines elsewhere', async () => {
    const layer = { status: 'pulling', digest: 'sha256:a', total: 2e9 };
    const options: ScriptedModelOptions = {
      models: [],
      pull: async function* () {
        for (let percent = 0; percent <= 100; percent += 5) {
          yield { ...layer, completed: percent * 2e7 };
        }
        yield { status: 'success' };
      },
    };
    await using stage = await Stage.open(options);
    const lines: string[] = [];
    const progress = new Progress({ output: { write: (text) => lines.push(text) } });
    const { signal } = new AbortController();
    await pullModel({ url: stage.model.url, model: 'x:1b', signal, progress });
    expect(lines).toEqual(
      [25, 50, 75, 100].map((percent) => `cynode: fetching x:1b: ${percent} % of 2.0 GB\n`),
    );
  });
});

describe('a model that somebody agreed to', () => {
  it('is fetched once the service runs, also at a later start, and then not again', async () => {
    await using stage = await Stage.open({ models: [] });
    const { install, env } = stage.test;
    const path = { kind: 'ollama', url: stage.model.url } as const;
    const inference = { choice: 'ollama', path, agreedModel: 'qwen3.5:0.8b' } as const;
    const agreed = await storeChoices(install, { inference });
    const progress = new Progress({ quiet: true });
    const { signal } = new AbortController();
    const common = { url: stage.model.url, signal, progress };
    const after = await pullAgreed({ install: agreed, ...common });
    expect(stage.model.models).toEqual(['qwen3.5:0.8b']);
    expect(after.inference.agreedModel).toBeUndefined();
    expect(findInstall(env)?.inference.agreedModel).toBeUndefined();
    await pullAgreed({ install: after, ...common });
    await pullAgreed({ install: agreed, ...common });
    expect(pulls(stage.model)).toBe(1);
  });

  it('that cannot be fetched keeps nothing from starting, and stays agreed to', async () => {
    await using stage = await Stage.open({
      models: [],
      pull: async function* () {
        yield { error: 'no space left on device' };
      },
    });
    const path = { kind: 'ollama', url: stage.model.url } as const;
    const inference = { choice: 'ollama', path, agreedModel: 'qwen3.5:0.8b' } as const;
    const install = await storeChoices(stage.test.install, { inference });
    const lines: string[] = [];
    const progress = new Progress({ output: { write: (text) => lines.push(text) } });
    const { signal } = new AbortController();
    const after = await pullAgreed({ install, url: stage.model.url, signal, progress });
    expect(after.inference.agreedModel).toBe('qwen3.5:0.8b');
    expect(lines.join('')).toMatch(/no space left on device.*cynode model pull qwen3\.5:0\.8b/);
  });
});

describe('the size of a model', () => {
  it('is asked of the registry that services pull from, and of no other', async () => {
    const asked: (string | undefined)[] = [];
    await using registry = await AnsweringServer.start((request, response) => {
      asked.push(request.url);
      answering(200, { layers: [{ size: 1e9 }, { size: 5e8 }] })(request, response);
    });
    const from = { models: registry.url };
    expect(await modelBytes('qwen3.5:0.8b', from)).toBe(1.5e9);
    expect(await modelBytes('team/own', from)).toBe(1.5e9);
    for (const other of ['hf.co/team/x:q4', 'localhost:5000/x', 'a/b/c']) {
      expect(await modelBytes(other, from)).toBeUndefined();
    }
    expect(asked).toEqual(['/v2/library/qwen3.5/manifests/0.8b', '/v2/team/own/manifests/latest']);
    expect([1.5e9, 9.1e7, undefined].map(sizeText)).toEqual(['1.5 GB', '91.0 MB', 'size unknown']);
  });
});
