import { registrationProofText } from '@cynodeai/contracts/control-plane';
import { type SigningKey, createSigningKey } from '@cynodeai/runtime/crypto';
import { at, parseJson } from '@cynodeai/runtime/std';
import {
  type FakeNode,
  fakeNode,
  postJson,
  register,
  tryToRegister,
} from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestControlPlane, psk, testControlPlane } from './support/control-plane.ts';
import { createTask, jobIn } from './support/tasks.ts';

let plane: TestControlPlane;
let node: FakeNode;
let count = 0;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  count += 1;
  node = await fakeNode({ slug: `victim-${count}` });
  await node.join(plane.url);
});
afterEach(() => node.close());

const url = (): string => `${plane.url}/v1/nodes/register`;
const newKey = (): SigningKey => createSigningKey().key;

/** A registration as whoever knows the pre-shared key can send it. */
const send = (identity?: unknown, capability: unknown = node.report()): Promise<Response> =>
  postJson(url(), { psk, capability, ...(identity !== undefined && { identity }) });

const rowOf = (slug = node.slug) =>
  plane.db.selectFrom('nodes').selectAll().where('node_slug', '=', slug).executeTakeFirstOrThrow();

async function challengeFor(key = node.key, report: unknown = node.report()): Promise<string> {
  const answer = await send({ public_key: key.publicKey }, report);
  expect(answer.status).toBe(202);
  return String(at(await answer.json(), 'challenge'));
}

/** A signed answer to a challenge. */
function proofBy(key: SigningKey, challenge: string, slug = node.slug) {
  const signature = key.sign(registrationProofText(slug, challenge));
  return { public_key: key.publicKey, proof: { challenge, signature } };
}

/** Rows of the audit log about refused registrations, and how many attempts they count. */
async function refused(reason: string): Promise<{ rows: number; attempts: number }> {
  const found = await plane.db
    .selectFrom('auth_audit_log')
    .select(['call_count', 'ip_address', 'success'])
    .where('event_type', '=', 'node_registration_failure')
    .where('reason', '=', reason)
    .execute();
  expect(found.every((row) => row.ip_address === '127.0.0.1' && !row.success)).toBe(true);
  return {
    rows: found.length,
    attempts: found.reduce((sum, row) => sum + (row.call_count ?? 0), 0),
  };
}

/** Lets another identity in until a time in the future or the past. */
async function allow(ms: number): Promise<void> {
  await plane.db
    .updateTable('nodes')
    .set({ reregistration_expires_at: new Date(Date.now() + ms) })
    .where('node_slug', '=', node.slug)
    .execute();
}

/** Nothing of a refused attempt reached the node: its tokens hold, and it is given work. */
async function isUntouched(): Promise<void> {
  expect(await rowOf()).toMatchObject({ status: 'active', identity_key: node.key.publicKey });
  const others = plane.db.updateTable('nodes').where('node_slug', '!=', node.slug);
  await others.set({ enabled: false }).execute();
  const ids = await createTask(plane.db);
  await jobIn(plane.db, ids, 'completed');
  expect(node.runs.at(-1)).toMatchObject({ job_id: ids.jobId });
  await others.set({ enabled: true }).execute();
}

describe('a stranger who knows the registration key', () => {
  it('does not become a node that is there, and is told what an administrator can do', async () => {
    const taken = await send();
    expect(taken.status).toBe(403);
    const text = await taken.text();
    expect(parseJson(text)).toMatchObject({
      type: 'urn:cynodeai:error:authorization',
      detail: expect.stringContaining(`cynork nodes allow-reregister ${node.slug}`),
    });
    expect(text).not.toContain(node.token);
    expect(text).not.toContain('jwt');
    expect((await tryToRegister(plane.url, node.report(), { key: newKey() })).status).toBe(403);
    await isUntouched();
  });

  it('does not by a challenge alone, nor by an answer of another key', async () => {
    const challenge = await challengeFor();
    const forged = { ...proofBy(newKey(), challenge), public_key: node.key.publicKey };
    expect((await send(forged)).status).toBe(403);
    expect((await send(proofBy(newKey(), challenge))).status).toBe(403);
    await isUntouched();
  });

  it('does not by a proof that was used before, also when two come at once', async () => {
    const proof = proofBy(node.key, await challengeFor());
    const both = await Promise.all([send(proof), send(proof)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 403]));
    const before = await rowOf();
    expect((await send(proof)).status).toBe(403);
    expect(await rowOf()).toMatchObject({ jwt_epoch: before.jwt_epoch, status: before.status });
  });

  it('does not by a challenge from before the last registration', async () => {
    const early = await challengeFor();
    await node.join(plane.url);
    expect((await send(proofBy(node.key, early))).status).toBe(403);
    await isUntouched();
  });

  it('does not by the proof of another node', async () => {
    await using other = await fakeNode({ slug: `other-${count}` });
    await other.join(plane.url);
    const challenge = await challengeFor(other.key, other.report());
    const attempts = [
      proofBy(other.key, challenge),
      proofBy(other.key, challenge, other.slug),
      { ...proofBy(other.key, challenge, other.slug), public_key: node.key.publicKey },
      // The right key, over the challenge of another node.
      proofBy(node.key, challenge),
      proofBy(node.key, challenge, other.slug),
    ];
    for (const identity of attempts) expect((await send(identity)).status).toBe(403);
    await isUntouched();
  });

  it('does not by a truncated, oversized or misshapen proof', async () => {
    const challenge = await challengeFor();
    const { public_key, proof } = proofBy(node.key, challenge);
    const wrong: [unknown, number][] = [
      [{ public_key, proof: { ...proof, signature: proof.signature.slice(0, -1) } }, 400],
      [{ public_key, proof: { ...proof, signature: `${proof.signature}A` } }, 400],
      [{ public_key, proof: { ...proof, signature: 'A'.repeat(86) } }, 403],
      [{ public_key, proof: { ...proof, signature: ' '.repeat(86) } }, 400],
      [{ public_key, proof: { ...proof, signature: 'A'.repeat(100_000) } }, 400],
      [{ public_key, proof: { ...proof, challenge: challenge.slice(0, -1) } }, 403],
      [{ public_key, proof: { ...proof, challenge: 'x' } }, 403],
      [{ public_key, proof: { ...proof, challenge: '' } }, 400],
      [{ public_key, proof: { ...proof, challenge: 'x'.repeat(1025) } }, 400],
      [{ public_key, proof: { challenge } }, 400],
      [{ public_key, proof: proof.signature }, 400],
      [{ public_key: public_key.slice(1), proof }, 400],
      [{ public_key: `${public_key}=`, proof }, 400],
      [{ public_key: 'A'.repeat(43), proof }, 403],
      [{ proof }, 400],
      [{}, 400],
      [null, 400],
      [public_key, 400],
    ];
    for (const [identity, status] of wrong) {
      expect((await send(identity)).status, JSON.stringify(identity)?.slice(0, 200)).toBe(status);
    }
    await isUntouched();
  });

  it('finds no other spelling of a slug that is the same node', async () => {
    const spelled = (node_slug: string) => node.report({ node: { node_slug } });
    for (const slug of [
      `${node.slug} `,
      ` ${node.slug}`,
      `${node.slug}\n`,
      `${node.slug}\u0000`,
      `${node.slug}\u200B`,
      node.slug.replace('i', '\u0456'),
      node.slug.replace('i', '\u0130'),
      node.slug.replace('-', '\u2010'),
      encodeURIComponent(`${node.slug}/`),
    ]) {
      expect((await send(undefined, spelled(slug))).status, slug).toBe(400);
    }
    // Case tells nodes apart: this is another node, with a token of its own.
    const upper = await register(plane.url, spelled(node.slug.toUpperCase()));
    expect(upper.registerStatus).toBe(201);
    const config: unknown = await (await upper.fetchConfig()).json();
    expect(at(config, 'node_slug')).toBe(node.slug.toUpperCase());
    expect(at(config, 'worker_api', 'orchestrator_bearer_token')).not.toBe(node.token);
    await isUntouched();
  });

  it.each([
    ['other_identity', () => send()],
    ['wrong_psk', () => postJson(url(), { psk: 'guess', capability: {} })],
  ])('leaves one audit row a minute, however often: %s', async (reason, attempt) => {
    const before = await refused(reason);
    await Promise.all(Array.from({ length: 30 }, attempt));
    const counted = async () => (await refused(reason)).attempts >= before.attempts + 30;
    await waitFor(counted);
    // Not more than the minutes that may have turned meanwhile.
    expect((await refused(reason)).rows - before.rows).toBeLessThanOrEqual(3);
    await isUntouched();
  });

  it('leaves its time and address with the node', async () => {
    expect(await rowOf()).toMatchObject({ registration_refused_at: null });
    await send();
    const { registration_refused_at: at, registration_refused_from: from } = await rowOf();
    expect(at?.getTime()).toBeGreaterThan(Date.now() - 600_000);
    expect(from).toBe('127.0.0.1');
  });

  it('loses a race for a fresh slug, or wins it: exactly one does', async () => {
    const slug = `fresh-${count}`;
    const report = node.report({ node: { node_slug: slug } });
    const keys = Array.from({ length: 8 }, newKey);
    const answers = await Promise.all(keys.map((key) => tryToRegister(plane.url, report, { key })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 403)).toHaveLength(7);
    const winner = keys[statuses.indexOf(201)];
    expect((await rowOf(slug)).identity_key).toBe(winner?.publicKey);
  });
});

describe('an allowance of an administrator', () => {
  it('lets another identity in once, and the one before is no node any more', async () => {
    await allow(60_000);
    const key = newKey();
    const taken = await register(plane.url, node.report(), { key });
    expect(taken.registerStatus).toBe(200);
    expect(await rowOf()).toMatchObject({
      identity_key: key.publicKey,
      reregistration_expires_at: null,
    });
    for (const late of [node.key, newKey(), undefined]) {
      expect((await tryToRegister(plane.url, node.report(), { key: late })).status).toBe(403);
    }
    expect((await register(plane.url, node.report(), { key })).registerStatus).toBe(200);
  });

  it('is for one of those who come at the same time', async () => {
    await allow(60_000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tryToRegister(plane.url, node.report(), { key: newKey() })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(7);
  });

  it('is worth nothing when it has run out', async () => {
    await allow(-1);
    expect((await tryToRegister(plane.url, node.report(), { key: newKey() })).status).toBe(403);
    await isUntouched();
  });

  it('is not spent by a registration that fails, nor by the node itself', async () => {
    await allow(60_000);
    const bad = node.report({ worker_api: { base_url: 'ftp://x' } });
    expect((await tryToRegister(plane.url, bad, { key: newKey() })).status).toBe(400);
    expect((await register(plane.url, node.report(), { key: node.key })).registerStatus).toBe(200);
    expect((await tryToRegister(plane.url, node.report(), { key: newKey() })).status).toBe(200);
  });
});

describe('a node of an older version', () => {
  beforeEach(async () => {
    await plane.db
      .updateTable('nodes')
      .set({ identity_key: null, identity_settled_at: null })
      .where('node_slug', '=', node.slug)
      .execute();
  });

  it('registers on without a key, and gets its identity with the first one it brings', async () => {
    for (let round = 0; round < 2; round += 1) {
      const old = await register(plane.url, node.report());
      expect(old.registerStatus).toBe(200);
      // It keeps its token, which it would not ask for again while it runs.
      const config: unknown = await (await old.fetchConfig()).json();
      expect(at(config, 'worker_api', 'orchestrator_bearer_token')).toBe(node.token);
    }
    expect((await register(plane.url, node.report(), { key: node.key })).registerStatus).toBe(200);
    expect((await rowOf()).identity_key).toBe(node.key.publicKey);
    expect((await send()).status).toBe(403);
    expect((await register(plane.url, node.report(), { key: node.key })).registerStatus).toBe(200);
  });

  it('gives its slug to one of those who come at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tryToRegister(plane.url, node.report(), { key: newKey() })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(7);
  });
});

describe('the Worker token', () => {
  it('is another one after each registration, and the old one is nowhere used again', async () => {
    const tokens = [node.token];
    for (let round = 0; round < 2; round += 1) {
      await node.join(plane.url);
      tokens.push(node.token);
    }
    expect(new Set(tokens).size).toBe(3);
    node.tokensSeen.clear();
    await isUntouched();
    expect([...node.tokensSeen]).toEqual([node.token]);
  });

  it('changes under a job that runs: it is neither lost nor run twice', async () => {
    const release = Promise.withResolvers<void>();
    await using busy = await fakeNode({
      slug: `busy-${count}`,
      onRun: async () => {
        await release.promise;
        return { stdout: 'whole' };
      },
    });
    await using own = await testControlPlane();
    await own.db
      .insertInto('system_settings')
      .values({
        key: 'dispatch.lease_ttl_seconds',
        value: '5',
        value_type: 'number',
        updated_by: 'system',
      })
      .execute();
    await busy.join(own.url);
    const ids = await createTask(own.db);
    await waitFor(() => busy.runs.length === 1);
    const old = busy.token ?? '';
    await busy.join(own.url);
    const asked = busy.asked.length;
    // Longer than the lease: it is renewed only while the node answers for the job.
    await waitFor(() => busy.asked.length >= asked + 6, { within: 120_000 });
    expect(busy.token).not.toBe(old);
    release.resolve();
    const job = await jobIn(own.db, ids, 'completed');
    expect(job).toMatchObject({ attempt: 1, result: { stdout: 'whole' } });
    expect(busy.executed).toEqual([ids.jobId]);
    await waitFor(() => busy.acked.length === 1);
  });
});

describe('a node that comes without a key', () => {
  it('registers once; to come back it needs an administrator', async () => {
    const report = node.report({ node: { node_slug: `keyless-${count}` } });
    expect((await send(undefined, report)).status).toBe(201);
    for (const key of [undefined, newKey()]) {
      expect((await tryToRegister(plane.url, report, { key })).status).toBe(403);
    }
  });
});
