import { healthRoutes } from '@cynodeai/contracts/common';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { anyone, bindRoute } from '../../src/http/bind-route.ts';
import { bindMetrics } from '../../src/http/metrics.ts';
import { ProblemError } from '../../src/http/problem-error.ts';
import { createHttpServer } from '../../src/http/server.ts';
import {
  type Collector,
  Histogram,
  gauge,
  metricsText,
  processMetrics,
  silentLog,
} from '../../src/observe/index.ts';

/** A line of the text form, version 0.0.4. */
const line =
  /^(?:# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (?:counter|gauge|histogram)|[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? (?:NaN|[+-]Inf|-?\d[\d.e+-]*))$/;

async function served(collectors: readonly Collector[] = []) {
  const server = await createHttpServer({ log: silentLog });
  bindMetrics(server, collectors);
  bindRoute(server, healthRoutes.healthz, {
    guard: anyone,
    handle: () => ({ status: 200, body: 'ok' }),
  });
  bindRoute(server, healthRoutes.readyz, {
    guard: anyone,
    handle: () => {
      throw new ProblemError('not_ready', 'not yet');
    },
  });
  const port = await server.listen({ host: '0.0.0.0', port: 0 });
  const get = (path: string, headers: Record<string, string> = {}, host = '127.0.0.1') =>
    fetch(`http://${host}:${port}${path}`, { headers });
  return { get, [Symbol.asyncDispose]: () => server.close() };
}

it('every role tells its requests by operation and class of status, and its process', async () => {
  await using server = await served([() => [gauge('cynode_test', 'a "test"\n\\', 0.5)]]);
  for (const path of ['/healthz', '/healthz', '/readyz', '/nowhere/of/anybody']) {
    await (await server.get(path)).text();
  }
  const answer = await server.get('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.trimEnd().split('\n');
  expect(lines.filter((one) => !line.test(one))).toEqual([]);
  expect(lines).toEqual(
    expect.arrayContaining([
      '# HELP cynode_test a "test"\\n\\\\',
      'cynode_test 0.5',
      'cynode_http_requests_total{operation="health.healthz",status="2xx"} 2',
      'cynode_http_requests_total{operation="health.readyz",status="5xx"} 1',
      'cynode_http_requests_total{operation="unknown",status="4xx"} 1',
      'cynode_http_request_duration_seconds_count{operation="health.healthz"} 2',
      'cynode_http_request_duration_seconds_bucket{operation="health.healthz",le="+Inf"} 2',
      'cynode_metrics_failed 0',
    ]),
  );
  expect(text).toMatch(/^cynode_process_resident_memory_bytes \d{7,}$/m);
  expect(text).not.toContain('nowhere');
  const names = lines.filter((one) => one.startsWith('# TYPE')).map((one) => one.split(' ')[2]);
  expect(new Set(names).size).toBe(names.length);
});

it('what cannot be had is left out and counted', async () => {
  await using server = await served([
    () => Promise.reject(new Error('canary')),
    () => [gauge('cynode_test', 'A test', 1)],
  ]);
  const text = await (await server.get('/metrics')).text();
  expect(text).toContain('cynode_metrics_failed 1\n');
  expect(text).toContain('cynode_test 1\n');
  expect(text).not.toContain('canary');
});

it.each(['forwarded', 'x-forwarded-for', 'X-Real-IP', 'via'])(
  'a proxy of this machine that asks for somebody else (%s) is told of no such path',
  async (header) => {
    await using server = await served();
    expect((await server.get('/metrics', { [header]: '203.0.113.9' })).status).toBe(404);
  },
);

const others = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4');
// A machine without a network has no other address than the ones that are its own.
if (others !== undefined) {
  it('who does not come from this very machine is told of no such path', async () => {
    await using server = await served();
    expect((await server.get('/metrics', {}, others.address)).status).toBe(404);
  });
}

it('a histogram counts in each bucket what is below it', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 3]) histogram.add(value);
  expect(histogram.samples({ a: 'b' }).map(({ value, labels }) => [labels?.['le'], value])).toEqual(
    [
      ['1', 2],
      ['2', 3],
      ['+Inf', 4],
      [undefined, 6],
      [undefined, 4],
    ],
  );
});

it('an event loop that stood still is told at the next look, and only then', async () => {
  const lag = (): number =>
    processMetrics().find(({ name }) => name === 'cynode_event_loop_lag_max_seconds')?.samples[0]
      ?.value ?? Number.NaN;
  lag();
  await delay(50);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await delay(50);
  expect(lag()).toBeGreaterThan(0.2);
});

it('labels and numbers are written as the form demands', () => {
  const samples = [
    { labels: { a: 'x"y\\z\n' }, value: Number.NaN },
    { value: Infinity },
    { value: 1e21 },
  ];
  const text = metricsText([{ name: 'cynode_x', help: 'X', type: 'gauge', samples }]);
  expect(text.split('\n').slice(2, 5)).toEqual([
    'cynode_x{a="x\\"y\\\\z\\n"} NaN',
    'cynode_x +Inf',
    'cynode_x 1e+21',
  ]);
});
