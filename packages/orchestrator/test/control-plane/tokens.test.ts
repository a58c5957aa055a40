import { fakeNode, postJson } from '@cynodeai/testing/doubles';
import { Secret } from '@cynodeai/runtime/config';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtNodeTokens } from '../../src/adapters/crypto/node-tokens.ts';
import { hmacSeal, jwtAccessTokens } from '../../src/adapters/crypto/user-tokens.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { createTask, jobIn, sandboxPayload } from './support/tasks.ts';

let plane: TestControlPlane;
let secret: Secret;

beforeAll(async () => {
  plane = await testControlPlane();
  secret = new Secret(plane.env['JWT_SECRET'] ?? '');
});
afterAll(() => plane[Symbol.asyncDispose]());

const soon = (): Date => new Date(Date.now() + 600_000);

function nodeRow(slug: string) {
  return plane.db
    .selectFrom('nodes')
    .select(['id', 'jwt_epoch'])
    .where('node_slug', '=', slug)
    .executeTakeFirstOrThrow();
}

/** As it was signed when one key was for everything and nothing named who takes a token. */
async function oldToken(slug: string): Promise<string> {
  const { id, jwt_epoch } = await nodeRow(slug);
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    node_slug: slug,
    epoch: jwt_epoch,
    token_type: 'node',
    iss: 'cynodeai',
    sub: id,
  };
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + 600 },
  ];
  const text = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createHmac('sha256', secret.reveal()).update(text).digest('base64url')}`;
}

describe('tokens', () => {
  it('of a node are none of a user, and the other way round, though one secret is behind both', async () => {
    const ids = {
      userId: '0198c0de-0000-7000-8000-000000000001',
      sessionId: '0198c0de-0000-7000-8000-000000000002',
    };
    const users = jwtAccessTokens(secret);
    const nodes = jwtNodeTokens(secret, 600_000);
    const now = new Date();
    const access = await users.issue({ ...ids, handle: 'ada' }, now, soon());
    const { jwt } = await nodes.issue({ nodeId: ids.userId, slug: 'n', epoch: 1 }, now);
    expect(await users.verify(access, now)).toEqual(ids);
    expect(await nodes.verify(jwt, now)).toMatchObject({ slug: 'n' });
    expect(await nodes.verify(access, now)).toBeUndefined();
    expect(await users.verify(jwt, now)).toBeUndefined();
    expect(hmacSeal(secret)('x')).not.toBe(hmacSeal(new Secret('y'.repeat(40)))('x'));
  });

  it('of a node from before the upgrade are refused; it registers anew and keeps its job', async () => {
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'upgraded',
      onRun: async () => {
        entered.resolve();
        await release.promise;
        return { stdout: 'kept\n' };
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db, { payload: sandboxPayload });
    await entered.promise;
    const old = await oldToken('upgraded');
    const url = `${plane.url}/v1/nodes/capability`;
    expect((await postJson(url, node.report(), old)).status).toBe(401);
    // What a node does that is refused.
    await node.join(plane.url);
    release.resolve();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'kept\n' });
    expect(node.runs).toHaveLength(1);
  });
});
