import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallError, HttpClient } from '@cynodeai/runtime/call';
import { LineError } from '@cynodeai/runtime/std';
import { AnsweringServer } from '@cynodeai/testing/harness';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import { chatRequest } from '../../domain/prompts/chat-request.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import { OllamaClient, answerOfFault, promptLanes } from './ollama-client.ts';

const lines = (...values: readonly unknown[]): string =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');
const http = (status: number, ...values: readonly unknown[]) => ({
  status,
  text: lines(...values),
});
const say = (response: string, more: object = {}) => ({
  model: 'm:1',
  response,
  done: false,
  ...more,
});
const done = (more: object = {}) => say('', { done: true, ...more });
const connections = new HttpClient({ lanes: promptLanes });
const client = new OllamaClient(connections);
const limits = { firstWordMs: 60_000, silenceMs: 60_000, loadMs: 60_000, totalMs: 60_000 };
const request = modelRequest('m:1', 'p', 4096);
const never = new AbortController().signal;
let answer: ReturnType<typeof http>;
let loaded: readonly object[] = [];
let server: AnsweringServer;
let baseUrl = '';

beforeAll(async () => {
  server = await AnsweringServer.start((call, response) => {
    call.resume();
    call.on('end', () => {
      const { url = '' } = call;
      if (url.endsWith('/api/ps')) response.end(JSON.stringify({ models: loaded }));
      else if (url === '/silent/api/generate') response.flushHeaders();
      else if (url.startsWith('/half/')) response.write(lines(say('half of '), say('it')));
      else response.writeHead(answer.status).end(answer.text);
    });
  });
  baseUrl = server.url;
});
afterAll(async () => {
  await connections.close();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  answer = http(200, say('h'), say('i'), done());
  loaded = [];
});

/** What the client makes of an answer of a service or of a node's relay, and the words it told meanwhile. */
async function heard(
  given: ReturnType<typeof http>,
  isRelay = false,
): Promise<{ readonly judged: ModelAnswer; readonly told: string }> {
  answer = given;
  let told = '';
  const judged = await client.generate({ baseUrl, ...(isRelay && { token: 'tok' }) }, request, {
    limits,
    signal: never,
    onText: (text) => (told += text),
  });
  return { judged, told };
}

describe('an answer of POST /api/generate', () => {
  it('is its text, model, reason and count of tokens; the words are told as they come', async () => {
    expect(await heard(http(200, say('h'), '', say('i'), done()), true)).toEqual({
      told: 'hi',
      judged: {
        kind: 'answered',
        text: 'hi',
        thoughtChars: 0,
        model: 'm:1',
        finishReason: undefined,
        usage: undefined,
      },
    });
    const counted = done({ done_reason: 'length', prompt_eval_count: 3, eval_count: 4 });
    expect((await heard(http(200, say('hi'), counted))).judged).toMatchObject({
      finishReason: 'length',
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    });
    const whole = http(200, say('not streamed', { done: true, done_reason: 'stop' }));
    expect(await heard(whole)).toMatchObject({
      told: 'not streamed',
      judged: { finishReason: 'stop' },
    });
  });

  it('is without thoughts, told apart by the service or by marks of the model', async () => {
    const apart = http(200, say('', { thinking: 'hm' }), say('4'), done());
    expect(await heard(apart)).toMatchObject({ told: '4', judged: { text: '4', thoughtChars: 2 } });
    const marked = http(200, say('<thi'), say('nk>hm</th'), say('ink>\n\n'), say('4'), done());
    expect(await heard(marked)).toMatchObject({
      told: '4',
      judged: { text: '4', thoughtChars: 2 },
    });
    const only = http(200, say('<think>for ever and'), done());
    const { judged } = await heard(only);
    expect(judged).toMatchObject({ errorType: 'model_answer_empty' });
    expect(Reflect.get(judged, 'message')).toBe(
      'the model answered nothing, but thought 12 characters',
    );
  });

  it('is cut where a job keeps no more, and the call ended', async () => {
    const piece = 'x'.repeat(64 * 1024);
    const endless = Array.from({ length: 40 }, () => say(piece));
    const { judged } = await heard(http(200, ...endless));
    expect(judged).toMatchObject({ kind: 'answered', finishReason: 'length' });
    const length = String(Reflect.get(judged, 'text')).length;
    expect(length).toBeGreaterThan(256 * 1024);
    expect(length).toBeLessThanOrEqual(256 * 1024 + piece.length);
  });

  it.each<[string, ReturnType<typeof http>, string, RegExp]>([
    ['an error without words', http(500, 'oops'), 'model_refused', /answered 500$/],
    [
      'a killed runner',
      http(500, { error: 'llama runner' }),
      'model_refused',
      /500: llama runner$/,
    ],
    ['a redirect', http(302), 'model_refused', /302/],
    ['429 of a service', http(429, { error: 'slow down' }), 'model_refused', /429: slow down/],
    ['no JSON', http(200, '{"response":"cut of'), 'model_answer_invalid', /is not one$/],
    ['an error with status 200', http(200, { error: 'bad' }), 'model_answer_invalid', /: bad/],
    [
      'an error in the middle',
      http(200, say('so f'), { error: 'out of memory' }),
      'model_answer_invalid',
      /: out of memory/,
    ],
    ['an unfinished answer', http(200, say('hi')), 'model_answer_invalid', /cut/],
    ['nothing at all', http(200), 'model_answer_invalid', /cut/],
    ['only blanks', http(200, say(' \n'), done()), 'model_answer_empty', /nothing$/],
  ])('that is %s is a fault', async (_what, given, errorType, message) => {
    const { judged } = await heard(given);
    expect(judged).toMatchObject({ kind: 'failed', errorType });
    expect(Reflect.get(judged, 'message')).toMatch(message);
  });

  const problem = (kind: string, status: number) => ({
    type: `urn:cynodeai:error:${kind}`,
    title: kind,
    status,
  });
  it.each<[string, boolean, ReturnType<typeof http>, string, RegExp]>([
    [
      'a full relay',
      true,
      http(429, problem('node_at_capacity', 429)),
      'busy',
      /^the model service answered 429: node_at_capacity$/,
    ],
    ['a full queue', false, http(503, { error: 'server busy' }), 'busy', /503: server busy/],
    ['the full queue behind a relay', true, http(503, { error: 'server busy' }), 'busy', /busy/],
    [
      'a node without a service',
      true,
      http(503, problem('inference_unavailable', 503)),
      'down',
      /503/,
    ],
    [
      'a relay whose service is away',
      true,
      http(502, problem('upstream', 502)),
      'broke_off',
      /502/,
    ],
    ['a proxy whose service is away', false, http(502, '<html>'), 'broke_off', /502$/],
    [
      'a removed model',
      true,
      http(404, { error: "model 'm:1' not found" }),
      'no_model',
      /not found/,
    ],
  ])('of %s passes by itself', async (_what, isRelay, given, reason, message) => {
    const { judged } = await heard(given, isRelay);
    expect(judged).toEqual({
      kind: 'not_taken',
      reason,
      isUnreachable: false,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['in plain words', 'the input length exceeds the context length', undefined],
    [
      'with counts inside JSON inside the words',
      JSON.stringify({
        error: { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 5012, n_ctx: 4096 },
      }),
      5012,
    ],
    [
      'of the available size',
      'request (5012 tokens) exceeds the available context size',
      undefined,
    ],
  ])('that says %s that the input is too long is told apart', async (_what, error, inputTokens) => {
    const { judged } = await heard(http(400, { error }));
    expect(judged).toEqual({ kind: 'too_long', inputTokens });
  });

  it('of a relay that waited as long as it may is late, and not to be repeated', async () => {
    const { judged } = await heard(http(504, problem('timeout', 504)), true);
    expect(judged).toMatchObject({ kind: 'late', text: '' });
  });
});

describe('an answer of POST /api/chat', () => {
  const chat = chatRequest('m:1', { messages: [{ role: 'user', content: 'p' }] }, 4096);
  const piece = (message: object, more: object = {}) => ({
    model: 'm:1',
    message: { role: 'assistant', content: '', ...message },
    done: false,
    ...more,
  });
  const end = piece({}, { done: true, done_reason: 'stop' });
  const call = { function: { name: 'f', arguments: { a: 1 } } };
  const judged = async (...pieces: readonly object[]): Promise<ModelAnswer> => {
    answer = http(200, ...pieces);
    const judgement = await client.generate({ baseUrl }, chat, { limits, signal: never });
    expect(server.requests.at(-1)?.url).toBe('/api/chat');
    return judgement;
  };

  it('is words without thoughts, and the calls of tools from all of its lines', async () => {
    const thought = piece({ thinking: 'hm' });
    expect(await judged(thought, piece({ content: '<think>x</think>4' }), end)).toMatchObject({
      kind: 'answered',
      text: '4',
      thoughtChars: 3,
      finishReason: 'stop',
    });
    const called = piece({ tool_calls: [call] });
    expect(await judged(called, called, end)).toMatchObject({
      kind: 'answered',
      text: '',
      toolCalls: [call, call],
    });
  });

  it('is a fault when it says nothing, fails in the middle or asks for tools without end', async () => {
    expect(await judged(end)).toMatchObject({ errorType: 'model_answer_empty' });
    expect(await judged(piece({ content: 'so f' }), { error: 'out of memory' })).toMatchObject({
      errorType: 'model_answer_invalid',
    });
    const large = { function: { name: 'f', arguments: { a: 'x'.repeat(200 * 1024) } } };
    const calls = [piece({ tool_calls: [large] }), piece({ tool_calls: [large] })];
    expect(await judged(...calls, end)).toMatchObject({ errorType: 'model_answer_invalid' });
  });
});

describe('the limits of a call', () => {
  const late = async (path: string, change: Partial<typeof limits>) =>
    client.generate({ baseUrl: `${baseUrl}${path}` }, request, {
      limits: { ...limits, ...change },
      signal: never,
    });

  it('are of silence: before the first word, while nobody knows that the model is at work', async () => {
    expect(await late('/silent', { loadMs: 1000 })).toMatchObject({
      kind: 'late',
      text: '',
      message: 'the model was not ready to answer within 1 s',
    });
  });

  it('before the first word, once the model is in memory with the room that was asked for', async () => {
    loaded = [{ model: 'M:1', context_length: 4096 }];
    expect(await late('/silent', { firstWordMs: 1000 })).toMatchObject({
      kind: 'late',
      message: 'the model did not say a word within 1 s',
    });
    loaded = [{ name: 'm:1', context_length: 2048 }, { name: 'other:1' }];
    expect(await late('/silent', { firstWordMs: 10, loadMs: 2500 })).toMatchObject({
      message: 'the model was not ready to answer within 3 s',
    });
  });

  it('and between words, and of the whole; what had arrived is kept', async () => {
    expect(await late('/half', { silenceMs: 1000 })).toEqual({
      kind: 'late',
      text: 'half of it',
      thoughtChars: 0,
      model: 'm:1',
      message: 'the model fell silent in the middle of its answer for 1 s',
    });
    expect(await late('/half', { totalMs: 1000 })).toMatchObject({
      kind: 'late',
      text: 'half of it',
      message: 'the model was still answering after 1 s',
    });
  });

  it('are of the call as well: one that is over is late, not a call to be made again', async () => {
    const open = () => Promise.reject(new CallError('late', 'no answer from 10.1.2.3'));
    const stuck = new OllamaClient({ open });
    expect(await stuck.generate({ baseUrl }, request, { limits, signal: never })).toEqual({
      kind: 'late',
      text: '',
      thoughtChars: 0,
      model: undefined,
      message: 'the model took too long to answer',
    });
  });

  it('are none of its caller, who is told nothing of a limit', async () => {
    const stop = new AbortController();
    const call = client.generate({ baseUrl: `${baseUrl}/half` }, request, {
      limits,
      signal: stop.signal,
      onText: () => stop.abort(),
    });
    expect(await call).toMatchObject({ kind: 'failed' });
  });
});

describe('a call without an answer', () => {
  const unreachable = (cause: unknown) => new CallError('unreachable', 'no answer', { cause });
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:1'), {
    code: 'ECONNREFUSED',
  });

  it('was not taken when it never left, and its words hold no address', () => {
    expect(answerOfFault(unreachable(refused), true)).toEqual({
      kind: 'not_taken',
      message: 'the node cannot be reached (ECONNREFUSED)',
      reason: 'down',
      isUnreachable: true,
    });
    expect(answerOfFault(unreachable(refused), false)).toEqual({
      kind: 'not_taken',
      message: 'the model service cannot be reached (ECONNREFUSED)',
      reason: 'down',
      isUnreachable: false,
    });
  });

  it('is a fault when it may have been taken', () => {
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    for (const isRelay of [true, false]) {
      expect(answerOfFault(unreachable(reset), isRelay)).toEqual({
        kind: 'failed',
        errorType: 'model_unreachable',
        message: 'the model service could not be reached, or hung up (ECONNRESET)',
      });
    }
    for (const error of [new CallError('too_large', 'x'), new LineError(1)]) {
      expect(answerOfFault(error, false)).toMatchObject({ errorType: 'model_answer_invalid' });
    }
  });
});

describe('the client', () => {
  it('sends the token where there is one and nothing where there is none', async () => {
    const before = server.requests.length;
    await heard(answer, true);
    await heard(answer, false);
    const sent = server.requests.slice(before).filter(({ url }) => url === '/api/generate');
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok', undefined]);
  });

  it.each<[string, object, number | undefined]>([
    [
      'its architecture',
      { 'qwen3.context_length': 40_960, 'general.architecture': 'qwen3' },
      40_960,
    ],
    ['nobody', { 'general.architecture': 'qwen3' }, undefined],
    ['words', { 'x.context_length': 'many' }, undefined],
  ])('reads how much a model can hold, as told by %s', async (_what, info, tokens) => {
    answer = http(200, { model_info: info });
    expect(await client.contextLength({ baseUrl }, 'm:1', never)).toBe(tokens);
    answer = http(404, { error: 'not found' });
    expect(await client.contextLength({ baseUrl }, 'm:1', never)).toBeUndefined();
  });
});
