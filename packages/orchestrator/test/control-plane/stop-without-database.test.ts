import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { createTestDatabase, startScriptedModel, waitFor } from '@cynodeai/testing';
import { fakeNode } from '@cynodeai/testing/doubles';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { silentLog } from '@cynodeai/runtime/observe';
import { expect, it } from 'vitest';
import { callsOf, createPrompt, smallModel } from '../prompts/support/prompts.ts';
import { controlPlaneEnv, runControlPlane } from './support/control-plane.ts';
import { createTask } from './support/tasks.ts';

/** A way to a database that can be taken away. */
async function wayTo(databaseUrl: string) {
  const url = new URL(databaseUrl.replace('@/', '@unix/'));
  const path = `${url.searchParams.get('host')}/.s.PGSQL.${url.searchParams.get('port') ?? '5432'}`;
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}));
    if (isSilent) return;
    const database = connect(path).on('error', () => {});
    sockets.add(database);
    client.pipe(database).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const destroy = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return {
    url: `postgresql://${url.username}:${url.password}@127.0.0.1:${port}${url.pathname}`,
    take: {
      /** Everybody is told that nobody is there. */
      'went first': destroy,
      /** Nobody is told anything any more. */
      'fell silent': () => {
        isSilent = true;
        for (const socket of sockets) socket.unpipe().pause();
      },
    },
    [Symbol.dispose]: destroy,
  };
}

/** Work that waits for its end. */
interface Work {
  /** Of the control-plane that does it. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when it is under way. */
  create(db: Parameters<typeof createTask>[0], url: string): Promise<void>;
  close(): Promise<void>;
}

const work: Readonly<Record<'a job' | 'a prompt', (end: Promise<void>) => Promise<Work>>> = {
  'a job': async (end) => {
    const node = await fakeNode({
      slug: 'n',
      onRun: async () => {
        await end;
        return { stdout: 'done' };
      },
    });
    return {
      env: {},
      create: async (db, url) => {
        await node.join(url);
        await createTask(db);
        await waitFor(() => node.runs.length === 1);
      },
      close: async () => node[Symbol.asyncDispose](),
    };
  },
  'a prompt': async (end) => {
    const answer = { kind: 'say', text: 'done' } as const;
    const model = await startScriptedModel({
      models: [smallModel],
      reply: { kind: 'wait', until: end, answer },
    });
    return {
      env: { OLLAMA_BASE_URL: model.url },
      create: async (db) => {
        await createPrompt(db, 'ready?');
        await waitFor(() => callsOf(model).length === 1);
      },
      close: () => model.close(),
    };
  },
};

// The silent one costs the limits of closing as well.
it.concurrent.each([
  ['went first', 'a job', 30_000],
  ['went first', 'a prompt', 30_000],
  ['fell silent', 'a job', 60_000],
  ['fell silent', 'a prompt', 60_000],
] as const)(
  'a control-plane whose database %s stops soon, with the end of %s to be stored',
  async (how, what, mostMs) => {
    await using database = await createTestDatabase();
    using way = await wayTo(database.url);
    const end = Promise.withResolvers<void>();
    const under = await work[what](end.promise);
    const env = await controlPlaneEnv(way.url, under.env);
    // Answers under way would be waited for until the test is over.
    const plane = await runControlPlane(env, { drainMs: 600_000 });
    const db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
    await under.create(db, env['ORCHESTRATOR_PUBLIC_URL'] ?? '');
    way.take[how]();
    end.resolve();
    const stoppedAt = performance.now();
    await plane.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(mostMs);
    await db.destroy();
    await under.close();
  },
);
