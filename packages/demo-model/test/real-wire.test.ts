import { anthropicErrorSchema, ollamaErrorSchema } from '@cynodeai/contracts/model';
import { at, parseJson } from '@cynodeai/runtime/std';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningModel, commandTool, startDemoInside } from './support/demo-model.ts';

let model: RunningModel;
beforeAll(async () => {
  model = await startDemoInside();
});
afterAll(() => model.close());

function post(path: string, body: object): Promise<Response> {
  return fetch(`${model.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
}

/** What a request with exactly these headers is answered, byte for byte. */
async function sent(path: string, ...headers: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(model.url);
  const socket = connect(Number(port), hostname);
  const lines = [`GET ${path} HTTP/1.1`, ...headers, 'connection: close', '', ''];
  socket.write(lines.join('\r\n'));
  return text(socket);
}

describe('what a real service does that a stand-in easily gets wrong', () => {
  it('says no charset under /v1, which it took over from others', async () => {
    const type = async (path: string) =>
      (await fetch(`${model.url}${path}`)).headers.get('content-type');
    expect(await type('/v1/models')).toBe('application/json');
    expect(await type('/v1/models/cynode-demo')).toBe('application/json');
    expect(await type('/api/tags')).toBe('application/json; charset=utf-8');
  });

  it('gives a context with the last line of generate, and nowhere else', async () => {
    const messages = [{ role: 'user', content: 'a' }];
    const body = { model: 'cynode-demo', prompt: '1+1?', messages };
    const lines = (await (await post('/api/generate', body)).text()).trimEnd().split('\n');
    expect(lines.map((line) => at(parseJson(line), 'context') !== undefined)).toEqual(
      lines.map((_line, index) => index === lines.length - 1),
    );
    const whole = await post('/api/generate', { ...body, stream: false });
    expect(await whole.json()).toMatchObject({ context: expect.arrayContaining([1]) });
    const chat = await post('/api/chat', { ...body, stream: false });
    expect(await chat.json()).not.toHaveProperty('context');
  });

  it.each<[string, object, number, RegExp]>([
    ['a format that is none', { format: 'xml' }, 500, /invalid format: "xml"/],
    ['a picture', { images: ['AA=='] }, 400, /does not support vision/],
  ])('answers %s as a text model does', async (_what, extra, status, says) => {
    const answer = await post('/api/generate', { model: 'cynode-demo', prompt: 'a', ...extra });
    expect(answer.status).toBe(status);
    expect(ollamaErrorSchema.parse(await answer.json()).error).toMatch(says);
  });

  it('has no vectors, and says 501', async () => {
    for (const path of ['/api/embed', '/api/embeddings', '/v1/embeddings']) {
      expect((await post(path, { model: 'cynode-demo', input: 'a' })).status).toBe(501);
    }
  });

  it.each([
    ['host: evil.example.org'],
    ['host: localhost.evil.example.org'],
    ['host: 127.0.0.1', 'origin: https://evil.example.org'],
    ['host: 127.0.0.1', 'origin: null'],
  ])('lets no page from elsewhere in: %s %s', async (...headers) => {
    const answer = await sent('/api/tags', ...headers);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer.split('\r\n\r\n')[1]).toBe('');
  });

  it.each([
    ['host: localhost'],
    ['host: models.internal:11434'],
    ['host: 10.0.0.5:11434'],
    ['host: [::1]:11434'],
    ['host: localhost', 'origin: http://localhost:3000'],
    ['host: localhost', 'origin: vscode-webview://x'],
  ])('lets programs of this machine in: %s %s', async (...headers) => {
    expect(await sent('/api/version', ...headers)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("Anthropic's wire", () => {
  const messages = [{ role: 'user', content: '17*23?' }];
  const body = { model: 'cynode-demo', max_tokens: 100, messages };

  it('answers whole and streamed', async () => {
    const whole = await post('/v1/messages', { ...body, system: 'Be short.' });
    expect(await whole.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: '17*23 = 391' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 3 },
    });
    const streamed = await (await post('/v1/messages', { ...body, stream: true })).text();
    expect([...streamed.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(streamed).toContain('17*23 = 391');
    const cut = await post('/v1/messages', { ...body, max_tokens: 1 });
    expect(await cut.json()).toMatchObject({ stop_reason: 'max_tokens' });
  });

  it('asks for tools and reads what came of them', async () => {
    const { name, parameters: input_schema } = commandTool.function;
    const tools = [{ name, input_schema }];
    const begin = [{ role: 'user', content: [{ type: 'text', text: 'Run `date`' }] }];
    const asked = await post('/v1/messages', { ...body, messages: begin, tools });
    expect(await asked.json()).toMatchObject({
      content: [{ type: 'tool_use', name, input: { command: 'date' } }],
      stop_reason: 'tool_use',
    });
    const streamed = await post('/v1/messages', { ...body, messages: begin, tools, stream: true });
    expect(await streamed.text()).toContain('"type":"tool_use"');
    const result = [{ type: 'tool_result', tool_use_id: 'x', content: 'Monday' }];
    const more = [...begin, { role: 'assistant', content: '' }, { role: 'user', content: result }];
    const told = await post('/v1/messages', { ...body, messages: more, tools });
    expect(await told.text()).toContain('Monday');
  });

  it('has words of its own for errors', async () => {
    const wrong = await post('/v1/messages', { ...body, model: 'x' });
    expect(wrong.status).toBe(404);
    expect(anthropicErrorSchema.parse(await wrong.json()).error.type).toBe('not_found_error');
    const none = await post('/v1/messages', { ...body, messages: [] });
    expect(none.status).toBe(400);
    expect(anthropicErrorSchema.parse(await none.json()).error.type).toBe('invalid_request_error');
  });
});
