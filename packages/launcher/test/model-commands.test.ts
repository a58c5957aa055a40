import { parseJson } from '@cynodeai/runtime/std';
import { type ScriptedModelOptions, startScriptedModel } from '@cynodeai/testing';
import { FakeGateway, json } from '@cynodeai/testing/doubles';
import { pinnedModelKey } from '@cynodeai/contracts/model';
import {
  AnsweringServer,
  Child,
  type Outcome,
  json as answering,
  tlsFront,
} from '@cynodeai/testing/harness';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { modelList, modelsText } from '../src/commands/model-list.ts';
import { modelPull } from '../src/commands/model-pull.ts';
import { modelUse } from '../src/commands/model-use.ts';
import { modelBytes, sizeText } from '../src/inference/download.ts';
import { pullModel } from '../src/inference/pull-model.ts';
import { storeChoices } from '../src/install/install.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { Progress } from '../src/terminal/progress.ts';
import { pretendRunning } from './fixtures/pretend-running.ts';
import { ModelStage as Stage, pulls } from './fixtures/model-stage.ts';
import { testInstall } from './fixtures/test-install.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const said = (stream: PassThrough): string => String(stream.read() ?? '');

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
        `${front.url} does not answer (its certificate is of nobody that is trusted here)`,
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

describe('cynode model use of another service', () => {
  it.each([
    ['that was named', 'named', { kind: 'none' }, /inference: none\)/],
    ['while it uses the demo model', 'named', { kind: 'demo' }, /demo model/],
    ['of this host', 'host', { kind: 'none' }, /with: cynode up --inference auto/],
  ] as const)('pins nothing: %s', async (_what, how, path, says) => {
    await using stage = await Stage.open({ models: ['smollm2:135m'] });
    const { install, env } = stage.test;
    await storeChoices(install, { inference: { choice: 'auto', path } });
    const place =
      how === 'named'
        ? { OLLAMA_BASE_URL: stage.model.url }
        : { OLLAMA_PORT: new URL(stage.model.url).port };
    const context = { ...stage.context, env: { ...env, ...place } };
    await using gateway = await FakeGateway.start(openSecrets(install.paths).gatewayProof);
    using _running = pretendRunning(install, gateway.url, path);
    const use = modelUse(context, { args: { name: 'smollm2:135m' }, flags: {} });
    await expect(use).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(says),
    });
    expect(gateway.of(`PUT /v1/settings/${pinnedModelKey}`)).toEqual([]);
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
