import { parseJson } from '@cynodeai/runtime/std';
import { demoModelRef } from '@cynodeai/contracts/model';
import { type GenerateRequest, Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningModel,
  commandTool,
  startDemoInside,
  startDemoProcess,
} from './support/demo-model.ts';

describe.each([
  ['as a process', startDemoProcess],
  ['inside the test', startDemoInside],
])("Ollama's JavaScript client with the demo model %s", (_name, start) => {
  let model: RunningModel;
  let ollama: Ollama;
  beforeAll(async () => {
    model = await start();
    ollama = new Ollama({ host: model.url });
  });
  afterAll(() => model.close());

  it('reads the version', async () => {
    expect(await ollama.version()).toEqual({ version: '0.1.0' });
  });

  it('lists the one model by its full name', async () => {
    const { models } = await ollama.list();
    expect(models.map(({ name, size }) => ({ name, size }))).toEqual([
      { name: demoModelRef, size: 0 },
    ]);
    expect(models[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('shows the model as what it is: rules, no parameters, tools', async () => {
    const shown = await ollama.show({ model: 'cynode-demo' });
    expect(shown.details.parameter_size).toBe('0');
    expect(shown.capabilities).toEqual(['completion', 'tools']);
    expect(shown.system).toContain('not a neural network');
  });

  it('pulls its own model, with progress that ends in success', async () => {
    const lines: string[] = [];
    for await (const { status } of await ollama.pull({ model: 'cynode-demo', stream: true })) {
      lines.push(status);
    }
    expect(lines).toEqual(['pulling manifest', 'success']);
    expect((await ollama.pull({ model: demoModelRef })).status).toBe('success');
  });

  it('fails to pull any other model, with and without progress', async () => {
    const reason = /file does not exist/;
    await expect(ollama.pull({ model: 'tinyllama' })).rejects.toThrow(reason);
    const streamed = async (): Promise<void> => {
      for await (const _line of await ollama.pull({ model: 'tinyllama', stream: true }));
    };
    await expect(streamed()).rejects.toThrow(reason);
  });

  it('answers both questions of one prompt', async () => {
    const answer = await ollama.generate({
      model: 'cynode-demo',
      prompt: 'Which model are you, and what is 17*23?',
    });
    expect(answer.response).toMatch(/cynode-demo[\s\S]*391/);
    expect(answer).toMatchObject({ done: true, done_reason: 'stop' });
    expect(answer.prompt_eval_count).toBe(8);
    expect(answer.eval_count).toBeGreaterThan(10);
    expect(answer.total_duration).toBeGreaterThan(0);
  });

  it('streams the same answer that it gives at once', async () => {
    const request = { model: 'cynode-demo', prompt: 'who are you?' };
    let streamed = '';
    let last: object | undefined;
    for await (const part of await ollama.generate({ ...request, stream: true })) {
      streamed += part.response;
      last = part;
    }
    expect(streamed).toBe((await ollama.generate(request)).response);
    expect(last).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it('loads with an empty prompt, is then in memory, and unloads with keep_alive 0', async () => {
    const loaded = await ollama.generate({ model: 'cynode-demo', prompt: '', keep_alive: '10m' });
    expect(loaded).toMatchObject({ done: true, done_reason: 'load', response: '' });
    const [running] = (await ollama.ps()).models;
    expect(running?.name).toBe(demoModelRef);
    expect(new Date(running?.expires_at ?? 0).getTime()).toBeGreaterThan(Date.now() + 500_000);
    const unloaded = await ollama.chat({ model: 'cynode-demo', messages: [], keep_alive: 0 });
    expect(unloaded.done_reason).toBe('unload');
    expect((await ollama.ps()).models).toEqual([]);
  });

  it('calls a tool for a command, then passes on what it printed', async () => {
    const user = { role: 'user', content: 'Run `uname -s`, and what is 2^10?' };
    const first = await ollama.chat({
      model: 'cynode-demo',
      messages: [user],
      tools: [commandTool],
    });
    expect(first.message.tool_calls).toEqual([
      { function: { name: 'run_command', arguments: { command: 'uname -s' } } },
    ]);
    const second = await ollama.chat({
      model: 'cynode-demo',
      messages: [
        user,
        first.message,
        { role: 'tool', content: 'Linux\n', tool_name: 'run_command' },
      ],
      tools: [commandTool],
    });
    expect(second.message.tool_calls).toBeUndefined();
    expect(second.message.content).toBe('`uname -s` printed:\nLinux\n2^10 = 1024');
  });

  it('streams tool calls too', async () => {
    const calls: string[] = [];
    const stream = await ollama.chat({
      model: 'cynode-demo',
      messages: [{ role: 'user', content: 'run `date`' }],
      tools: [commandTool],
      stream: true,
    });
    for await (const { message } of stream) {
      calls.push(...(message.tool_calls ?? []).map((call) => call.function.name));
    }
    expect(calls).toEqual(['run_command']);
  });

  it('says which flag runs commands when no tool does', async () => {
    const { message } = await ollama.chat({
      model: 'cynode-demo',
      messages: [{ role: 'user', content: 'run `date`' }],
    });
    expect(message.tool_calls).toBeUndefined();
    expect(message.content).toContain('--commands');
  });

  it('stops at num_predict and before a stop text', async () => {
    const prompt = 'what is 1+1? what is 2+2?';
    const short = await ollama.generate({
      model: 'cynode-demo',
      prompt,
      options: { num_predict: 3 },
    });
    expect(short).toMatchObject({ response: '1+1 = 2', done_reason: 'length', eval_count: 3 });
    const stopped = await ollama.generate({
      model: 'cynode-demo',
      prompt,
      options: { stop: ['= 4'] },
    });
    expect(stopped).toMatchObject({ response: '1+1 = 2\n2+2 ', done_reason: 'stop' });
  });

  it('answers as JSON when asked to', async () => {
    const { response } = await ollama.generate({
      model: 'cynode-demo',
      prompt: 'what is 1+1?',
      format: 'json',
    });
    expect(parseJson(response ?? '')).toEqual({ model: demoModelRef, answer: '1+1 = 2' });
  });

  it.each<[string, GenerateRequest & { stream?: false }, string]>([
    ['an unknown model', { model: 'x', prompt: 'hi' }, "model 'x' not found"],
    ['no model', { model: '', prompt: 'hi' }, "model '' not found"],
    ['a JSON schema', { model: 'cynode-demo', prompt: 'hi', format: {} }, 'JSON schema'],
    ['a suffix', { model: 'cynode-demo', prompt: 'hi', suffix: 'x' }, 'does not support insert'],
    ['thinking', { model: 'cynode-demo', prompt: 'hi', think: true }, 'does not support thinking'],
    ['a strange keep_alive', { model: 'cynode-demo', prompt: 'hi', keep_alive: 'x' }, 'keep_alive'],
    [
      'a strange keep_alive of a load',
      { model: 'cynode-demo', prompt: '', keep_alive: 'x' },
      'keep_alive',
    ],
  ])('refuses %s in words', async (_case, request, reason) => {
    await expect(ollama.generate(request)).rejects.toThrow(reason);
  });

  it('gives no vectors instead of made-up ones', async () => {
    const reason = 'does not support embeddings';
    await expect(ollama.embed({ model: 'cynode-demo', input: 'a' })).rejects.toThrow(reason);
    await expect(ollama.embeddings({ model: 'cynode-demo', prompt: 'a' })).rejects.toThrow(reason);
  });

  it('does not offer what it has not: delete, copy, create', async () => {
    await expect(ollama.delete({ model: 'cynode-demo' })).rejects.toThrow('404 page not found');
  });
});
