import { at, parseJson } from '@cynodeai/runtime/std';
import {
  ollamaChatSchema,
  ollamaErrorSchema,
  ollamaGenerateSchema,
  ollamaPsSchema,
  ollamaPullLineSchema,
  ollamaShowSchema,
  ollamaTagsSchema,
  ollamaVersionSchema,
  openAiChatChunkSchema,
  openAiChatSchema,
  openAiErrorSchema,
  openAiModelsSchema,
} from '@cynodeai/contracts/model';
import fc from 'fast-check';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxModelBodyBytes } from '../src/adapters/wire/model-server.ts';
import { type RunningModel, startDemoInside } from './support/demo-model.ts';

let model: RunningModel;
beforeAll(async () => {
  model = await startDemoInside();
});
afterAll(() => model.close());

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${model.url}${path}`, init);
}

async function post(path: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return ask(path, { method: 'POST', body });
}

describe('the wire of the demo model', () => {
  it('says what it is at its root, also to HEAD, and never calls itself Ollama', async () => {
    expect(await (await ask('/')).text()).toBe('cynode-demo is running');
    const head = await ask('/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(await (await ask('/healthz')).text()).toBe('ok');
  });

  it.each([
    '/api/delete',
    '/api/copy',
    '/v1/files',
    '/v1/models/',
    '/constructor',
    '/v1/other/%E0%A4%A',
  ])('answers 404 for %s as its router does, in no words of an API', async (path) => {
    const answer = await ask(path, { method: 'POST', body: '{}' });
    expect([answer.status, await answer.text()]).toEqual([404, '404 page not found']);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(answer.headers.has('allow')).toBe(false);
  });

  it.each([
    ['GET', '/api/generate', 'POST'],
    ['DELETE', '/api/tags', 'GET, HEAD'],
    ['POST', '/v1/models', 'GET, HEAD'],
  ])('refuses %s %s and names what it takes', async (method, path, allow) => {
    const answer = await ask(path, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(await answer.text()).toBe('405 method not allowed');
  });

  it.each([
    ['no body', '', 'missing request body'],
    ['half a body', '{"model":', 'not valid JSON'],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not valid JSON'],
    ['a list', '[]', 'expected object'],
    ['a wrong type', '{"model":7}', 'model: '],
  ])('refuses %s with 400', async (_case, body, reason) => {
    for (const path of ['/api/generate', '/api/chat', '/api/show', '/api/pull', '/api/embed']) {
      const answer = await post(path, body);
      expect(answer.status).toBe(400);
      expect(ollamaErrorSchema.parse(await answer.json()).error).toContain(reason);
    }
  });

  it('knows no model whose name cannot be decoded', async () => {
    const answer = await ask('/v1/models/%E0%A4%A');
    expect(answer.status).toBe(404);
    expect(openAiErrorSchema.parse(await answer.json()).error.type).toBe('not_found_error');
  });

  it('never repeats a broken body, which may be private', async () => {
    const answer = await post('/api/generate', '{"prompt": secret-word}');
    expect(await answer.text()).not.toContain('secret');
  });

  it('asks for a model where none is named, and knows only its own', async () => {
    const refusal = async (path: string, body: string): Promise<unknown> => {
      const answer = await post(path, body);
      return [answer.status, await answer.json()];
    };
    for (const path of ['/api/chat', '/api/show', '/api/pull', '/api/embed']) {
      expect(await refusal(path, '{}')).toEqual([400, { error: 'model is required' }]);
    }
    expect(await refusal('/api/generate', '{}')).toEqual([404, { error: "model '' not found" }]);
    const body = '{"model":"x","prompt":"a"}';
    for (const path of ['/api/generate', '/api/chat', '/api/embed']) {
      expect(await refusal(path, body)).toEqual([404, { error: "model 'x' not found" }]);
    }
    const shown = { error: "model 'x:latest' not found" };
    expect(await refusal('/api/show', body)).toEqual([404, shown]);
  });

  it('takes nulls for absent fields and fields it does not know', async () => {
    const body = {
      model: 'cynode-demo',
      messages: [{ role: 'user', content: '1+1?', images: null, tool_calls: null }],
      tools: null,
      stream: false,
      options: { temperature: 0, num_predict: null, stop: null },
      keep_alive: null,
      future: [1],
    };
    const answer = await post('/api/chat', JSON.stringify(body));
    expect(await answer.json()).toMatchObject({ message: { content: '1+1 = 2' }, done: true });
  });

  it('streams by default, a JSON object a line', async () => {
    const answer = await post('/api/generate', '{"model":"cynode-demo","prompt":"1+1?"}');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.map((line) => at(parseJson(line), 'response'))).toEqual(['1+1', ' =', ' 2', '']);
  });

  it('keeps to the schemas that its callers read with', async () => {
    const body = {
      model: 'cynode-demo',
      stream: false,
      prompt: '1+1?',
      messages: [{ role: 'user', content: '1+1?' }],
    };
    const cases = [
      ['/api/version', ollamaVersionSchema],
      ['/api/tags', ollamaTagsSchema],
      ['/api/ps', ollamaPsSchema],
      ['/v1/models', openAiModelsSchema],
      ['/api/show', ollamaShowSchema],
      ['/api/pull', ollamaPullLineSchema],
      ['/api/generate', ollamaGenerateSchema],
      ['/api/chat', ollamaChatSchema],
      ['/v1/chat/completions', openAiChatSchema],
    ] as const;
    for (const [index, [path, schema]] of cases.entries()) {
      const answer = await (index < 4 ? ask(path) : post(path, JSON.stringify(body)));
      expect(schema.safeParse(await answer.json()), path).toMatchObject({ success: true });
    }
    const streamed = await post('/v1/chat/completions', JSON.stringify({ ...body, stream: true }));
    const events = (await streamed.text()).trimEnd().split('\n\n');
    expect(events.pop()).toBe('data: [DONE]');
    for (const event of events) {
      const chunk: unknown = parseJson(event.replace(/^data: /, ''));
      expect(openAiChatChunkSchema.safeParse(chunk)).toMatchObject({ success: true });
    }
  });

  it('takes a body at the limit and refuses one above it with 413', async () => {
    const body = (length: number): string => {
      const frame = '{"model":"cynode-demo","stream":false,"prompt":"1+1? "}';
      return frame.replace('? ', `? ${' '.repeat(length - frame.length)}`);
    };
    const whole = await post('/api/generate', body(maxModelBodyBytes));
    expect(await whole.json()).toMatchObject({ response: '1+1 = 2' });
    const over = await post('/api/generate', body(maxModelBodyBytes + 1));
    expect(over.status).toBe(413);
    expect(ollamaErrorSchema.parse(await over.json()).error).toContain('larger than');
  });

  it('answers any JSON on any path without a fault of its own', async () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const known = fc.record(
      {
        model: fc.constantFrom<unknown>('cynode-demo', 'cynode-demo:latest', 'x', '', null, 1),
        prompt: fc.oneof(fc.string({ unit: 'binary' }), json),
        messages: fc.oneof(
          fc.array(fc.record({ role: fc.constantFrom('user', 'tool', 'x'), content: fc.string() })),
          json,
        ),
        stream: fc.constantFrom<unknown>(true, false, null, 'x'),
        options: fc.oneof(fc.record({ num_predict: fc.double() }), json),
        keep_alive: fc.oneof(fc.double(), fc.string(), json),
        format: fc.constantFrom<unknown>('json', '', null, {}),
        stop: json,
        tools: json,
        max_tokens: json,
      },
      { requiredKeys: [] },
    );
    const paths = fc.constantFrom(
      '/api/generate',
      '/api/chat',
      '/api/show',
      '/api/pull',
      '/api/embed',
      '/v1/chat/completions',
      '/v1/completions',
      '/v1/responses',
      '/v1/messages',
    );
    await fc.assert(
      fc.asyncProperty(paths, fc.oneof(known, json), async (path, body) => {
        const answer = await post(path, JSON.stringify(body));
        const text = await answer.text();
        // A pull that fails is answered 500 when it is not streamed.
        // No model here embeds.
        const refusals = path === '/api/pull' ? [400, 500] : [400, 404, 501];
        expect([200, ...refusals], text).toContain(answer.status);
        expect(text).not.toContain('internal error');
      }),
      { numRuns: 300 },
    );
  });

  it('answers on after clients that leave in the middle of a request', async () => {
    const { hostname, port } = new URL(model.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      'POST /api/generate HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"mod',
    );
    socket.destroy();
    await once(socket, 'close');
    expect((await ask('/api/version')).status).toBe(200);
  });
});
