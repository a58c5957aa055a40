import { describe, expect, it } from 'vitest';
import { modelPull } from '../src/commands/model-pull.ts';
import { pullAgreed } from '../src/inference/pull-agreed.ts';
import { settleInference } from '../src/inference/settle-inference.ts';
import { findInstall, storeChoices } from '../src/install/install.ts';
import { Progress } from '../src/terminal/progress.ts';
import { ModelStage as Stage, pulls } from './fixtures/model-stage.ts';

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

  it('is never fetched by another service, nor by what stands in for one', async () => {
    await using stage = await Stage.open({ models: ['smollm2:135m'] });
    await using other = await Stage.open({ models: ['a:1b'] });
    const { install, env } = stage.test;
    const progress = new Progress({ quiet: true });
    const { signal } = new AbortController();
    const agreedModel = 'qwen3.5:0.8b';
    const path = { kind: 'ollama', url: stage.model.url } as const;
    for (const choice of ['auto', 'demo', 'none'] as const) {
      const agreed = await storeChoices(install, { inference: { choice, path, agreedModel } });
      const named = { ...env, ...(choice === 'auto' && { OLLAMA_BASE_URL: other.model.url }) };
      const common = { choice: undefined, yes: false, signal, progress };
      const settled = await settleInference({ install: agreed, env: named, ...common });
      expect([choice, settled.inference.agreedModel]).toEqual([choice, undefined]);
      await pullAgreed({ install: settled, url: other.model.url, signal, progress });
    }
    // An earlier version kept it with the stand-in.
    const demo = { choice: 'demo', path: { kind: 'demo' }, agreedModel } as const;
    const kept = await storeChoices(install, { inference: demo });
    await pullAgreed({ install: kept, url: other.model.url, signal, progress });
    expect([pulls(stage.model), pulls(other.model)]).toEqual([0, 0]);
  });

  it('stays with its service where the same is settled on again', async () => {
    await using stage = await Stage.open({ models: ['smollm2:135m'] });
    const { install, env } = stage.test;
    const path = { kind: 'ollama', url: stage.model.url } as const;
    const inference = { choice: 'auto', path, agreedModel: 'qwen3.5:0.8b' } as const;
    const settled = await settleInference({
      install: await storeChoices(install, { inference }),
      env: { ...env, OLLAMA_BASE_URL: stage.model.url },
      choice: undefined,
      yes: false,
      signal: new AbortController().signal,
      progress: new Progress({ quiet: true }),
    });
    expect(settled.inference.agreedModel).toBe('qwen3.5:0.8b');
  });

  it('is not forgotten because another service has it', async () => {
    await using stage = await Stage.open({ models: [] });
    await using other = await Stage.open({ models: ['qwen3.5:0.8b'] });
    const { install, env } = stage.test;
    const path = { kind: 'ollama', url: stage.model.url } as const;
    await storeChoices(install, {
      inference: { choice: 'ollama', path, agreedModel: 'qwen3.5:0.8b' },
    });
    const named = { ...stage.context, env: { ...env, OLLAMA_BASE_URL: other.model.url } };
    await modelPull(named, { args: { name: 'qwen3.5:0.8b' }, flags: {} });
    expect(findInstall(env)?.inference.agreedModel).toBe('qwen3.5:0.8b');
  });

  it('that was fetched is forgotten without what another start has chosen meanwhile', async () => {
    await using stage = await Stage.open({ models: ['qwen3.5:0.8b'] });
    const { install, env } = stage.test;
    const path = { kind: 'ollama', url: stage.model.url } as const;
    const inference = { choice: 'ollama', path, agreedModel: 'qwen3.5:0.8b' } as const;
    const agreed = await storeChoices(install, { inference });
    const meanwhile = { choice: 'demo', path: { kind: 'demo' } } as const;
    await storeChoices(install, { inference: meanwhile });
    const { signal } = new AbortController();
    const progress = new Progress({ quiet: true });
    await pullAgreed({ install: agreed, url: stage.model.url, signal, progress });
    expect(findInstall(env)?.inference).toEqual(meanwhile);
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
