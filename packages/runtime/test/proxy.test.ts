import { fileURLToPath } from 'node:url';
import { AnsweringServer, Child } from '@cynodeai/testing/harness';
import { expect, it } from 'vitest';
import { Secret } from '../src/config/index.ts';
import { bindHealthRoutes, createHttpServer } from '../src/http/index.ts';
import { silentLog } from '../src/observe/index.ts';

const program = fileURLToPath(new URL('fixtures/call-through.ts', import.meta.url));
const key = 'k'.repeat(43);

const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

it.each([
  ['by variables alone', {}],
  ['by variables that Node is told to use', { NODE_USE_ENV_PROXY: '1' }],
  ['by an option of Node', { NODE_OPTIONS: '--use-env-proxy' }],
  ['by variables that except nobody', { NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' }],
] as const)('a proxy named %s gets no call of ours', async (_how, more) => {
  await using proxy = await AnsweringServer.start((_request, response) => {
    response.end('the proxy');
  });
  const server = await createHttpServer({ log: silentLog });
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  bindHealthRoutes(server, async () => [], new Secret(key));
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const env = { ...Object.fromEntries(names.map((name) => [name, proxy.url])), ...more };
  for (const args of [[], [key]]) {
    const child = Child.ofScript(program, [`http://127.0.0.1:${port}`, ...args], { env });
    expect(await child.outcome).toMatchObject({ code: 0, stdout: 'ok\n' });
  }
  expect(proxy.requests).toEqual([]);
});
