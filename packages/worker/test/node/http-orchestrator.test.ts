import { Secret } from '@cynodeai/runtime/config';
import { HttpClient } from '@cynodeai/runtime/call';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpOrchestrator } from '../../src/adapters/orchestrator/http-orchestrator.ts';
import type { Orchestrator } from '../../src/ports/orchestrator.ts';

const { signal } = new AbortController();
const report = { version: 1 } as unknown as Parameters<Orchestrator['report']>[0];

describe('the orchestrator over HTTP', () => {
  let answer = { status: 200, body: '' };
  let server: AnsweringServer;
  let http: HttpClient;
  let orchestrator: Orchestrator;

  beforeEach(async () => {
    server = await AnsweringServer.start((_request, response) => {
      response.writeHead(answer.status, { location: 'http://127.0.0.1:1/' }).end(answer.body);
    });
    http = new HttpClient({ connections: 1, connectTimeoutMs: 500 });
    const baseUrl = `${server.url}/base`;
    const psk = new Secret('psk');
    orchestrator = createHttpOrchestrator({ client: http, baseUrl, psk, requestTimeoutMs: 2000 });
  });
  afterEach(async () => {
    await http.close();
    await server[Symbol.asyncDispose]();
  });

  it.each([
    [401, 'orchestrator_denied'],
    [403, 'orchestrator_denied'],
    [400, 'orchestrator_refused'],
    [302, 'orchestrator_refused'],
    [404, 'orchestrator_unavailable'],
    [429, 'orchestrator_unavailable'],
    [502, 'orchestrator_unavailable'],
  ])('takes %i at registration for %s', async (status, code) => {
    answer = { status, body: '<html>not a problem document</html>' };
    await expect(orchestrator.register(report, signal)).rejects.toMatchObject({ code });
  });

  it('passes on what a problem document says', async () => {
    const body = JSON.stringify({ type: 'x', title: 'x', status: 400, detail: 'node_slug is odd' });
    answer = { status: 400, body };
    await expect(orchestrator.register(report, signal)).rejects.toThrow('400: node_slug is odd');
  });

  it('cannot call before it is registered', async () => {
    const code = 'orchestrator_denied';
    await expect(orchestrator.fetchConfig(signal)).rejects.toMatchObject({ code });
    await expect(orchestrator.report(report, signal)).rejects.toMatchObject({ code });
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(orchestrator.register(report, stop.signal)).rejects.toThrow('stopped');
  });
});
