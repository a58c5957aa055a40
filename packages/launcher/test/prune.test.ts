import type { TaskPrune } from '@cynodeai/contracts/gateway';
import { GatewayClient } from '@cynodeai/api-client';
import { FakeGateway, alice, json } from '@cynodeai/testing/doubles';
import { Notes, Output } from '@cynodeai/command-line/output';
import { parseJson } from '@cynodeai/runtime/std';
import { readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { prune, pruneAll, pruneText } from '../src/commands/prune.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { pretendRunning } from './fixtures/pretend-running.ts';
import { testInstall } from './fixtures/test-install.ts';

const route = 'POST /v1/tasks/prune';

const step = (tasks: number, more: boolean): TaskPrune => ({
  tasks,
  jobs: tasks,
  files: 2,
  bytes: 1024 ** 2,
  dry_run: false,
  more,
});

async function pruned(gateway: FakeGateway): Promise<string[]> {
  const client = new GatewayClient({
    baseUrl: gateway.url,
    userAgent: 'test',
    token: async () => alice.token,
  });
  const texts: string[] = [];
  try {
    await pruneAll(client, { older_than_seconds: 60, dry_run: false }, (sum) =>
      texts.push(pruneText(sum)),
    );
  } catch (error) {
    texts.push(String(error));
  } finally {
    await client.close();
  }
  return texts;
}

describe('cynode prune', () => {
  it('asks until nothing more is left, and sums up', async () => {
    await using gateway = await FakeGateway.start();
    gateway.next(route, json(200, step(100, true)), json(200, step(1, false)));
    expect((await pruned(gateway)).at(-1)).toBe('removed 101 tasks, 101 jobs, 4 files (2.0 MiB)\n');
    expect(gateway.of(route).map((request) => request.json)).toEqual([
      { older_than_seconds: 60, dry_run: false },
      { older_than_seconds: 60, dry_run: false },
    ]);
  });

  it('tells what went before it failed', async () => {
    await using gateway = await FakeGateway.start();
    gateway.next(route, json(200, step(100, true)), json(503, {}));
    const [first, failure] = await pruned(gateway);
    expect(first).toBe('removed 100 tasks, 100 jobs, 2 files (1.0 MiB)\n');
    expect(failure).toContain('GatewayError');
  });

  it('is what the administrator of the running stack asks its gateway', async () => {
    await using test = await testInstall();
    const secrets = openSecrets(test.install.paths);
    await using gateway = await FakeGateway.start(secrets.gatewayProof);
    gateway.identity.addUser('admin', secrets.adminPassword.reveal());
    const settings = parseJson(readFileSync(test.install.paths.settings, 'utf8')) as {
      ports: object;
    };
    const ports = { ...settings.ports, userGateway: gateway.port };
    writeFileSync(test.install.paths.settings, JSON.stringify({ ...settings, ports }));
    const [out, err] = [new PassThrough(), new PassThrough()];
    const context = {
      env: test.env,
      output: new Output('table', out),
      notes: new Notes({ stream: err, quiet: false, color: false }),
      signal: new AbortController().signal,
    };
    const flags = { olderThan: '30d', dryRun: true };
    await expect(prune(context, { flags })).rejects.toMatchObject({ code: 'stack' });
    using _running = pretendRunning(test.install, gateway.url);
    gateway.next(route, json(200, { ...step(3, false), dry_run: true }), json(403, {}));
    expect(await prune(context, { flags })).toBe(0);
    expect(String(out.read())).toBe('would remove 3 tasks, 3 jobs, 2 files (1.0 MiB)\n');
    expect(gateway.of(route).at(-1)?.json).toEqual({
      older_than_seconds: 2_592_000,
      dry_run: true,
    });
    expect(await prune(context, { flags })).not.toBe(0);
    expect([out.read(), String(err.read())]).toEqual([null, expect.stringMatching(/^cynode: /)]);
    for (const wrong of [{}, { olderThan: 'soon' }, { olderThan: '-1d' }]) {
      await expect(prune(context, { flags: wrong })).rejects.toMatchObject({ code: 'usage' });
    }
  });

  it('says what would go', () => {
    const found = { ...step(1, false), files: 1, dry_run: true };
    expect(pruneText(found)).toBe('would remove 1 task, 1 job, 1 file (1.0 MiB)\n');
  });
});
