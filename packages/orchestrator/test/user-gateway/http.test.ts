import { request } from 'node:http';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call, chunked } from './support/http.ts';
import { openApiFaults } from './support/openapi.ts';
import { type TestUser, addUser } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway({
    readiness: async () => [
      {
        code: 'no_inference_path',
        message: 'no inference path available',
        action: 'register a node',
      },
    ],
  });
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const posts = Object.values(gatewayRoutes).filter((route) => route.method === 'POST');
const paths = posts.map((route) =>
  route.path.replace('{id}', '00000000-0000-7000-8000-000000000000'),
);

/** Sends a chunked body and reads the answer, also when the server stops reading. */
function sendChunked(
  path: string,
  totalBytes: number,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${gateway.url}${path}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          outgoing.destroy();
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 0x20);
    const done = new AbortController();
    outgoing.on('response', () => done.abort());
    // A server that stops reading may also reset the connection; its answer came before.
    outgoing.on('error', (error) => done.signal.aborted || reject(error));
    const write = (): void => {
      while (!done.signal.aborted && sent < totalBytes) {
        sent += piece.length;
        if (!outgoing.write(piece)) {
          outgoing.once('drain', write);
          return;
        }
      }
      if (!done.signal.aborted) outgoing.end();
    };
    write();
  });
}

describe('every POST', () => {
  it.each(paths)('%s refuses 11 MiB that came in chunks (413)', async (path) => {
    const answer = await sendChunked(path, 11 * 1024 * 1024);
    expect(answer.status).toBe(413);
    expect(answer.text).toContain('urn:cynodeai:error:payload_too_large');
  });

  // A folder is sent as it is, and its door takes no JSON.
  it.each(paths.filter((path) => path !== '/v1/folders'))(
    '%s refuses another content type, broken JSON and unknown fields',
    async (path) => {
      const wrongType = await call(gateway.url, 'POST', path, {
        token: ada.token,
        raw: 'a=b',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect([wrongType.status, wrongType.kind]).toEqual([415, 'unsupported_media_type']);
      const broken = await call(gateway.url, 'POST', path, { token: ada.token, raw: '{"a":' });
      expect([broken.status, broken.kind]).toEqual([400, 'validation']);
      const unknown = await call(gateway.url, 'POST', path, {
        token: ada.token,
        json: { surprise: 1 },
      });
      expect([unknown.status, unknown.kind]).toEqual([400, 'validation']);
      expect(JSON.stringify(unknown.body['errors'])).toContain('surprise');
    },
  );
});

describe('the gateway', () => {
  it('streams are counted, not trusted', async () => {
    const login = (bytes: number) =>
      call(gateway.url, 'POST', '/v1/auth/login', { raw: chunked(bytes) });
    expect((await login(1024)).status).toBe(400);
    // Of a stranger no more than this is read.
    expect((await login(16 * 1024 + 1)).status).toBe(413);
  });

  it('answers unknown paths and wrong methods with problem documents and request ids', async () => {
    const unknown = await call(gateway.url, 'GET', '/v1/nothing', {
      headers: { 'x-request-id': 'my-id.1' },
    });
    expect([
      unknown.status,
      unknown.kind,
      unknown.body['instance'],
      unknown.headers.get('x-request-id'),
    ]).toEqual([404, 'not_found', 'my-id.1', 'my-id.1']);
    const method = await call(gateway.url, 'DELETE', '/v1/tasks', { token: ada.token });
    expect([method.status, method.kind, method.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'POST, GET',
    ]);
  });

  it('asks for a token on every route but those of sessions and health (REQ-USRGWY-0133)', async () => {
    for (const route of Object.values(gatewayRoutes)) {
      if (route.auth !== 'user') continue;
      const answer = await call(gateway.url, route.method, route.path.replace('{id}', 'x'));
      expect([answer.status, answer.headers.get('www-authenticate')], route.operation).toEqual([
        401,
        'Bearer',
      ]);
    }
  });

  it('is alive, honest about not being ready, and works all the same (REQ-ORCHES-0119)', async () => {
    expect((await call(gateway.url, 'GET', '/healthz')).text).toBe('ok');
    const ready = await call(gateway.url, 'GET', '/readyz');
    expect([ready.status, ready.kind, ready.body['detail']]).toEqual([
      503,
      'not_ready',
      'no inference path available',
    ]);
    const created = await call(gateway.url, 'POST', '/v1/tasks', {
      token: ada.token,
      json: { prompt: 'x' },
    });
    expect(created.status).toBe(201);
  });

  it('logs one line per request without tokens or bodies', async () => {
    await call(gateway.url, 'POST', '/v1/tasks', {
      token: ada.token,
      json: { prompt: 'very private words' },
      headers: { 'x-request-id': 'logged' },
    });
    const line = gateway.log.lines.find((one) => one.fields['request_id'] === 'logged');
    expect(line?.fields).toMatchObject({
      route: 'tasks.create',
      status: 201,
      user_id: ada.id,
      subject_type: 'user',
    });
    expect(gateway.log.text()).not.toContain(ada.token);
    expect(gateway.log.text()).not.toContain('very private words');
  });

  it('describes itself as a valid OpenAPI 3.1 document', async () => {
    const answer = await call(gateway.url, 'GET', '/v1/openapi.json');
    expect(answer.status).toBe(200);
    expect(await openApiFaults(answer.body)).toEqual([]);
    const operations = Object.values(answer.body['paths'] as Record<string, object>).flatMap(
      (path) =>
        Object.values(path as Record<string, { readonly operationId: string }>).map(
          (one) => one.operationId,
        ),
    );
    expect(operations.toSorted()).toEqual(
      Object.values(gatewayRoutes)
        .map((route) => route.operation)
        .toSorted(),
    );
  });

  it('never answers 500, whatever the path holds', async () => {
    const odd = [
      '%00',
      '%ff',
      '%F0%9F%92%A9',
      '..',
      "'--",
      'a'.repeat(1500),
      '%2e%2e%2f',
      '-',
      '0',
      'null',
    ];
    for (const id of odd) {
      for (const path of [
        `/v1/tasks/${id}`,
        `/v1/tasks/${id}/result?wait=0`,
        `/v1/tasks?cursor=${id}`,
        `/v1/tasks?project_id=${id}`,
      ]) {
        const answer = await call(gateway.url, 'GET', path, { token: ada.token });
        expect(answer.status, path).toBeLessThan(500);
      }
    }
  });
});
