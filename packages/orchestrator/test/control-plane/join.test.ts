import { at } from '@cynodeai/runtime/std';
import { sha256 } from '@cynodeai/runtime/crypto';
import {
  certificatesOf,
  createAuthority,
  createSelfSigned,
  issueCertificate,
} from '@cynodeai/runtime/tls';
import { HttpClient, callRoute } from '@cynodeai/runtime/call';
import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { fakeNode, postJson, tryToRegister } from '@cynodeai/testing/doubles';
import { reservePort, temporaryDirectory } from '@cynodeai/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConnection } from '../../src/adapters/postgres/nodes/read-connection.ts';
import { unopenedTokens } from '../../src/adapters/postgres/nodes/read-dispatch-nodes.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';

const day = 86_400_000;
const validity = { from: new Date(Date.now() - day), until: new Date(Date.now() + day) };
const authority = createAuthority('the authority', validity);

let plane: TestControlPlane;
let far: string;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const own = issueCertificate(authority, ['127.0.0.1'], validity);
  const file = join(directory.path, 'server.pem');
  await writeFile(file, own.certificate + authority.certificate + own.key.reveal());
  const port = await reservePort();
  far = `https://127.0.0.1:${port}`;
  plane = await testControlPlane({
    env: { CONTROL_PLANE_TLS_LISTEN_ADDR: `127.0.0.1:${port}`, TLS_CERT_FILE: file },
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await directory.remove();
});

/** A token as the gateway keeps it; ends so many ms from now. */
async function makeToken(ms = 60_000): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const { id } = await plane.db
    .selectFrom('users')
    .select('id')
    .where('handle', '=', 'admin')
    .executeTakeFirstOrThrow();
  await plane.db
    .insertInto('node_join_tokens')
    .values({
      id: randomUUID(),
      token_hash: sha256(token),
      created_by: id,
      created_at: new Date(),
      expires_at: new Date(Date.now() + ms),
    })
    .execute();
  return token;
}

const trade = (token: unknown, slug = 'far'): Promise<Response> =>
  postJson(`${plane.url}/v1/nodes/join`, { version: 1, token, node_slug: slug });

async function keyOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(200);
  return String(at(await answer.json(), 'registration_key'));
}

const auditRows = (reason: string) =>
  plane.db
    .selectFrom('auth_audit_log')
    .select(['event_type', 'subject_handle', 'success', 'call_count'])
    .where('reason', '=', reason)
    .execute();

describe('a join token', () => {
  it('is traded once for a key that lets this node register, behind TLS, and no other', async () => {
    const token = await makeToken();
    const client = new HttpClient({ trust: { certificates: authority.certificate } });
    const body = { version: 1 as const, token, node_slug: 'far-1' };
    const answer = await callRoute(
      controlPlaneRoutes.joinNode,
      { body },
      { client, baseUrl: far, timeoutMs: 10_000 },
    );
    await client.close();
    const { registration_key: psk } = answer.body;
    await using node = await fakeNode({ slug: 'far-1' });
    await using other = await fakeNode({ slug: 'far-2' });
    expect(
      (await postJson(`${plane.url}/v1/nodes/register`, { psk, capability: other.report() }))
        .status,
    ).toBe(401);
    expect(
      (await postJson(`${plane.url}/v1/nodes/register`, { psk, capability: node.report() })).status,
    ).toBe(201);
    expect(
      (await postJson(`${plane.url}/v1/nodes/register`, { psk: token, capability: node.report() }))
        .status,
    ).toBe(401);
    expect(await auditRows('joined')).toEqual([
      { event_type: 'node_registered', subject_handle: 'far-1', success: true, call_count: null },
    ]);
  });

  it('goes to one of many that come at once', async () => {
    const token = await makeToken();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => trade(token, `race-${index}`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
  });

  it('that was used, has expired or is nobody’s is refused in words, and counted', async () => {
    const used = await makeToken();
    await keyOf(await trade(used, 'used'));
    const cases: [string, string, string][] = [
      [used, 'used before', 'join_token_used'],
      [await makeToken(-1000), 'has expired', 'join_token_expired'],
      [randomBytes(32).toString('base64url'), 'was not made here', 'join_token_unknown'],
    ];
    for (const [token, words, reason] of cases) {
      const answer = await trade(token);
      expect(answer.status).toBe(401);
      const text = await answer.text();
      expect(text).toContain(words);
      expect(text).toContain('cynode node token');
      expect(text).not.toContain(token);
      await expect
        .poll(() => auditRows(reason))
        .toMatchObject([{ event_type: 'node_registration_failure', success: false }]);
    }
    expect(plane.log.text()).not.toContain(used);
  });

  it.each([
    [''],
    ['x'.repeat(42)],
    ['x'.repeat(44)],
    ['x'.repeat(2000)],
    [`${'x'.repeat(42)}!`],
    [7],
    [null],
    [{}],
  ])('of another form is 400: %j', async (token) => {
    expect((await trade(token)).status).toBe(400);
  });

  it('leaves no secret in the database', async () => {
    const token = await makeToken();
    const key = await keyOf(await trade(token, 'kept'));
    const rows = await plane.db.selectFrom('node_join_tokens').selectAll().execute();
    const text = JSON.stringify(
      rows.map((row) => ({
        ...row,
        a: row.token_hash.toString('base64url'),
        b: row.key_hash?.toString('base64url'),
      })),
    );
    expect(text).not.toContain(token);
    expect(text).not.toContain(key);
  });
});

describe('the certificate that a node reports', () => {
  it('is the one its calls are believed with, the newest one, and none for a node that reports none', async () => {
    const read = async (slug: string) => {
      const { id } = await plane.db
        .selectFrom('nodes')
        .select('id')
        .where('node_slug', '=', slug)
        .executeTakeFirstOrThrow();
      return (await readConnection(plane.db, unopenedTokens, id))?.certificate;
    };
    await using plain = await fakeNode({ slug: 'plain-node' });
    await plain.join(plane.url);
    expect(await read('plain-node')).toBeUndefined();
    const { certificate } = createSelfSigned(['secure-node'], validity);
    await using secure = await fakeNode({ slug: 'secure-node' });
    const tls = { worker_api_server_cert_pem: certificate };
    expect(
      (await tryToRegister(plane.url, secure.report({ tls }), { key: secure.key })).status,
    ).toBe(201);
    expect(certificatesOf((await read('secure-node')) ?? '')).toHaveLength(1);
    expect(await read('secure-node')).toBe(certificate);
  });
});
