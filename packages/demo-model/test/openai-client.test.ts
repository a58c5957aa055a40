import { parseJson } from '@cynodeai/runtime/std';
import { demoModelRef } from '@cynodeai/contracts/model';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningModel,
  commandTool,
  startDemoInside,
  startDemoProcess,
} from './support/demo-model.ts';

const model = 'cynode-demo';

describe.each([
  ['as a process', startDemoProcess],
  ['inside the test', startDemoInside],
])("OpenAI's client with the demo model %s", (_name, start) => {
  let running: RunningModel;
  let openai: OpenAI;
  beforeAll(async () => {
    running = await start();
    openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'unused', maxRetries: 0 });
  });
  afterAll(() => running.close());

  it('lists and retrieves the model', async () => {
    const ids: string[] = [];
    for await (const found of openai.models.list()) ids.push(found.id);
    expect(ids).toEqual([demoModelRef]);
    expect((await openai.models.retrieve(model)).id).toBe(demoModelRef);
  });

  it('answers a chat with usage', async () => {
    const answer = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Which model are you, and what is 17*23?' }],
    });
    const [choice] = answer.choices;
    expect(choice?.message.content).toMatch(/cynode-demo[\s\S]*391/);
    expect(choice?.finish_reason).toBe('stop');
    expect(answer.usage?.prompt_tokens).toBe(8);
    expect(answer.usage?.total_tokens).toBe(8 + (answer.usage?.completion_tokens ?? 0));
  });

  it('streams a chat; usage comes last, and only when asked for', async () => {
    const request = {
      model,
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: '17*23?' }] }],
      stream: true as const,
    };
    let text = '';
    const usages: unknown[] = [];
    const stream = await openai.chat.completions.create({
      ...request,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usages.push(chunk.usage);
    }
    expect(text).toBe('17*23 = 391');
    expect(usages.at(-1)).toEqual({ prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 });
    expect(usages.slice(0, -1).every((usage) => usage === undefined)).toBe(true);
    for await (const chunk of await openai.chat.completions.create(request)) {
      expect(chunk.usage).toBeUndefined();
    }
  });

  it('runs a tool loop, streamed and not', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'system', content: 'Use the tools.' },
      { role: 'user', content: 'Run `whoami` and `date`' },
    ];
    const first = await openai.chat.completions.create({ model, messages, tools: [commandTool] });
    const [choice] = first.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const calls = (choice?.message.tool_calls ?? []).filter((call) => call.type === 'function');
    expect(calls.map((call) => parseJson(call.function.arguments))).toEqual([
      { command: 'whoami' },
      { command: 'date' },
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    if (choice !== undefined) messages.push(choice.message);
    const outputs = ['root\n', ''];
    for (const [index, { id }] of calls.entries()) {
      messages.push({ role: 'tool', tool_call_id: id, content: outputs[index] ?? '' });
    }
    const last = await openai.chat.completions.create({ model, messages, tools: [commandTool] });
    expect(last.choices[0]?.message.content).toBe(
      '`whoami` printed:\nroot\n`date` printed nothing.',
    );
    const streamed = openai.chat.completions.stream({
      model,
      messages: messages.slice(0, 2),
      tools: [commandTool],
    });
    const { choices } = await streamed.finalChatCompletion();
    expect(choices[0]?.message.tool_calls).toHaveLength(2);
  });

  it('answers plain completions, streamed and not', async () => {
    const request = { model, prompt: 'what is 6*7?', max_tokens: 2, stop: ['42'] };
    const whole = await openai.completions.create(request);
    expect(whole.choices[0]).toMatchObject({ text: '6*7 =', finish_reason: 'length' });
    let text = '';
    for await (const part of await openai.completions.create({ ...request, stream: true })) {
      text += part.choices[0]?.text ?? '';
    }
    expect(text).toBe('6*7 =');
  });

  it('answers as a JSON object, and says that it cannot follow a schema', async () => {
    const messages = [{ role: 'user' as const, content: '1+1?' }];
    const answer = await openai.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_object' },
    });
    expect(parseJson(answer.choices[0]?.message.content ?? '')).toMatchObject({
      answer: '1+1 = 2',
    });
    const withSchema = openai.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } },
    });
    await expect(withSchema).rejects.toThrow('JSON schema');
  });

  it('refuses pictures, as a text model does', async () => {
    const answer = openai.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '1+1?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          ],
        },
      ],
    });
    await expect(answer).rejects.toThrow('does not support vision');
  });

  it('answers on the newer wire too, whole, streamed and with tools', async () => {
    const instructions = 'Be short.';
    const answer = await openai.responses.create({ model, instructions, input: '17*23?' });
    expect([answer.output_text, answer.status]).toEqual(['17*23 = 391', 'completed']);
    expect(answer.usage).toMatchObject({ output_tokens: 3 });
    const input = [{ role: 'user' as const, content: 'who are you?' }];
    let text = '';
    const types: string[] = [];
    for await (const event of await openai.responses.create({ model, input, stream: true })) {
      types.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toContain('cynode-demo');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
    const tool = { type: 'function' as const, strict: false, ...commandTool.function };
    const asked = await openai.responses.create({ model, input: 'Run `date`', tools: [tool] });
    expect(asked.output).toMatchObject([{ type: 'function_call', name: 'run_command' }]);
    const cut = await openai.responses.create({ model, input: '1+1?', max_output_tokens: 1 });
    expect(cut).toMatchObject({ status: 'incomplete', output_text: '1+1' });
    await expect(openai.responses.create({ model: 'x', input: 'a' })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  it('gives errors the client knows by type', async () => {
    const messages = [{ role: 'user' as const, content: 'hi' }];
    await expect(openai.chat.completions.create({ model: 'x', messages })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    await expect(openai.models.retrieve('%E0%A4%A')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    for (const ask of [
      () => openai.chat.completions.create({ model, messages: [] }),
      () => openai.chat.completions.create({ model, messages, reasoning_effort: 'high' }),
      () => openai.completions.create({ model, prompt: 'a', suffix: 'b' }),
    ]) {
      await expect(ask()).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    }
    await expect(openai.embeddings.create({ model, input: 'a' })).rejects.toMatchObject({
      status: 501,
    });
  });
});
