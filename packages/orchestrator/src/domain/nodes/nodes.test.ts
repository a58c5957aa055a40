import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPayload } from './check-payload.ts';
import { type AckFacts, decideAck } from './config-ack.ts';
import { buildConfigContent } from './config-content.ts';
import { inferencePolicyOf, nodeConstraintsOf } from './config-settings.ts';
import { compareSlugs } from './node.ts';
import { chooseWorkerUrl, normalizeWorkerUrl } from './worker-url.ts';

describe('Worker API URLs', () => {
  it('lose their trailing slashes and are refused when they are of another kind', () => {
    expect(normalizeWorkerUrl('https://n:1/a//', 'f')).toBe('https://n:1/a');
    for (const url of ['', 'n:1', 'ftp://n', 'http://u@n', 'http://n?x', 'http://n#x']) {
      expect(() => normalizeWorkerUrl(url, 'f')).toThrow(
        expect.objectContaining({ code: 'worker_url_invalid', detail: { field: 'f' } }),
      );
    }
  });

  it('come from the operator first, then the environment for one node, then the report', () => {
    const sources = {
      nodeOverride: 'o',
      environmentOverride: 'e',
      reported: 'r',
      nodeCount: 1,
    };
    const choose = (change: Partial<Parameters<typeof chooseWorkerUrl>[0]>) =>
      chooseWorkerUrl({ ...sources, ...change });
    expect(choose({})).toEqual({ url: 'o', source: 'node_override', environmentIgnored: false });
    expect(choose({ nodeOverride: undefined })).toMatchObject({
      url: 'e',
      source: 'environment_override',
    });
    expect(choose({ nodeOverride: undefined, nodeCount: 2 })).toEqual({
      url: 'r',
      source: 'reported',
      environmentIgnored: true,
    });
    expect(
      choose({ nodeOverride: undefined, environmentOverride: undefined, reported: undefined }),
    ).toEqual({ url: undefined, source: 'none', environmentIgnored: false });
  });
});

describe('configuration content', () => {
  const inputs = {
    nodeSlug: 'n',
    orchestratorBaseUrl: 'http://cp',
    nodeReportUrl: 'http://cp/r',
    workerApiTargetUrl: 'http://n',
    workerApiBearerToken: 't',
    inferenceBackend: undefined,
    constraints: {},
  };

  it('leaves out what is not set', () => {
    expect(buildConfigContent(inputs)).toEqual({
      version: 1,
      node_slug: 'n',
      orchestrator: {
        base_url: 'http://cp',
        endpoints: { worker_api_target_url: 'http://n', node_report_url: 'http://cp/r' },
      },
      worker_api: { orchestrator_bearer_token: 't' },
      policy: { updates: { enable_dynamic_config: false } },
    });
  });

  it('carries inference and constraints when they are', () => {
    expect(
      buildConfigContent({
        ...inputs,
        inferenceBackend: { enabled: true },
        constraints: { maxRequestBytes: 1, maxJobTimeoutSeconds: 2 },
      }),
    ).toMatchObject({
      inference_backend: { enabled: true },
      constraints: { max_request_bytes: 1, max_job_timeout_seconds: 2 },
    });
    expect(
      buildConfigContent({ ...inputs, constraints: { maxRequestBytes: 1 } }).constraints,
    ).toEqual({ max_request_bytes: 1 });
    expect(
      buildConfigContent({ ...inputs, constraints: { maxJobTimeoutSeconds: 1 } }).constraints,
    ).toEqual({ max_job_timeout_seconds: 1 });
  });

  it('reads settings and ignores values of another kind', () => {
    expect(inferencePolicyOf(new Map())).toMatchObject({ enabled: true, disabledNodes: [] });
    expect(
      inferencePolicyOf(
        new Map<string, unknown>([
          ['inference.backend.enabled', false],
          ['inference.backend.images', { cpu: 'i', cuda: 1, other: 'x' }],
          ['inference.backend.allowed_variants', ['cuda', 'tpu']],
          ['inference.backend.disabled_nodes', ['n']],
        ]),
      ),
    ).toEqual({
      enabled: false,
      images: { cpu: 'i' },
      allowedVariants: ['cuda'],
      disabledNodes: ['n'],
    });
    expect(
      inferencePolicyOf(
        new Map<string, unknown>([
          ['inference.backend.enabled', 'yes'],
          ['inference.backend.images', null],
          ['inference.backend.allowed_variants', [1]],
        ]),
      ),
    ).toEqual(inferencePolicyOf(new Map()));
    const key = 'nodes.constraints.max_job_timeout_seconds';
    expect(nodeConstraintsOf(new Map([[key, 60]]))).toEqual({ maxJobTimeoutSeconds: 60 });
    expect(nodeConstraintsOf(new Map([['nodes.constraints.max_request_bytes', 9]]))).toEqual({
      maxRequestBytes: 9,
    });
    for (const value of [0, -1, 1.5, '60']) {
      expect(nodeConstraintsOf(new Map([[key, value]]))).toEqual({});
    }
  });
});

describe('acknowledgements', () => {
  const older = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const newer = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
  const facts: AckFacts = {
    status: 'registered',
    lastAckedVersion: undefined,
    versionIssued: true,
    carriedConnectivity: true,
  };
  const ack = {
    version: 1 as const,
    node_slug: 'n',
    config_version: newer,
    ack_at: '2026-01-01T00:00:00Z',
    status: 'applied' as const,
  };

  it('activate a node whose configuration carried URL and token', () => {
    expect(decideAck(ack, facts)).toEqual({
      kind: 'recorded',
      ackStatus: 'applied',
      nodeStatus: 'active',
      appliedVersion: newer,
      error: undefined,
    });
    expect(decideAck(ack, { ...facts, carriedConnectivity: false })).toMatchObject({
      nodeStatus: 'registered',
    });
    expect(decideAck(ack, { ...facts, status: 'drained' })).toMatchObject({
      nodeStatus: 'drained',
    });
  });

  it('take a node out that failed, with its reason cut to 4 KiB', () => {
    const failed = { ...ack, status: 'failed' as const };
    expect(decideAck(failed, facts)).toMatchObject({
      nodeStatus: 'inactive',
      appliedVersion: undefined,
      error: 'no reason given',
    });
    const long = { ...failed, error: { type: 't', message: 'ü'.repeat(5000) } };
    const decision = decideAck(long, facts);
    const error = decision.kind === 'recorded' ? (decision.error ?? '') : '';
    expect(Buffer.byteLength(error)).toBeLessThanOrEqual(4096);
    expect(error).toContain('"type":"t"');
  });

  it('are refused when never issued, ignored when older, harmless when repeated', () => {
    expect(decideAck(ack, { ...facts, versionIssued: false }).kind).toBe('unknown_version');
    expect(
      decideAck({ ...ack, config_version: older }, { ...facts, lastAckedVersion: newer }).kind,
    ).toBe('ignored');
    expect(decideAck(ack, { ...facts, lastAckedVersion: newer }).kind).toBe('recorded');
  });
});

describe('payload checks', () => {
  it('take any JSON that can be stored', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }).filter((value) => {
          const text = JSON.stringify(value);
          return !text.includes('\\u0000') && text.isWellFormed() && !text.includes('\\ud');
        }),
        (value) => {
          checkPayload(value);
        },
      ),
    );
  });

  it.each<[unknown, string]>([
    ['a\u0000', ''],
    [{ a: ['\uD800'] }, 'a.0'],
    [{ a: { 'k\u0000': 1 } }, 'a'],
    [{ a: Number.POSITIVE_INFINITY }, 'a'],
  ])('name what cannot be stored: %j', (payload, field) => {
    expect(() => checkPayload(payload)).toThrow(
      expect.objectContaining({ code: 'input_invalid', detail: { field } }),
    );
  });

  it('end at 64 levels', () => {
    const nested = (depth: number): unknown =>
      Array.from({ length: depth }).reduce<unknown>((value) => [value], 1);
    checkPayload(nested(64));
    expect(() => checkPayload(nested(65))).toThrow(/deeper than 64/);
  });
});

describe('slugs', () => {
  it('are compared by bytes', () => {
    expect(['b', 'a', 'B', 'a'].toSorted(compareSlugs)).toEqual(['B', 'a', 'a', 'b']);
  });
});
