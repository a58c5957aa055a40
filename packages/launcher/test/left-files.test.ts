import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayClient } from '@cynodeai/api-client';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { temporaryDirectory, waitFor } from '@cynodeai/testing';
import { type Answer, FakeGateway, alice, problem } from '@cynodeai/testing/doubles';
import { expect, it } from 'vitest';
import { type LeftFiles, checkWish, exitCodeWith, takeFiles } from '../src/run/left-files.ts';

type End = Parameters<ReturnType<FakeGateway['addTask']>['end']>[0];

interface Taken extends LeftFiles {
  /** What lies below the folder, undefined when there is none. */
  readonly there: readonly string[] | undefined;
  readonly folder: string;
}

/** Takes what a job of a fake gateway left; `answer` is given in place of its archive. */
async function take(
  scope: AsyncDisposableStack,
  end: End,
  { wished = true, answer, stop }: { wished?: boolean; answer?: Answer; stop?: true } = {},
): Promise<Taken> {
  const gateway = scope.use(await FakeGateway.start());
  const dir = scope.use(await temporaryDirectory());
  const task = gateway.addTask().end(end);
  const route = `GET /v1/tasks/${task.id}/artifacts:archive` as const;
  if (answer) gateway.on(route, answer);
  const client = new GatewayClient({
    baseUrl: gateway.url,
    userAgent: 'test',
    token: async () => alice.token,
  });
  scope.defer(() => client.close());
  const result = await client.call(gatewayRoutes.getTaskResult, { params: { id: task.id } });
  const folder = join(dir.path, 'out');
  const control = new AbortController();
  const wish = wished ? { out: folder, replace: false } : undefined;
  const taking = takeFiles(client, result, wish, control.signal);
  if (stop) {
    await waitFor(() => gateway.requests.some(({ url }) => url.endsWith(':archive')));
    control.abort();
  }
  const left = await taking;
  const there = await readdir(folder, { recursive: true }).catch(() => undefined);
  return { ...left, there: there?.toSorted(), folder };
}

const two = [
  { name: 'a/b', text: 'left' },
  { name: 'c', text: '' },
];
/** An answer that ends in the middle of a file. */
const cutOff: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-tar' });
  response.write(Buffer.alloc(100), () => response.destroy());
};
const silent: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-tar' });
  response.flushHeaders();
};

it('saves what a job left, and tells what was not kept of it', async () => {
  await using scope = new AsyncDisposableStack();
  const lost = { name: 'link', error: 'it is a link, not a file' };
  const left = await take(scope, { left: [...two, lost], artifacts_omitted: 7 });
  expect(left).toMatchObject({
    names: ['a/b', 'c'],
    lost: [{ name: 'link', reason: lost.error }],
    omitted: 7,
    saved: { files: ['a/b', 'c'], bytes: 4 },
    there: ['a', 'a/b', 'c'],
  });
  expect(await readFile(join(left.folder, 'a/b'), 'utf8')).toBe('left');
  expect(exitCodeWith(0, left)).toBe(0);
});

it('saves nothing unasked, and makes no folder where nothing is', async () => {
  await using scope = new AsyncDisposableStack();
  const unasked = await take(scope, { left: two }, { wished: false });
  expect(unasked).toMatchObject({ names: ['a/b', 'c'], there: undefined });
  expect(unasked.saved).toBeUndefined();
  const none = await take(scope, {});
  expect(none).toMatchObject({ names: [], lost: [], omitted: 0, out: none.folder });
  expect(none.there).toBeUndefined();
  expect([exitCodeWith(0, unasked), exitCodeWith(0, none)]).toEqual([0, 0]);
});

it.each([
  ['are gone from the gateway', problem(404, 'not_found', 'its files are gone'), 'files are gone'],
  ['arrive in part', cutOff, ''],
])('is a fault where the files %s, unless the job failed itself', async (_what, answer, says) => {
  await using scope = new AsyncDisposableStack();
  const left = await take(scope, { left: two }, { answer });
  expect(left).toMatchObject({ names: ['a/b', 'c'], there: undefined });
  expect(left.fault).toMatch(/^the files were not saved: ./);
  expect(left.fault).toContain(says);
  expect([0, 3, 124].map((code) => exitCodeWith(code, left))).toEqual([125, 3, 124]);
});

it('is given up at Ctrl-C', async () => {
  await using scope = new AsyncDisposableStack();
  const left = await take(scope, { left: two }, { answer: silent, stop: true });
  expect(left).toMatchObject({ fault: 'the files were not saved: interrupted', there: undefined });
  expect([0, 3].map((code) => exitCodeWith(code, left))).toEqual([130, 3]);
});

it.each(['x'.repeat(300), `${'d/'.repeat(3000)}x`])(
  'a folder that no file system has is told before anything runs',
  async (out) => {
    const wish = { out, replace: false };
    await expect(checkWish(wish)).rejects.toMatchObject({
      name: 'SaveError',
      message: expect.stringContaining('cannot write into'),
    });
  },
);
