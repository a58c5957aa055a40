import { describe, expect, it } from 'vitest';
import {
  defaultGatewayUrl,
  nodeSlugSchema,
  problemKindOf,
  problemStatus,
  problemType,
  runJobResultSchema,
  serviceUrlSchema,
  transportOf,
} from './common/index.ts';
import {
  controlPlaneRoutes,
  nodeCapabilityReportSchema,
  nodeConfigAckSchema,
} from './control-plane/index.ts';
import {
  createTaskRequestSchema,
  gatewayActions,
  gatewayRoutes,
  isTerminalTaskStatus,
  taskStatusSchema,
} from './gateway/index.ts';
import { jobOutputSchema, runJobRequestSchema, workerApiRoutes } from './worker-api/index.ts';

const report = {
  version: 1,
  reported_at: '2026-01-01T00:00:00Z',
  node: { node_slug: 'n1' },
  platform: { os: 'linux', arch: 'amd64' },
  compute: { cpu_cores: 2, ram_mb: 1 },
};
const job = {
  version: 1,
  task_id: '00000000-0000-4000-8000-000000000001',
  job_id: '00000000-0000-4000-8000-000000000002',
  sandbox: { image: 'a', command: ['true'] },
};
const file = (path: string) => ({ path, content_base64: 'eA==' });
const withFiles = (...paths: string[]) => ({
  ...job,
  sandbox: { ...job.sandbox, input_files: paths.map(file) },
});

describe('node payloads', () => {
  it('tolerate and keep unknown fields at every level (REQ-WORKER-0136)', () => {
    const extended = { ...report, future: { a: 1 }, node: { ...report.node, mood: 'good' } };
    expect(nodeCapabilityReportSchema.parse(extended)).toEqual(extended);
  });

  it('of what is kept and shown drop unknown fields, and forget nothing known', () => {
    const at = '2026-01-01T00:00:00Z';
    const ack = {
      version: 1,
      node_slug: 'n1',
      config_version: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      ack_at: at,
      status: 'failed',
      error: { type: 'a', message: 'b', details: { c: 1 } },
    };
    const loaded = { ...ack, x: 'x', error: { ...ack.error, x: 'x' } };
    expect(nodeConfigAckSchema.parse(loaded)).toEqual(ack);
    const { sandbox: _sandbox, ...ids } = job;
    const result = {
      ...ids,
      status: 'completed',
      stdout: '',
      stderr: '',
      started_at: at,
      ended_at: at,
      truncated: { stdout: false, stderr: false },
    };
    const more = {
      ...result,
      x: 'x',
      inference: { x: 1 },
      truncated: { ...result.truncated, x: 1 },
    };
    expect(runJobResultSchema.parse(more)).toEqual(result);
  });

  it('refuse slugs that cannot be names', () => {
    expect(
      ['a', 'N-1.x_2', 'x'.repeat(128)].every((slug) => nodeSlugSchema.safeParse(slug).success),
    ).toBe(true);
    expect(
      ['', '-a', 'a b', 'a/b', 'x'.repeat(129)].some(
        (slug) => nodeSlugSchema.safeParse(slug).success,
      ),
    ).toBe(false);
  });
});

describe('what a node says of the output of a job', () => {
  it('has a time as clocks give it, not one that fills the database', () => {
    const said = (digits: number) =>
      jobOutputSchema.safeParse({
        stream: 'stdout',
        text: 'x',
        at: `2026-01-01T00:00:00.${'0'.repeat(digits)}Z`,
      }).success;
    for (const digits of [1, 3, 9]) expect(said(digits)).toBe(true);
    for (const digits of [100, 1e3, 1e6]) expect(said(digits)).toBe(false);
  });
});

describe('Worker API requests', () => {
  it('refuse unknown fields and take safe relative paths only (REQ-STANDS-0106)', () => {
    expect(runJobRequestSchema.safeParse(job).success).toBe(true);
    expect(runJobRequestSchema.safeParse({ ...job, extra: 1 }).success).toBe(false);
    expect(runJobRequestSchema.safeParse(withFiles('a/b.txt', 'ü', '.cynode/script')).success).toBe(
      true,
    );
    for (const path of [
      '',
      '/a',
      'a//b',
      'a/',
      './a',
      'a/../b',
      '..',
      'a\\b',
      'a\u0000',
      'x'.repeat(513),
    ]) {
      expect(runJobRequestSchema.safeParse(withFiles(path)).success, path).toBe(false);
    }
    expect(runJobRequestSchema.safeParse(withFiles('a', 'a')).success).toBe(false);
  });

  it('refuse other bad values', () => {
    const bad = [
      { ...job, job_id: job.job_id.toUpperCase().replace('0', 'A') },
      { ...job, sandbox: { ...job.sandbox, command: [] } },
      { ...job, sandbox: { ...job.sandbox, command: ['a\u0000'] } },
      { ...job, sandbox: { ...job.sandbox, env: { '1A': 'x' } } },
      { ...job, sandbox: { ...job.sandbox, network_policy: 'bridge' } },
      { ...job, sandbox: { ...job.sandbox, timeout_seconds: 0 } },
      { ...job, sandbox: { ...job.sandbox, input_files: [{ path: 'a', content_base64: '*' }] } },
      { ...job, sandbox: { ...job.sandbox, input_files: [{ ...file('a'), mode: '0777' }] } },
    ];
    expect(bad.map((request) => runJobRequestSchema.safeParse(request).success)).toEqual(
      bad.map(() => false),
    );
  });
});

describe('task requests', () => {
  it('refuse unknown fields, hostile text and paths in place of bytes (REQ-ORCHES-0126)', () => {
    const attachments = (attachment: unknown) => ({ prompt: 'x', attachments: [attachment] });
    expect(
      createTaskRequestSchema.safeParse(attachments({ name: 'a.txt', content_base64: '' })).success,
    ).toBe(true);
    const bad = [
      { prompt: 'x', more: 1 },
      { prompt: 'a\u0000' },
      { prompt: '\uD800' },
      { prompt: 'x', input_mode: 'shell' },
      attachments('/etc/passwd'),
      ...['../x', '.x', 'a/b', 'a\\b', '', 'ü'.repeat(128)].map((name) =>
        attachments({ name, content_base64: '' }),
      ),
    ];
    expect(bad.map((body) => createTaskRequestSchema.safeParse(body).success)).toEqual(
      bad.map(() => false),
    );
  });

  it('know which states are final', () => {
    expect(taskStatusSchema.options.filter(isTerminalTaskStatus)).toEqual([
      'completed',
      'failed',
      'canceled',
      'superseded',
    ]);
  });
});

describe('service URLs', () => {
  it.each([
    ['https://example.org', 'tls'],
    ['https://localhost', 'tls'],
    ['http://localhost:8080', 'loopback'],
    ['http://127.9.0.1', 'loopback'],
    ['http://127.1', 'loopback'],
    ['http://[::1]:1', 'loopback'],
    ['http://a.localhost', 'loopback'],
    ['http://example.org', 'plain'],
    ['http://10.0.0.1', 'plain'],
    ['http://127.0.0.1.example.org', 'plain'],
    ['http://localhost.example.org', 'plain'],
  ])('%s is reached by %s', (url, transport) => {
    expect(transportOf(url)).toBe(transport);
  });

  it('are absolute, without userinfo, query or fragment', () => {
    expect(serviceUrlSchema.safeParse('http://127.0.0.1:1/x').success).toBe(true);
    for (const url of [
      'ftp://a',
      'a',
      '/a',
      'http://u@a',
      'http://:p@a',
      'http://a?',
      'http://a#b',
      'http://a/?b=1',
    ]) {
      expect(serviceUrlSchema.safeParse(url).success, url).toBe(false);
    }
  });
});

describe('routes and problems', () => {
  it('have unique operations, versioned paths and known problem kinds (REQ-STANDS-0108)', () => {
    for (const routes of [gatewayRoutes, controlPlaneRoutes, workerApiRoutes]) {
      const all = Object.values(routes);
      expect(new Set(all.map((route) => route.operation)).size).toBe(all.length);
      expect(new Set(all.map((route) => `${route.method} ${route.path}`)).size).toBe(all.length);
      for (const route of all) {
        expect(/^\/(v1\/|healthz$|readyz$|metrics$)/.test(route.path), route.path).toBe(true);
        expect(route.errors.every((kind: string) => kind in problemStatus)).toBe(true);
      }
    }
  });

  it('say what a person asks for, on every route that checks one', () => {
    for (const route of Object.values(gatewayRoutes)) {
      const named =
        'action' in route ? [gatewayActions.includes(route.action), route.resource] : [];
      const expected = route.auth === 'user' ? [true, expect.stringMatching(/^[a-z_]+$/)] : [];
      expect(named, route.operation).toEqual(expected);
    }
  });

  it('name kinds by one URN family', () => {
    expect(problemType('not_found')).toBe('urn:cynodeai:error:not_found');
    expect(problemKindOf('urn:cynodeai:error:novel')).toBe('novel');
    expect(problemKindOf('about:blank')).toBeUndefined();
  });

  it('keep the default gateway URL on the gateway port', () => {
    expect(defaultGatewayUrl).toBe('http://localhost:8080');
  });
});

describe('a route whose body a stranger can send', () => {
  it('has a small limit on every wire', () => {
    const routes = [gatewayRoutes, controlPlaneRoutes, workerApiRoutes].flatMap((wire) =>
      Object.values(wire),
    );
    const open = routes.filter((route) => ['none', 'psk'].includes(route.auth) && 'body' in route);
    const limits = open.map((route) => ('bodyLimitBytes' in route ? route.bodyLimitBytes : NaN));
    expect(limits.length).toBeGreaterThanOrEqual(4);
    for (const limit of limits) expect(limit).toBeLessThanOrEqual(256 * 1024);
  });
});
