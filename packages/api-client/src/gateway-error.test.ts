import { describe, expect, it } from 'vitest';
import { GatewayError, refusalError } from './gateway-error.ts';

const refused = (status: number, text = '', retryAfter?: string): GatewayError =>
  refusalError({ status, text, requestId: 'sent', retryAfter });

describe('refusalError', () => {
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
  ])('sorts HTTP %i into %s', (status, code) => {
    expect(refused(status)).toMatchObject({ code, status, requestId: 'sent' });
  });

  it('takes words, kind and id from a problem document, and keeps the document', () => {
    const document = {
      type: 'urn:cynodeai:error:conflict',
      title: 'Conflict',
      status: 409,
      detail: 'it has ended',
      instance: 'theirs',
    };
    expect(refused(409, JSON.stringify(document))).toMatchObject({
      message: 'it has ended',
      kind: 'conflict',
      requestId: 'theirs',
      problem: document,
    });
    const { detail: _detail, ...untold } = document;
    expect(refused(409, JSON.stringify(untold)).message).toBe('Conflict');
  });

  it.each(['<html>secret</html>', '{"error":"secret"}', ''])(
    'does not repeat the body %j',
    (text) => {
      const error = refused(500, text);
      expect(error.message).toBe('the gateway refused the request');
      expect(error.kind).toBeUndefined();
    },
  );

  it('knows what may pass: network faults, 429 and 5xx', () => {
    expect([429, 500, 503].every((status) => refused(status).transient)).toBe(true);
    expect([302, 400, 401, 404, 408, 409].some((status) => refused(status).transient)).toBe(false);
    expect(new GatewayError('gateway', 'cut off', { network: true }).transient).toBe(true);
    expect(new GatewayError('gateway', 'bad shape').transient).toBe(false);
  });

  it('reads Retry-After in seconds and ignores other forms', () => {
    expect(refused(429, '', '7').retryAfterSeconds).toBe(7);
    expect(refused(429, '', 'Fri, 20 Nov 2026 10:00:00 GMT').retryAfterSeconds).toBeUndefined();
  });
});
