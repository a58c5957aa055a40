import { Secret } from '@cynodeai/runtime/config';
import { HttpClient } from '@cynodeai/runtime/call';
import { createSigningKey, isSignedBy } from '@cynodeai/runtime/crypto';
import { at, parseJson } from '@cynodeai/runtime/std';
import { registrationProofText } from '@cynodeai/contracts/control-plane';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { text as bodyOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpOrchestrator } from '../../src/adapters/orchestrator/http-orchestrator.ts';
import type { Orchestrator } from '../../src/ports/orchestrator.ts';

const { signal } = new AbortController();
const { key } = createSigningKey();
const report = { version: 1, node: { node_slug: 'node-a' } } as unknown as Parameters<
  Orchestrator['report']
>[0];

describe('the orchestrator over HTTP', () => {
  let answer = { status: 200, body: '' };
  let queue: (typeof answer)[] = [];
  let sent: unknown[] = [];
  let server: AnsweringServer;
  let http: HttpClient;
  let orchestrator: Orchestrator;

  beforeEach(async () => {
    sent = [];
    server = await AnsweringServer.start(async (request, response) => {
      sent.push(parseJson((await bodyOf(request)) || 'null'));
      const { status, body } = queue.shift() ?? answer;
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body);
    });
    http = new HttpClient({ connections: 1, connectTimeoutMs: 500 });
    const baseUrl = `${server.url}/base`;
    const psk = new Secret('psk');
    queue = [];
    orchestrator = createHttpOrchestrator({
      client: http,
      baseUrl,
      psk,
      identity: async () => key,
      requestTimeoutMs: 2000,
    });
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

  it('is called at its own address alone where its certificate is what is trusted', async () => {
    const elsewhere = 'https://elsewhere.example:1';
    const body = JSON.stringify({
      version: 1,
      issued_at: '2026-01-01T00:00:00Z',
      orchestrator: {
        base_url: elsewhere,
        endpoints: {
          worker_registration_url: `${elsewhere}/v1/nodes/register`,
          node_report_url: `${elsewhere}/v1/nodes/capability`,
          node_config_url: `${elsewhere}/v1/nodes/config`,
        },
      },
      auth: { node_jwt: 'a-token', expires_at: '2999-01-01T00:00:00Z' },
    });
    const own = createHttpOrchestrator({
      client: http,
      baseUrl: server.url,
      psk: new Secret('psk'),
      identity: async () => key,
      requestTimeoutMs: 2000,
      sameOrigin: true,
    });
    queue = [
      { status: 201, body },
      { status: 204, body: '' },
    ];
    await own.register(report, signal);
    await own.report(report, signal);
    expect(sent.at(-1)).toEqual(report);
  });

  it('tells its key to nobody who does not prove to be its orchestrator', async () => {
    const client = new HttpClient({ proofKey: new Secret('k'.repeat(43)) });
    const wary = createHttpOrchestrator({
      client,
      baseUrl: server.url,
      psk: new Secret('psk'),
      identity: async () => key,
      requestTimeoutMs: 2000,
    });
    for (const status of [200, 201, 202, 401, 404, 503]) {
      answer = { status, body: '{"proof":"x"}' };
      const failure = wary.register(report, signal);
      await expect(failure).rejects.toMatchObject({ code: 'orchestrator_unavailable' });
      await expect(failure).rejects.toThrow(/another program answers there/);
    }
    // Only questions, without a body, have arrived.
    expect(sent).toEqual([null, null, null, null, null, null]);
    expect(server.requests.every(({ url }) => url?.startsWith('/proof?nonce='))).toBe(true);
    await client.close();
  });

  const challenged = {
    status: 202,
    body: JSON.stringify({ version: 1, node_slug: 'node-a', challenge: 'c-1' }),
  };

  it('proves who it is when it is asked to, by a signature over slug and challenge', async () => {
    queue = [challenged, { status: 503, body: '' }];
    const code = 'orchestrator_unavailable';
    await expect(orchestrator.register(report, signal)).rejects.toMatchObject({ code });
    expect(sent).toMatchObject([
      { psk: 'psk', identity: { public_key: key.publicKey } },
      { psk: 'psk', identity: { public_key: key.publicKey, proof: { challenge: 'c-1' } } },
    ]);
    expect(at(sent[0], 'identity', 'proof')).toBeUndefined();
    const signature = String(at(sent[1], 'identity', 'proof', 'signature'));
    const text = registrationProofText('node-a', 'c-1');
    expect(isSignedBy(key.publicKey, text, signature)).toBe(true);
  });

  it('gives up when its proof is answered by another challenge', async () => {
    answer = challenged;
    const code = 'orchestrator_refused';
    await expect(orchestrator.register(report, signal)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(2);
  });

  it('says what helps: the key after a 401, the words of the orchestrator after a 403', async () => {
    answer = { status: 401, body: '' };
    await expect(orchestrator.register(report, signal)).rejects.toThrow('pre-shared key');
    const detail = 'cynork nodes allow-reregister node-a';
    answer = { status: 403, body: JSON.stringify({ type: 'x', title: 'x', status: 403, detail }) };
    const refused = orchestrator.register(report, signal);
    await expect(refused).rejects.toThrow(detail);
    await expect(refused).rejects.not.toThrow('pre-shared');
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
