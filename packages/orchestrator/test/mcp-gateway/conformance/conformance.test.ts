import { temporaryDirectory } from '@cynodeai/testing';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import excluded from './excluded.json' with { type: 'json' };
import {
  type TestMcpGateway,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  startTestMcpGateway,
} from '../support/gateway.ts';
import { startBearerProxy } from './bearer-proxy.ts';
import { conformanceFixtures, conformanceTools } from './fixtures.ts';

const require = createRequire(import.meta.url);
const suite = dirname(require.resolve('@modelcontextprotocol/conformance/package.json'));

/** What the revision asks of servers, as the suite has frozen it. */
async function requiredOf(revision: string): Promise<string[]> {
  const text = await readFile(join(suite, 'requirements', `${revision}.yaml`), 'utf8');
  return (parse(text) as { server: string[] }).server;
}

/** How many checks of a scenario passed and failed, by its name. */
type Results = ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;

/** Runs all that a revision asks of servers, in one process. */
async function runSuite(url: string, revision: string, cwd: string): Promise<Results> {
  const args = ['server', '--url', url, '--requirements', revision];
  const output = await new Promise<string>((resolve) => {
    // Its exit code also counts scenarios that do not apply.
    execFile(
      process.execPath,
      [join(suite, 'dist/index.js'), ...args],
      { cwd, timeout: 170_000, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve(`${stdout}${stderr}`),
    );
  });
  const lines = output.matchAll(/^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/gm);
  return new Map(
    [...lines].map(([, name = '', passed, failed]) => [
      name,
      { passed: Number(passed), failed: Number(failed) },
    ]),
  );
}

describe.each(['2025-11-25', '2026-07-28'] as const)('revision %s', (revision) => {
  let gateway: TestMcpGateway;
  let proxy: Awaited<ReturnType<typeof startBearerProxy>>;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let required: string[];
  const left: Readonly<Record<string, string>> = excluded[revision];

  beforeAll(async () => {
    required = await requiredOf(revision);
    directory = await temporaryDirectory();
    gateway = await startTestMcpGateway({ tools: conformanceTools, fixtures: conformanceFixtures });
    const work = await addWork(gateway, await addUser(gateway, 'ada'));
    const { sandbox } = await agentsOf(gateway, work);
    proxy = await startBearerProxy(gateway.url, sandbox.token);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await directory.remove();
  });

  it('leaves out only scenarios that the suite has', () => {
    expect(required).toEqual(expect.arrayContaining(Object.keys(left)));
  });

  it('passes every scenario that applies, none being expected to fail', async () => {
    const results = await runSuite(proxy.url, revision, directory.path);
    const judged = required.map((scenario) => {
      const { passed = 0, failed = 0 } = results.get(scenario) ?? {};
      return { scenario, isPassed: passed > 0 && failed === 0 };
    });
    const isIn = (isPassed: boolean): string[] =>
      judged.filter((one) => one.isPassed === isPassed).map(({ scenario }) => scenario);
    // One that passes though it is left out would be left out for no reason.
    expect(isIn(false).toSorted()).toEqual(Object.keys(left).toSorted());
    const rows = await auditRows(gateway);
    expect(rows.filter(({ completed_at: at }) => at === null)).toEqual([]);
    expect(new Set(rows.map(({ tool_name: name }) => name))).toContain('test_simple_text');
  });
});
