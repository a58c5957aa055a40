import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { type Install, findInstallAt, storeChoices } from '../src/install/install.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { localSession } from '../src/run/local-client.ts';
import { clearPorts, ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { whoAnswers } from '../src/stack/proof.ts';
import { waitForGateway } from '../src/stack/wait-for-gateway.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/recording-supervisor.ts', import.meta.url));
const external = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };

const current = ({ install }: TestInstall): Install => findInstallAt(install.paths.home) ?? install;

/** First starts of installs that would all take the same ports. */
async function installsAlike(
  count: number,
): Promise<AsyncDisposableStack & { all: TestInstall[] }> {
  const scope = new AsyncDisposableStack();
  const all: TestInstall[] = [];
  for (let index = 0; index < count; index += 1) all.push(scope.use(await testInstall(external)));
  const [{ install }] = all as [TestInstall];
  for (const test of all) await storeChoices(test.install, { ports: install.ports });
  return Object.assign(scope, { all });
}

async function start(test: TestInstall): Promise<void> {
  const { env } = test;
  const signal = AbortSignal.timeout(120_000);
  await ensureStack({ install: current(test), env, signal, onStep: () => {}, supervisorEntry });
  await waitForGateway(test.install, signal);
}

async function settled(test: TestInstall): Promise<Install> {
  return waitFor(() => (current(test).served ? current(test) : undefined), {
    what: 'its ports are settled',
    within: 60_000,
  });
}

/** Logs in as often as it can at an address until the scope ends, as an impatient client would. */
function hammer(install: Install): { readonly stop: () => Promise<void> } {
  const over = new AbortController();
  const work = (async () => {
    while (!over.signal.aborted) {
      await localSession(install)
        .token()
        .catch(() => {});
      await sleep(5);
    }
  })();
  return {
    stop: () => {
      over.abort();
      return work;
    },
  };
}

/** All that an install must not tell anybody. */
function secretsOf({ paths }: Install): string[] {
  openSecrets(paths);
  return readdirSync(paths.secrets, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'database-url')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').trim());
}

const received = ({ paths }: Install): string => readFileSync(join(paths.home, 'received'), 'utf8');

describe('first starts at once', () => {
  it('all serve, on ports of their own, and none is told the secret of another', async () => {
    await using alike = await installsAlike(Number(process.env['FIRST_STARTS'] ?? 2));
    const before = alike.all.map(current);
    expect(new Set(before.map(({ gatewayUrl }) => gatewayUrl)).size).toBe(1);
    const clients = before.map(hammer);
    await Promise.all(alike.all.map(start));
    const installs = await Promise.all(alike.all.map(settled));
    // They hold the locks of the sessions most of the time.
    await Promise.all(clients.map((client) => client.stop()));
    await Promise.all(installs.map((install) => localSession(install).renew()));

    const ports = installs.flatMap((install) => Object.values(install.ports));
    expect(new Set(ports).size).toBe(ports.length);
    for (const install of installs) {
      expect(runningStack(install)?.gatewayUrl).toBe(install.gatewayUrl);
      const { gatewayProof, adminPassword } = openSecrets(install.paths);
      expect(await whoAnswers(install.gatewayUrl, gatewayProof)).toBe('ours');
      // The record is of everything: what it may hear is in it.
      expect(received(install)).toContain(adminPassword.reveal());
      const others = installs.filter((other) => other !== install).flatMap(secretsOf);
      const heard = received(install);
      expect(others.filter((secret) => heard.includes(secret))).toEqual([]);
    }
  });

  it('move on when a stranger takes a port between choice and start, and tell it nothing', async () => {
    await using test = await testInstall(external);
    writeFileSync(join(test.install.paths.home, 'strangers'), '');
    const client = hammer(test.install);
    await start(test);
    const install = await settled(test);
    await client.stop();
    // Its gateway's port was taken in the first start, its node's in the second.
    expect(install.ports.userGateway).not.toBe(test.install.ports.userGateway);
    const told = await localSession(install).token();
    expect(told).toBe('access');
    const overheard = readFileSync(join(install.paths.home, 'overheard'), 'utf8');
    expect(overheard).toContain('GET /proof?nonce=');
    expect(secretsOf(install).filter((secret) => overheard.includes(secret))).toEqual([]);
    expect(overheard.replaceAll(/GET \/(?:proof\?nonce=[\w-]{43}|healthz) HTTP/g, '')).not.toMatch(
      /(?:GET|POST) /,
    );
  });

  it('leave an install that has served where it is, until somebody agrees that it moves', async () => {
    await using test = await testInstall(external);
    const { install, env } = test;
    await storeChoices(install, { served: true });
    const held = createServer().listen(install.ports.userGateway, '127.0.0.1');
    await once(held, 'listening');
    const asked: string[] = [];
    const begin = async (agrees: boolean): Promise<void> => {
      const signal = AbortSignal.timeout(60_000);
      const options = { install: current(test), env, signal, onStep: () => {}, supervisorEntry };
      const agreesToMove = async (what: string): Promise<boolean> => {
        asked.push(what);
        return agrees;
      };
      await ensureStack({ ...options, install: await clearPorts({ ...options, agreesToMove }) });
    };
    try {
      await expect(begin(false)).rejects.toMatchObject({ code: 'port_busy' });
      expect(current(test)).toMatchObject({ served: true, ports: install.ports });
      await begin(true);
      const moved = await settled(test);
      expect(moved.ports.userGateway).not.toBe(install.ports.userGateway);
      const { gatewayProof } = openSecrets(moved.paths);
      expect(await whoAnswers(moved.gatewayUrl, gatewayProof)).toBe('ours');
      expect(await whoAnswers(install.gatewayUrl, gatewayProof)).not.toBe('ours');
      const port = install.ports.userGateway;
      const words = new RegExp(`^port ${port} of this install is held by process ${process.pid} `);
      expect(asked).toEqual([expect.stringMatching(words), expect.stringMatching(words)]);
    } finally {
      held.close();
    }
  });

  it('keep the ports they had when an earlier start came to nothing', async () => {
    await using test = await testInstall(external);
    await start(test);
    const first = await settled(test);
    expect(first.ports).toEqual(test.install.ports);
    expect(runningStack(first)?.gatewayUrl).toBe(first.gatewayUrl);
  });
});
