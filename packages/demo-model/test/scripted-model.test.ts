import {
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
  waitFor,
} from '@cynodeai/testing';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';

const open: ScriptedModel[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((model) => model.close()));
});

async function start(
  options: ScriptedModelOptions = {},
): Promise<{ model: ScriptedModel; ollama: Ollama }> {
  const model = await startScriptedModel(options);
  open.push(model);
  return { model, ollama: new Ollama({ host: model.url }) };
}

const request = { model: 'scripted', prompt: 'hello' };

async function streamed(ollama: Ollama): Promise<string> {
  let text = '';
  for await (const part of await ollama.generate({ ...request, stream: true })) {
    text += part.response;
  }
  return text;
}

describe('the scripted model', () => {
  it('says what the script says, whole and streamed, and keeps every request', async () => {
    const { model, ollama } = await start({ reply: { kind: 'say', text: ['one ', 'two'] } });
    expect((await ollama.generate(request)).response).toBe('one two');
    expect(await streamed(ollama)).toBe('one two');
    const openai = new OpenAI({ baseURL: `${model.url}/v1`, apiKey: 'my-key' });
    const answer = await openai.chat.completions.create({
      model: 'scripted',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(answer.choices[0]?.message.content).toBe('one two');
    expect(model.requests.map(({ method, path, turn }) => [method, path, turn])).toEqual([
      ['POST', '/api/generate', 0],
      ['POST', '/api/generate', 1],
      ['POST', '/v1/chat/completions', 0],
    ]);
    expect(model.requests[0]?.json).toMatchObject({ prompt: 'hello', stream: false });
    expect(model.requests[2]?.headers.authorization).toBe('Bearer my-key');
    expect(await model.requests[0]?.ended).toBe('answered');
  });

  it('looks like a running Ollama whose models come and go', async () => {
    const { model, ollama } = await start({ models: ['a', 'b:1b'], version: '0.9.9' });
    expect(await (await fetch(model.url)).text()).toBe('Ollama is running');
    expect((await ollama.version()).version).toBe('0.9.9');
    model.addModel('c');
    model.evictModel('a');
    expect((await ollama.list()).models.map(({ name }) => name)).toEqual(['b:1b', 'c:latest']);
    await ollama.generate({ model: 'c', prompt: '' });
    expect((await ollama.ps()).models.map(({ name }) => name)).toEqual(['c:latest']);
    model.evictModel('c');
    expect((await ollama.ps()).models).toEqual([]);
    await expect(ollama.generate({ model: 'a', prompt: 'x' })).rejects.toThrow(
      "model 'a' not found",
    );
  });

  it('pulls in steps that end with the model on disk', async () => {
    const { model, ollama } = await start({ models: [] });
    const completed: (number | undefined)[] = [];
    for await (const line of await ollama.pull({ model: 'new', stream: true })) {
      completed.push(line.completed);
    }
    expect(completed.filter((bytes) => bytes !== undefined)).toEqual([314_572_800, 629_145_600]);
    expect(model.models).toEqual(['new:latest']);
  });

  it('pulls in steps the test releases, and may fail at the end', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { model, ollama } = await start({
      models: [],
      pull: async function* () {
        yield { status: 'pulling aaa', total: 10, completed: 5 };
        await gate.promise;
        yield { error: 'connection refused' };
      },
    });
    const lines = await ollama.pull({ model: 'new', stream: true });
    const iterator = lines[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ completed: 5 });
    gate.resolve(undefined);
    await expect(iterator.next()).rejects.toThrow('connection refused');
    expect(model.models).toEqual([]);
    await expect(ollama.pull({ model: 'new' })).rejects.toThrow('connection refused');
  });

  it('says nothing, not even a header, before the slow first token is released', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { model } = await start({
      reply: { kind: 'wait', until: gate.promise, answer: { kind: 'say', text: 'late' } },
    });
    let headers = false;
    const body = JSON.stringify({ ...request, stream: true });
    const answer = fetch(`${model.url}/api/generate`, { method: 'POST', body }).then((response) => {
      headers = true;
      return response;
    });
    await model.waitForRequest('/api/generate');
    // Another whole request goes through meanwhile.
    await fetch(`${model.url}/api/version`);
    expect(headers).toBe(false);
    gate.resolve(undefined);
    expect(await (await answer).text()).toContain('late');
  });

  it('trickles: each chunk arrives before the next one is released', async () => {
    const gates = [0, 1, 2].map(() => Promise.withResolvers<undefined>());
    const { ollama } = await start({
      reply: {
        kind: 'trickle',
        chunks: ['a', 'b', 'c'],
        next: async (index) => gates[index]?.promise,
      },
    });
    gates[0]?.resolve(undefined);
    let seen = 0;
    for await (const part of await ollama.generate({ ...request, stream: true })) {
      if (part.done) break;
      expect(part.response).toBe('abc'[seen]);
      seen += 1;
      gates[seen]?.resolve(undefined);
    }
    expect(seen).toBe(3);
  });

  it('cuts the connection after so many characters, so that no end arrives', async () => {
    const { ollama, model } = await start({
      reply: { kind: 'cut', text: 'partial answer', afterCharacters: 7 },
    });
    let text = '';
    const read = async (): Promise<void> => {
      for await (const part of await ollama.generate({ ...request, stream: true })) {
        text += part.response;
      }
    };
    await expect(read()).rejects.toThrow();
    expect(text).toBe('partial');
    expect(await model.requests[0]?.ended).toBe('lost');
    await expect(ollama.generate(request)).rejects.toThrow('fetch failed');
  });

  it('fails in the middle of a stream, in the words of either API', async () => {
    const { model, ollama } = await start({
      reply: { kind: 'fail', text: 'half', error: 'llama runner process has terminated' },
    });
    await expect(streamed(ollama)).rejects.toThrow('runner process has terminated');
    const openai = new OpenAI({ baseURL: `${model.url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const read = async (): Promise<void> => {
      const messages = [{ role: 'user' as const, content: 'hi' }];
      const stream = await openai.chat.completions.create({
        model: 'scripted',
        messages,
        stream: true,
      });
      for await (const _chunk of stream);
    };
    await expect(read()).rejects.toThrow('runner process has terminated');
  });

  it('ends a stream without saying that it is done', async () => {
    const { model } = await start({ reply: { kind: 'unfinished', text: 'half' } });
    const body = JSON.stringify({ ...request, stream: true });
    const answer = await fetch(`${model.url}/api/generate`, { method: 'POST', body });
    const text = await answer.text();
    expect(text).toContain('half');
    expect(text).not.toContain('"done":true');
  });

  it('is a stranger to models that are not on its disk, on either API', async () => {
    const { model } = await start();
    for (const path of ['/api/generate', '/api/chat', '/v1/chat/completions']) {
      const body = JSON.stringify({
        model: 'x',
        prompt: 'a',
        messages: [{ role: 'user', content: 'a' }],
      });
      const answer = await fetch(`${model.url}${path}`, { method: 'POST', body });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("model 'x' not found");
    }
  });

  it('hangs until the client leaves, and notices that', async () => {
    const { model } = await start({ reply: { kind: 'hang' } });
    const leave = new AbortController();
    const answer = fetch(`${model.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify(request),
      signal: leave.signal,
    });
    const { ended } = await model.waitForRequest('/api/generate');
    leave.abort();
    await expect(answer).rejects.toThrow();
    expect(await ended).toBe('lost');
  });

  it("stops its stream when Ollama's client aborts", async () => {
    const never = Promise.withResolvers<undefined>();
    const { model, ollama } = await start({
      reply: {
        kind: 'trickle',
        chunks: ['a', 'b'],
        next: (index) => (index === 0 ? Promise.resolve() : never.promise),
      },
    });
    const stream = await ollama.generate({ ...request, stream: true });
    const read = async (): Promise<void> => {
      for await (const _part of stream) stream.abort();
    };
    await expect(read()).rejects.toThrow();
    expect(await model.requests[0]?.ended).toBe('lost');
  });

  it('answers errors, a full queue and broken bodies as told, then goes on', async () => {
    const { model, ollama } = await start({
      reply: { kind: 'error', status: 500, error: 'out of memory' },
    });
    await expect(ollama.generate(request)).rejects.toThrow('out of memory');
    model.setScript({ reply: { kind: 'busy' } });
    await expect(ollama.generate(request)).rejects.toMatchObject({ status_code: 503 });
    model.setScript({ reply: { kind: 'raw', body: '{"response":' } });
    await expect(ollama.generate(request)).rejects.toThrow();
    model.setScript({ reply: 'well again' });
    expect((await ollama.generate(request)).response).toBe('well again');
  });

  it('takes any path over, and lets the rest go its way', async () => {
    const { model, ollama } = await start({
      intercept: ({ path, turn }) =>
        path === '/api/version' && turn === 0
          ? { kind: 'error', status: 500, error: 'starting' }
          : undefined,
    });
    await expect(ollama.version()).rejects.toThrow('starting');
    expect((await ollama.version()).version).toBe('0.12.6');
    expect((await ollama.list()).models).toHaveLength(1);
    expect(model.requests).toHaveLength(3);
  });

  it('plays a tool loop from what it was told so far', async () => {
    const call = { function: { name: 'read', arguments: { path: 'a' } } };
    const { ollama } = await start({
      reply: ({ turn }) =>
        turn < 2 ? { kind: 'tools', calls: [call], text: 'let me look' } : 'done',
    });
    const messages = [{ role: 'user', content: 'go' }];
    const chat = { model: 'scripted', messages, stream: false as const };
    expect((await ollama.chat(chat)).message.tool_calls).toEqual([call]);
    expect((await ollama.chat(chat)).message.content).toBe('let me look');
    expect((await ollama.chat(chat)).message).toEqual({ role: 'assistant', content: 'done' });
  });

  it('holds back while its reader is slow and loses nothing', async () => {
    const chunk = 'x'.repeat(64 * 1024);
    const { model } = await start({
      reply: { kind: 'say', text: Array.from({ length: 200 }, () => chunk) },
    });
    const { hostname, port } = new URL(model.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const body = JSON.stringify({ ...request, stream: true });
    socket.write(
      `POST /api/generate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await model.waitForRequest('/api/generate');
    let held = true;
    void model.requests[0]?.ended.then(() => (held = false));
    await fetch(`${model.url}/api/version`);
    expect(held).toBe(true);
    let letters = 0;
    for await (const data of socket as AsyncIterable<Buffer>) {
      letters += data.toString('latin1').split('x').length - 1;
    }
    expect(letters).toBeGreaterThanOrEqual(200 * chunk.length);
    await waitFor(() => !held);
  });

  it('takes the port it is told, and gives it back', async () => {
    const first = await startScriptedModel();
    await first.close();
    const { model } = await start({ port: first.port });
    expect(model.url).toBe(first.url);
    expect((await fetch(`${model.url}/api/tags`)).status).toBe(200);
  });

  it('ends at once with everything that is open', async () => {
    const { model } = await start({ reply: { kind: 'hang' } });
    const answer = fetch(`${model.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify(request),
    });
    await model.waitForRequest('/api/generate');
    await Promise.all([expect(answer).rejects.toThrow(), model.close()]);
    open.length = 0;
    await expect(fetch(model.url)).rejects.toThrow();
  });
});
