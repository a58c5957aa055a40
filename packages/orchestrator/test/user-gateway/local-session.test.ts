import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { Secret } from '@cynodeai/runtime/config';
import { installProof } from '@cynodeai/runtime/crypto';
import { waitFor } from '@cynodeai/testing';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { type TestUser, addUser, bindRole, setPassword } from './support/users.ts';

const key = 'the-key-of-this-install-0123456789abcdefgh';
let gateway: TestGateway;
let admin: TestUser;

beforeAll(async () => {
  const env = { INSTALL_PROOF_KEY: key, USER_GATEWAY_LISTEN_ADDR: '0.0.0.0:0' };
  gateway = await startTestGateway({ env: { ...env, ALLOWED_HOSTS: ownAddress() } });
  admin = await addUser(gateway, 'admin');
  await setPassword(gateway, admin.id, 'the generated password');
  await bindRole(gateway, { type: 'user', id: admin.id }, 'owner');
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** An address of this machine that others may reach too. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

interface Said {
  readonly by?: string;
  /** How long ago, ms. */
  readonly ago?: number;
  readonly more?: object;
  readonly url?: string;
}

function ask({ by = key, ago = 0, more = {}, url = gateway.url }: Said = {}): Promise<Answer> {
  const nonce = randomBytes(32).toString('base64url');
  const at = new Date(gateway.clock.now().getTime() - ago);
  const proof = installProof(new Secret(by), { at, nonce });
  const json = { at: at.toISOString(), nonce, proof, ...more };
  return call(url, 'POST', '/v1/auth/local', { json });
}

const me = ({ body }: Answer): Promise<Answer> =>
  call(gateway.url, 'GET', '/v1/users/me', { token: String(body['access_token']) });

it('the key of an install opens a session of its administrator, whatever their password is', async () => {
  const first = await ask();
  expect(first.status).toBe(200);
  expect((await me(first)).body).toMatchObject({ handle: 'admin' });
  const token = String(first.body['access_token']);
  const json = { new_password: 'something else entirely 42' };
  const reset = await call(gateway.url, 'POST', `/v1/users/${admin.id}/reset_password`, {
    token,
    json,
  });
  expect(reset.status).toBe(204);
  expect((await me(first)).status).toBe(401);
  expect((await me(await ask())).status).toBe(200);
  const rows = await gateway.db.selectFrom('auth_audit_log').selectAll().execute();
  expect(rows.filter(({ event_type: type }) => type === 'login_success')).toHaveLength(2);
});

it.each([
  ['another key', { by: 'the-key-of-another-install-0123456789abcdef' }],
  ['a moment long ago', { ago: 301_000 }],
  ['a moment to come', { ago: -301_000 }],
  ['another nonce', { more: { nonce: randomBytes(32).toString('base64url') } }],
  ['another moment', { more: { at: new Date(0).toISOString() } }],
])('a proof with %s opens none, and is counted', async (_what, said: Said) => {
  const answer = await ask(said);
  expect([answer.status, answer.kind]).toEqual([401, 'authentication']);
  await waitFor(async () => {
    const rows = await gateway.db.selectFrom('auth_audit_log').selectAll().execute();
    return rows.some(({ reason }) => reason === 'proof_invalid');
  });
});

it.each([
  {},
  [],
  { at: 'now', nonce: 'n', proof: 'p' },
  { at: new Date().toISOString(), nonce: 'x'.repeat(43), proof: 'x'.repeat(44) },
  { at: new Date().toISOString(), nonce: 'x'.repeat(43), proof: 5 },
  { at: '+275760-09-13T00:00:00.001Z', nonce: 'x'.repeat(43), proof: 'x'.repeat(43) },
])('%j is no proof at all', async (json) => {
  const answer = await call(gateway.url, 'POST', '/v1/auth/local', { json });
  expect([answer.status, answer.kind]).toEqual([400, 'validation']);
});

it('a password that changes in the same moment is no reason to refuse', async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_each, index) => {
      if (index % 2 === 1) return ask();
      const hash = Buffer.from(`$argon2id$changed-${index}`);
      await gateway.db.updateTable('password_credentials').set({ password_hash: hash }).execute();
      return undefined;
    }),
  );
  expect(answers.filter(Boolean).map((answer) => answer?.status)).toEqual([
    200, 200, 200, 200, 200,
  ]);
});

it('a disabled administrator gets none', async () => {
  const users = gateway.db.updateTable('users').where('id', '=', admin.id);
  await users.set({ is_active: false }).execute();
  const answer = await ask();
  expect([answer.status, answer.body['detail']]).toEqual([
    401,
    'the user admin is disabled or not there',
  ]);
  await users.set({ is_active: true }).execute();
  expect((await ask()).status).toBe(200);
});

// A machine without a network has no other address than the ones that are its own.
if (ownAddress() !== '127.0.0.1') {
  it('callers who do not come from this very machine are told of no such path', async () => {
    const url = gateway.url.replace('127.0.0.1', ownAddress());
    expect((await ask({ url })).status).toBe(404);
  });
}

it('a gateway without a key has no such path', async () => {
  await using other = await startTestGateway();
  expect((await ask({ url: other.url })).status).toBe(404);
});
