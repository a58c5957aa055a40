import { fakeNode } from '@cynodeai/testing/doubles';
import { randomBytes } from 'node:crypto';
import { nodeConfigurationPayloadSchema } from '@cynodeai/contracts/control-plane';
import { waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { postgresTransactSettings } from '../../src/adapters/postgres/settings/transact-settings.ts';
import { runControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';

it('a setting that shapes node configurations leads to a new desired version at once, another one does not', async () => {
  await using plane = await testControlPlane();
  await using node = await fakeNode({ slug: 'n' });
  const session = await node.join(plane.url);
  const desired = async () =>
    await plane.db
      .selectFrom('nodes')
      .select(['config_desired_version as version', 'worker_api_bearer_token as token'])
      .executeTakeFirstOrThrow();
  const put = (key: string, value: number) =>
    postgresTransactSettings(plane.db)(async (transaction) => {
      const change = { actor: 'system', reason: undefined, at: new Date() };
      await transaction.write({ key, value, valueType: 'number' }, change);
    });
  await put('custom.unrelated', 1);
  const before = await desired();
  expect(before.version).toBe(session.configVersion);
  await put('nodes.constraints.max_job_timeout_seconds', 600);
  await waitFor(async () => (await desired()).version !== before.version);
  const config = nodeConfigurationPayloadSchema.parse(await (await session.fetchConfig()).json());
  expect(config.constraints).toEqual({ max_job_timeout_seconds: 600 });
  const changed = await desired();
  expect(config.config_version).toBe(changed.version);
  await plane.stop();
  const stranger = await runControlPlane(
    { ...plane.env, ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64') },
    { migrated: true },
  );
  await put('nodes.constraints.max_job_timeout_seconds', 700);
  await stranger.stop();
  expect(await desired()).toEqual(changed);
});
