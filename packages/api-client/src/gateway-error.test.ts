import { healthRoutes } from '@cynodeai/contracts/common';
import { callRoute } from '@cynodeai/runtime/call';
import { describe, expect, it } from 'vitest';
import { GatewayError, gatewayErrorOf } from './gateway-error.ts';

/** The error of a call that a gateway answers so. */
async function refused(status: number, text = '', retryAfter?: string): Promise<GatewayError> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const headers = { ...(retryAfter !== undefined && { 'retry-after': retryAfter }) };
  const client = { open: async () => ({ status, headers, body: body(), discard: () => {} }) };
  const baseUrl = 'http://gateway.test';
  const options = { client, baseUrl, timeoutMs: 1000, requestId: 'sent' };
  try {
    await callRoute(healthRoutes.healthz, {}, options);
  } catch (error) {
    const told = gatewayErrorOf(error, baseUrl);
    if (told instanceof GatewayError) return told;
  }
  throw new Error('no GatewayError');
}

describe('gatewayErrorOf', () => {
  it.each([
    [400, 'validation'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'not_found'],
    [409, 'conflict'],
    [410, 'not_found'],
    [412, 'conflict'],
    [413, 'validation'],
    [415, 'validation'],
    [422, 'validation'],
    [302, 'gateway'],
    [408, 'gateway'],
    [418, 'gateway'],
    [429, 'gateway'],
    [500, 'gateway'],
  ])('sorts HTTP %i into %s', async (status, code) => {
    expect(await refused(status)).toMatchObject({ code, status, requestId: 'sent' });
  });

  it('takes words, kind and id from a problem document, and keeps the document', async () => {
    const document = {
      type: 'urn:cynodeai:error:conflict',
      title: 'Conflict',
      status: 409,
      detail: 'it has ended',
      instance: 'theirs',
    };
    expect(await refused(409, JSON.stringify(document))).toMatchObject({
      message: 'it has ended',
      kind: 'conflict',
      requestId: 'theirs',
      problem: document,
    });
    const { detail: _detail, ...untold } = document;
    expect((await refused(409, JSON.stringify(untold))).message).toBe('Conflict');
  });

  it.each(['<html>secret</html>', '{"error":"secret"}', ''])(
    'does not repeat the body %j',
    async (text) => {
      const error = await refused(500, text);
      expect(error.message).toBe('the gateway refused the request');
      expect(error.kind).toBeUndefined();
    },
  );

  it('knows what may pass: network faults, 429 and 5xx', async () => {
    const transient = async (...statuses: readonly number[]): Promise<readonly boolean[]> =>
      Promise.all(statuses.map(async (status) => (await refused(status)).transient));
    expect((await transient(429, 500, 503)).every(Boolean)).toBe(true);
    expect((await transient(302, 400, 401, 404, 408, 409)).some(Boolean)).toBe(false);
    expect(new GatewayError('gateway', 'cut off', { network: true }).transient).toBe(true);
    expect(new GatewayError('gateway', 'bad shape').transient).toBe(false);
  });

  it('reads Retry-After in seconds and ignores other forms', async () => {
    expect((await refused(429, '', '7')).retryAfterSeconds).toBe(7);
    const dated = await refused(429, '', 'Fri, 20 Nov 2026 10:00:00 GMT');
    expect(dated.retryAfterSeconds).toBeUndefined();
  });
});
