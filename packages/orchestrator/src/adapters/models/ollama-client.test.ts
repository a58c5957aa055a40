import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallError, HttpClient } from '@cynodeai/runtime/call';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { OllamaClient, answerOfFault, promptLanes } from './ollama-client.ts';

const http = (status: number, body: unknown) => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
});
const done = { model: 'm:1', response: 'hi', done: true };
const connections = new HttpClient({ lanes: promptLanes });
const client = new OllamaClient(connections);
const answers: ReturnType<typeof http>[] = [];
let server: AnsweringServer;
let baseUrl = '';

beforeAll(async () => {
  server = await AnsweringServer.start((request, response) => {
    request.resume();
    request.on('end', () => {
      if (request.url === '/slow/api/generate') return;
      const { status, text } = answers.shift() ?? http(200, done);
      response.writeHead(status).end(text);
    });
  });
  baseUrl = server.url;
});
afterAll(async () => {
  await connections.close();
  await server[Symbol.asyncDispose]();
});

/** What the client makes of an answer of a service or of a node's relay. */
const answerOfHttp = (answer: ReturnType<typeof http>, isRelay: boolean) => {
  answers.push(answer);
  const request = { model: 'm:1', prompt: 'p', stream: false } as const;
  const options = { timeoutMs: 5000, signal: new AbortController().signal };
  return client.generate({ baseUrl, ...(isRelay && { token: 'tok' }) }, request, options);
};
const unreachable = (cause: unknown) => new CallError('unreachable', 'no answer', { cause });

describe('an answer of POST /api/generate', () => {
  it('is its text, model, reason and count of tokens', async () => {
    expect(await answerOfHttp(http(200, done), true)).toEqual({
      kind: 'answered',
      text: 'hi',
      model: 'm:1',
      finishReason: undefined,
      usage: undefined,
    });
    const counted = { ...done, done_reason: 'length', prompt_eval_count: 3, eval_count: 4 };
    expect(await answerOfHttp(http(200, counted), false)).toMatchObject({
      finishReason: 'length',
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    });
  });

  it.each<[string, ReturnType<typeof http>, string, RegExp]>([
    [
      'an error of the service',
      http(404, { error: 'model "x" not found' }),
      'model_refused',
      /404: model "x" not found/,
    ],
    ['an error without words', http(500, 'oops'), 'model_refused', /answered 500$/],
    [
      'a problem document',
      http(502, { type: 'urn:cynodeai:error:upstream', title: 'up', status: 502 }),
      'model_refused',
      /502: up/,
    ],
    ['a redirect', http(302, ''), 'model_refused', /302/],
    ['429 of a service', http(429, { error: 'slow down' }), 'model_refused', /429: slow down/],
    ['no JSON', http(200, '{"response":"cut of'), 'model_answer_invalid', /is not one$/],
    ['an error with status 200', http(200, { error: 'bad' }), 'model_answer_invalid', /: bad/],
    ['an unfinished answer', http(200, { ...done, done: false }), 'model_answer_invalid', /cut/],
    ['only blanks', http(200, { ...done, response: ' \n' }), 'model_answer_empty', /nothing/],
  ])('that is %s is a fault', async (_what, answer, errorType, message) => {
    const judged = await answerOfHttp(answer, false);
    expect(judged).toMatchObject({ kind: 'failed', errorType });
    expect(Reflect.get(judged, 'message')).toMatch(message);
  });

  it('that says a relay is full is no fault', async () => {
    const full = { type: 'urn:cynodeai:error:node_at_capacity', title: 'full', status: 429 };
    expect(await answerOfHttp(http(429, full), true)).toEqual({
      kind: 'not_taken',
      message: 'the model service answered 429: full',
      isUnreachable: false,
    });
  });
});

describe('a call without an answer', () => {
  const direct = { timeoutMs: 120_000, isRelay: false };
  const relay = { timeoutMs: 120_000, isRelay: true };

  it('was not taken when it never left for a node', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(answerOfFault(unreachable(refused), relay)).toEqual({
      kind: 'not_taken',
      message: 'the node cannot be reached (ECONNREFUSED)',
      isUnreachable: true,
    });
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(answerOfFault(unreachable(reset), relay)).toMatchObject({
      errorType: 'model_unreachable',
    });
  });

  it('is a fault whose words hold no address', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:1'), {
      code: 'ECONNREFUSED',
    });
    expect(answerOfFault(unreachable(refused), direct)).toEqual({
      kind: 'failed',
      errorType: 'model_unreachable',
      message: 'the model service could not be reached, or hung up (ECONNREFUSED)',
    });
    expect(answerOfFault(unreachable(new Error('x')), relay)).toMatchObject({
      errorType: 'model_unreachable',
    });
    expect(answerOfFault(new CallError('too_large', 'too large'), direct)).toMatchObject({
      errorType: 'model_answer_invalid',
      message: 'too large',
    });
    expect(answerOfFault(new CallError('late', 't'), relay)).toMatchObject({
      errorType: 'model_timeout',
      message: 'the model did not answer within 120 s',
    });
  });
});

describe('the client', () => {
  const request = { model: 'm:1', prompt: 'p', stream: false } as const;

  it('sends the token where there is one and nothing where there is none', async () => {
    const before = server.requests.length;
    const options = { timeoutMs: 5000, signal: new AbortController().signal };
    expect(await client.generate({ baseUrl, token: 'tok' }, request, options)).toMatchObject({
      text: 'hi',
    });
    expect(await client.generate({ baseUrl }, request, options)).toMatchObject({ text: 'hi' });
    const sent = server.requests.slice(before);
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok', undefined]);
  });

  it('stops at its limit and when it is told to', async () => {
    const slow = { baseUrl: `${baseUrl}/slow` };
    const limit = { timeoutMs: 50, signal: new AbortController().signal };
    expect(await client.generate(slow, request, limit)).toMatchObject({
      errorType: 'model_timeout',
    });
    const told = { timeoutMs: 60_000, signal: AbortSignal.abort() };
    expect(await client.generate(slow, request, told)).toMatchObject({ kind: 'failed' });
  });
});
