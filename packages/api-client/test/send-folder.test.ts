import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayClient } from '@cynodeai/api-client';
import { bodyWithFolder } from '@cynodeai/api-client/folder';
import { readTaskInput } from '@cynodeai/api-client/task-input';
import { type TemporaryDirectory, temporaryDirectory } from '@cynodeai/testing';
import { FakeGateway, alice } from '@cynodeai/testing/doubles';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let dir: TemporaryDirectory;
let gateway: FakeGateway;
let client: GatewayClient;

beforeEach(async () => {
  dir = await temporaryDirectory();
  gateway = await FakeGateway.start();
  client = new GatewayClient({
    baseUrl: gateway.url,
    userAgent: 'test/1',
    token: async () => alice.token,
  });
  await mkdir(join(dir.path, 'work', 'below'), { recursive: true });
  await writeFile(join(dir.path, 'work', 'Makefile'), 'test:\n');
  await writeFile(join(dir.path, 'work', 'below', 'data'), 'x'.repeat(5000));
  await symlink('Makefile', join(dir.path, 'work', 'link'));
  await touchedLongAgo('Makefile');
  await touchedLongAgo('below/data');
});

afterEach(async () => {
  await client.close();
  await gateway[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** What was changed a moment ago may be changed again unseen, so it is never taken for known. */
async function touchedLongAgo(name: string): Promise<void> {
  const time = new Date(Date.now() - 60_000);
  await utimes(join(dir.path, 'work', name), time, time);
}

/** Sends the folder as a task with it does; gives its name there, and how often it was sent. */
async function send(env: Readonly<Record<string, string>>): Promise<[string | undefined, number]> {
  await using input = await readTaskInput({ command: ['true'], dir: join(dir.path, 'work') });
  let sent = 0;
  const onSend = (): void => void (sent += 1);
  const signal = AbortSignal.timeout(30_000);
  const { folder } = await bodyWithFolder(client, input, { env, onSend, signal });
  return [folder, sent];
}

/** Until what was made just now is old enough to be known. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

describe('a folder', () => {
  it('is sent once, and again when a file of it was touched', async () => {
    const env = { HOME: dir.path };
    await settle();
    const [name, first] = await send(env);
    expect([name, first]).toEqual([expect.stringMatching(/^sha256:[0-9a-f]{64}$/), 1]);
    expect(await send(env)).toEqual([name, 0]);
    await writeFile(join(dir.path, 'work', 'Makefile'), 'test: other\n');
    const [other, again] = await send(env);
    expect(again).toBe(1);
    expect(other).not.toBe(name);
  });

  it('is sent again where the gateway does not have it any more, or what is known of it is damaged', async () => {
    const env = { XDG_CACHE_HOME: join(dir.path, 'cache') };
    await settle();
    const [name] = await send(env);
    const known = join(dir.path, 'cache', 'cynode', 'folders');
    const [file = ''] = await readdir(known);
    for (const text of ['', '{', '{"fingerprint":1}', '{"fingerprint":"x","folder":"y"}']) {
      await writeFile(join(known, file), text);
      expect(await send(env)).toEqual([name, 1]);
      expect(await send(env)).toEqual([name, 0]);
    }
    await gateway[Symbol.asyncDispose]();
    await client.close();
    gateway = await FakeGateway.start();
    client = new GatewayClient({
      baseUrl: gateway.url,
      userAgent: 'test/1',
      token: async () => alice.token,
    });
    expect(await send(env)).toEqual([name, 1]);
  });

  it.each([
    ['without a home', {}],
    ['where a cache cannot be', { XDG_CACHE_HOME: '/dev/null' }],
    ['where the place of caches is none', { XDG_CACHE_HOME: 'relative' }],
  ])('is sent each time %s', async (_where, env) => {
    await settle();
    const [name] = await send(env);
    expect(await send(env)).toEqual([name, 1]);
  });

  it('that a task does not have asks nothing', async () => {
    await using input = await readTaskInput({ command: ['true'] });
    expect(await bodyWithFolder(client, input, { env: {} })).toEqual(input.body);
    expect(gateway.requests).toEqual([]);
  });
});
