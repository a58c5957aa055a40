import { FakeClock, createTestDatabase } from '@cynodeai/testing';
import { randomBytes } from 'node:crypto';
import { Secret } from '@cynodeai/runtime/config';
import { SealedBox, canonicalHash } from '@cynodeai/runtime/crypto';
import { silentLog } from '@cynodeai/runtime/observe';
import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtNodeChallenges, sealedNodeTokens } from '../../src/adapters/crypto/node-tokens.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { postgresNodeRegistry } from '../../src/adapters/postgres/nodes/node-registry.ts';
import type { DesiredConfigDeps } from '../../src/app/nodes/desired-config.ts';
import { getNodeConfig } from '../../src/app/nodes/get-node-config.ts';
import { type Registration, registerNode } from '../../src/app/nodes/register-node.ts';
import { reportCapability } from '../../src/app/nodes/report-capability.ts';

const key = randomBytes(32);
let database: Awaited<ReturnType<typeof createTestDatabase>>;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function report(slug: string, url: string): NodeCapabilityReport {
  return {
    version: 1,
    reported_at: '2026-01-01T00:00:00.000Z',
    node: { node_slug: slug },
    platform: { os: 'linux', arch: 'amd64' },
    compute: { cpu_cores: 1, ram_mb: 1 },
    worker_api: { base_url: url },
  };
}

/** A first registration, which nobody has to prove. */
const first = (slug: string, url: string): Registration => ({
  report: report(slug, url),
  identity: undefined,
  client: { ip: '127.0.0.1', userAgent: undefined },
});

/** One process: its own pool, its own clock. */
function process(clock: FakeClock, extra: Partial<DesiredConfigDeps> = {}) {
  const db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
  return {
    db,
    registry: postgresNodeRegistry(db, { count: () => {} }),
    vault: sealedNodeTokens(new SealedBox(key)),
    hash: canonicalHash,
    clock,
    log: silentLog,
    publicUrl: 'http://cp',
    reportPath: '/report',
    workerUrlOverride: undefined,
    challenges: jwtNodeChallenges(new Secret('k'.repeat(32))),
    paths: { register: '/register', config: '/config' },
    issuer: {
      issue: async () => ({ jwt: 'x', expiresAt: clock.now() }),
      verify: async () => undefined,
    },
    ...extra,
  };
}

async function idOf({ db }: ReturnType<typeof process>, slug: string): Promise<string> {
  const row = await db
    .selectFrom('nodes')
    .select('id')
    .where('node_slug', '=', slug)
    .executeTakeFirstOrThrow();
  return row.id;
}

describe('configuration versions', () => {
  it('grow strictly over 1000 changes from two processes whose clocks stand still or step back', async () => {
    const a = process(new FakeClock(new Date('2026-06-01T00:00:00Z')));
    const b = process(new FakeClock(new Date('2026-05-01T00:00:00Z')));
    await registerNode(first('n', 'http://n/0'), a);
    const caller = { kind: 'node' as const, nodeId: await idOf(a, 'n'), slug: 'n' };
    const seen: string[] = [];
    const change = async (one: typeof a, name: string): Promise<void> => {
      for (let index = 0; index < 500; index += 1) {
        await reportCapability(caller, report('n', `http://n/${name}/${index}`), one);
        if (index % 100 === 0) {
          seen.push((await getNodeConfig(caller, one)).config_version);
        }
      }
    };
    await Promise.all([change(a, 'a'), change(b, 'b')]);
    const { config_desired_version: last } = await a.db
      .selectFrom('nodes')
      .select('config_desired_version')
      .executeTakeFirstOrThrow();
    const kept = await a.db
      .selectFrom('node_config_versions')
      .select('config_version')
      .orderBy('config_version')
      .execute();
    expect(kept).toHaveLength(100);
    expect(new Set(kept.map((row) => row.config_version)).size).toBe(100);
    expect(kept.at(-1)?.config_version).toBe(last);
    expect(seen.every((version) => version <= (last ?? ''))).toBe(true);
    expect((await getNodeConfig(caller, a)).config_version).toBe(
      (await getNodeConfig(caller, b)).config_version,
    );
    await Promise.all([a.db.destroy(), b.db.destroy()]);
  });

  it('give a new token when the stored one was sealed with another key', async () => {
    const a = process(new FakeClock());
    await registerNode(first('rekeyed', 'http://n'), a);
    const caller = { kind: 'node' as const, nodeId: await idOf(a, 'rekeyed'), slug: 'rekeyed' };
    const before = await getNodeConfig(caller, a);
    const b = process(new FakeClock(), {
      vault: sealedNodeTokens(new SealedBox(randomBytes(32))),
    });
    const after = await getNodeConfig(caller, b);
    expect(after.config_version > before.config_version).toBe(true);
    expect(after.worker_api.orchestrator_bearer_token).not.toBe(
      before.worker_api.orchestrator_bearer_token,
    );
    await Promise.all([a.db.destroy(), b.db.destroy()]);
  });

  it('use the environment URL for a single node and fall back once there are two (REQ-ORCHES-0148)', async () => {
    const a = process(new FakeClock(), { workerUrlOverride: 'http://override' });
    await a.db.deleteFrom('nodes').execute();
    const target = async (slug: string) => {
      const config = await getNodeConfig(
        { kind: 'node' as const, nodeId: await idOf(a, slug), slug },
        a,
      );
      return config.orchestrator.endpoints.worker_api_target_url;
    };
    await registerNode(first('one', 'http://one'), a);
    expect(await target('one')).toBe('http://override');
    await registerNode(first('two', 'http://two'), a);
    const stored = await a.db
      .selectFrom('nodes')
      .select('worker_api_target_url')
      .orderBy('node_slug')
      .execute();
    expect(stored.map((row) => row.worker_api_target_url)).toEqual(['http://one', 'http://two']);
    await a.db
      .updateTable('nodes')
      .set({ metadata: JSON.stringify({ worker_api_target_url_override: 'http://operator' }) })
      .where('node_slug', '=', 'two')
      .execute();
    expect(await target('two')).toBe('http://operator');
    await a.db.destroy();
  });
});
